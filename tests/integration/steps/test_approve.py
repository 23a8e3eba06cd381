"""Approval: what is shown, what is kept, and that nothing leaves without it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pact_etl.domain.approval import Answer
from pact_etl.domain.county import ApproversNeeded
from pact_etl.domain.errors import UsageError
from pact_etl.domain.volume import UsualVolume
from pact_etl.steps.answer import answer_on, expire_unanswered
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.release import release_batch
from pact_etl.steps.tasks import list_tasks
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import (
    MISSED,
    NEXT_NIGHT,
    NIGHT,
    approved_batch,
    excuse,
    one,
    piece,
    planned_batch,
    statuses,
)

pytestmark = pytest.mark.integration


def test_the_proposal_holds_counts_and_samples_but_no_name(using: Collaborators) -> None:
    proposal = propose(using, planned_batch(using, ["01", "02"]))

    assert proposal.subject == "Approve 2 letters of 2026-09-18"
    assert "| Oak Grove | eng | pact_invitation | 2 |" in proposal.body
    assert "4 unexcused of 30 schooldays" in proposal.body
    assert "Rosa" not in proposal.body
    proof = proposal.proof
    assert proof.read_bytes().startswith(b"%PDF")
    assert proof.stat().st_mode & 0o777 == 0o600


def test_a_letter_that_cannot_be_set_does_not_keep_the_others_from_being_shown(
    using: Collaborators,
) -> None:
    batch = planned_batch(using, ["01", "02"])
    with using.engine.begin() as connection:
        unprintable = "UPDATE notice SET recipient = '\u13a0\u13b3' WHERE recipient = 'Rosa 01'"
        connection.execute(text(unprintable))

    proposal = propose(using, batch)

    assert "**1 letters cannot be set**" in proposal.body
    assert proposal.proof.read_bytes().startswith(b"%PDF")
    decide_on(using, batch, approved=True, by="dana", reason="looks right")
    assert release_batch(using, batch).counts == {
        "packages": 1,
        "pieces": 1,
        "pages": 2,
        "withdrawn": 0,
        "failed": 1,
    }


def test_a_batch_that_nobody_approved_is_not_released(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])

    with pytest.raises(UsageError, match="not approved"):
        release_batch(using, batch)


def test_an_answer_needs_a_name(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)

    with pytest.raises(UsageError, match="name"):
        decide_on(using, batch, approved=True, by=" ", reason="")


def test_a_batch_must_be_shown_before_it_is_answered(using: Collaborators) -> None:
    with pytest.raises(UsageError, match="open"):
        decide_on(using, planned_batch(using, ["01"]), approved=True, by="dana", reason="")


def test_the_answer_is_kept_with_who_and_why(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])

    kept = one(
        using,
        f"SELECT status || ' ' || decided_by || ' ' || decided_reason FROM batch WHERE id = {batch}",
    )
    assert kept == "approved dana looks right"


def test_a_rejection_is_a_rejection_and_waits_for_a_person(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)
    decide_on(using, batch, approved=False, by="dana", reason="wrong school")

    assert statuses(using) == {"rejected": 1}
    assert one(using, "SELECT status || ' ' || reason FROM invitation") == "held batch_rejected"
    with pytest.raises(UsageError):
        release_batch(using, batch)
    excuse(using, students=("01",))
    assert plan(using, NEXT_NIGHT).counts["letters"] == 0


def test_a_shown_batch_takes_no_more_letters(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)

    assert plan(using, NIGHT).status == "skipped"


def test_a_batch_nobody_answered_is_planned_anew_the_next_night(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)
    expire_unanswered(using, batch)
    excuse(using, students=("01",))

    assert plan(using, NEXT_NIGHT).counts["letters"] == 1
    assert statuses(using) == {"withdrawn": 1, "planned": 1}


def test_an_empty_reason_is_enough_for_a_yes_and_never_for_a_no(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)

    with pytest.raises(UsageError, match="reason"):
        decide_on(using, batch, approved=False, by="dana", reason=" ")
    assert statuses(using) == {"planned": 1}
    assert decide_on(using, batch, approved=True, by="dana", reason="").counts == {"approved": 1}


def test_all_but_some_leaves_those_to_a_person_and_lets_the_others_go(using: Collaborators) -> None:
    batch = planned_batch(using, ["01", "02", "03"])
    propose(using, batch)
    out = piece(using, "02")

    answered = answer_on(using, batch, Answer.ALL_BUT, by="dana", reason="moved away", pieces=[out])

    assert answered.counts == {"approved": 2, "taken_out": 1}
    assert statuses(using) == {"approved": 2, "rejected": 1}
    held = "SELECT string_agg(reason, ',') FROM invitation WHERE status = 'held'"
    assert one(using, held) == "letter_taken_out"
    assert [task["reason"] for task in list_tasks(using, NIGHT)] == ["letter_taken_out"]
    assert one(using, "SELECT letters[1] FROM approval") == int(out[1:])
    again = answer_on(using, batch, Answer.ALL_BUT, by="dana", reason="moved away", pieces=[out])
    assert again.counts == {"approved": 0}
    assert release_batch(using, batch).counts["pieces"] == 2


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["P0000000007"], "P0000000007"),
        (["P0000000007", "P0000000008"], "P0000000007, P0000000008"),
        (["seven"], "ten digits"),
        ([], "names the letters"),
    ],
)
def test_letters_that_are_not_in_the_batch_are_named_and_nothing_is_decided(
    using: Collaborators, pieces: list[str], said: str
) -> None:
    batch = planned_batch(using, ["01", "02"])
    propose(using, batch)
    known = [piece(using, "02")] if pieces else []

    with pytest.raises(UsageError, match=said):
        answer_on(using, batch, Answer.ALL_BUT, by="dana", reason="no", pieces=[*known, *pieces])
    assert statuses(using) == {"planned": 2}
    assert one(using, "SELECT count(*) FROM approval") == 0


def test_leaving_out_every_letter_is_said_as_none(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    propose(using, batch)

    with pytest.raises(UsageError, match="answer none"):
        answer_on(using, batch, Answer.ALL_BUT, by="dana", reason="no", pieces=[piece(using, "01")])


def needing_two(using: Collaborators) -> Collaborators:
    two = ApproversNeeded(from_=date(2026, 7, 1), count=2, why="test")
    mailing = replace(using.county.mailing, approvers_needed=[two])
    return replace(using, county=replace(using.county, mailing=mailing))


def test_where_two_must_approve_the_same_person_twice_is_not_enough(using: Collaborators) -> None:
    using = needing_two(using)
    batch = planned_batch(using, ["01"])
    assert "2 different persons" in propose(using, batch).body

    first = decide_on(using, batch, approved=True, by="dana", reason="")
    assert first.counts == {"waits_for_another": 1}
    assert decide_on(using, batch, approved=True, by=" Dana", reason="").counts == {
        "waits_for_another": 0
    }
    with pytest.raises(UsageError, match="not approved"):
        release_batch(using, batch)
    assert "dana has said yes" in propose(using, batch).body

    assert decide_on(using, batch, approved=True, by="alex", reason="").counts == {"approved": 1}
    assert one(using, "SELECT decided_by FROM batch") == "dana, alex"
    assert release_batch(using, batch).counts["pieces"] == 1


def test_the_database_itself_refuses_a_second_yes_of_one_person(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    kept = "INSERT INTO approval (batch_id, answer, said_by, reason, letters) VALUES (:b, 'all', :by, '', '{}')"
    with using.engine.begin() as connection:
        connection.execute(text(kept), {"b": batch, "by": "dana"})

    with using.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text(kept), {"b": batch, "by": " DANA"})
    with using.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("UPDATE approval SET said_by = 'alex'"))


def test_a_yes_said_again_after_anothers_no_does_not_seem_to_wait(using: Collaborators) -> None:
    using = needing_two(using)
    batch = planned_batch(using, ["01"])
    propose(using, batch)
    answer_on(using, batch, Answer.ALL, by="dana", reason="")
    answer_on(using, batch, Answer.NONE, by="erin", reason="ask the school first")

    with pytest.raises(UsageError, match="rejected"):
        answer_on(using, batch, Answer.ALL, by="dana", reason="")


def test_one_no_ends_it_also_after_another_persons_yes(using: Collaborators) -> None:
    using = needing_two(using)
    batch = planned_batch(using, ["01", "02"])
    propose(using, batch)
    out = piece(using, "02")
    answer_on(using, batch, Answer.ALL_BUT, by="dana", reason="moved", pieces=[out])

    assert decide_on(using, batch, approved=False, by="alex", reason="wrong week").counts == {
        "rejected": 1
    }
    assert statuses(using) == {"rejected": 2}
    assert (
        one(using, "SELECT decided_by || ': ' || decided_reason FROM batch") == "alex: wrong week"
    )
    reasons = "SELECT string_agg(reason, ',' ORDER BY reason) FROM invitation"
    assert one(using, reasons) == "batch_rejected,letter_taken_out"


def test_what_one_person_left_out_stays_out_when_the_other_never_answers(
    using: Collaborators,
) -> None:
    using = needing_two(using)
    batch = planned_batch(using, ["01", "02"])
    propose(using, batch)
    answer_on(using, batch, Answer.ALL_BUT, by="dana", reason="moved", pieces=[piece(using, "02")])
    expire_unanswered(using, batch)
    excuse(using, students=("01", "02"))

    assert plan(using, NEXT_NIGHT).counts["letters"] == 1
    assert statuses(using) == {"withdrawn": 1, "rejected": 1, "planned": 1}


def test_a_batch_keeps_the_cut_off_that_it_was_first_shown_for(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    friday = datetime(2026, 9, 18, 20, tzinfo=UTC)
    cut_off = datetime(2026, 9, 18, 22, tzinfo=UTC)

    shown = propose(using, batch, friday)

    assert (shown.answer_by, shown.release_from) == (cut_off, cut_off - timedelta(minutes=30))
    assert "Friday 2026-09-18 15:00 PDT" in shown.body
    assert propose(using, batch, friday + timedelta(days=3)).answer_by == cut_off


def test_an_answer_after_the_cut_off_comes_too_late_and_raises_an_alert(
    using: Collaborators, caplog: pytest.LogCaptureFixture
) -> None:
    batch = planned_batch(using, ["01"])
    cut_off = propose(using, batch, datetime(2026, 9, 18, 20, tzinfo=UTC)).answer_by

    with pytest.raises(UsageError, match="cut-off"):
        answer_on(using, batch, Answer.ALL, by="dana", reason="", at=cut_off)

    assert statuses(using) == {"withdrawn": 1}
    assert one(using, "SELECT status FROM batch") == "expired"
    [alert] = [r for r in caplog.records if r.__dict__.get("runbook") == "approval-missing"]
    assert alert.levelname == "ERROR"


def test_an_answer_given_in_time_counts_whenever_it_is_recorded(using: Collaborators) -> None:
    batch = planned_batch(using, ["01"])
    cut_off = propose(using, batch, datetime(2026, 9, 18, 20, tzinfo=UTC)).answer_by
    assert cut_off is not None
    at = cut_off - timedelta(seconds=1)

    assert answer_on(using, batch, Answer.ALL, by="dana", reason="", at=at).counts["approved"] == 1


def test_the_proposal_says_what_changed_since_the_batch_before(using: Collaborators) -> None:
    first = planned_batch(using, ["01", "02", "03"])
    propose(using, first)
    expire_unanswered(using, first)
    excuse(using, "03", students=("01", "02", "03"))
    batch = plan(using, NEXT_NIGHT).ids["batch"]

    body = propose(using, batch).body

    assert f"What changed since {NIGHT}" in body
    assert "| letters carried over from a batch that nobody answered |  | 2 |" in body
    assert "| letters new |  | 0 |" in body
    assert "| students who need no letter any more | a correction took days away | 1 |" in body


def test_a_hold_is_new_on_the_night_it_began_and_never_again(using: Collaborators) -> None:
    frames = roster(["01", "02"]) | {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE student_record SET homeless = true WHERE local_id = '01'"))
    held = "| homeless_youth | students without a home go through the liaison | 1 |"

    first = plan(using, NIGHT).ids["batch"]
    assert f"{held} 1 |" in propose(using, first).body
    expire_unanswered(using, first)
    excuse(using, students=("01", "02"))

    assert f"{held} 0 |" in propose(using, plan(using, NEXT_NIGHT).ids["batch"]).body


def test_the_proposal_warns_where_a_batch_is_far_larger_than_usual(using: Collaborators) -> None:
    batch = planned_batch(using, ["01", "02", "03"])
    calm = propose(using, batch).body
    with using.engine.begin() as connection:
        for days in range(1, 6):
            connection.execute(
                text("INSERT INTO batch (as_of, status) VALUES (:night, 'released')"),
                {"night": NIGHT - timedelta(days=days)},
            )
        connection.execute(
            text(
                "WITH old AS (SELECT id FROM batch WHERE status = 'released'), h AS ("
                "INSERT INTO household (key) SELECT 'h' || id FROM old RETURNING id, key), n AS ("
                "INSERT INTO notice (kind, household_id, meeting_id, batch_id, recipient, address, language, status)"
                " SELECT 'pact_invitation', h.id, (SELECT min(id) FROM meeting), old.id, '', '', 'eng', 'withdrawn'"
                " FROM h JOIN old ON h.key = 'h' || old.id RETURNING id)"
                "INSERT INTO notice_student SELECT n.id, (SELECT min(id) FROM invitation) FROM n"
            )
        )
    bounds = UsualVolume(weeks=8, least_batches=5, low=0.3, high=2.0, least=3)
    mailing = replace(using.county.mailing, usual_volume=bounds)
    using = replace(using, county=replace(using.county, mailing=mailing))

    body = propose(using, batch).body

    assert "Unusually" not in calm
    assert "too few batches yet" in calm
    assert "**Unusually many letters for all districts: 3, usually 1.**" in body
    assert "| Oak Grove | 3 | 1 |" in body


def test_a_letter_that_newer_data_takes_off_is_not_counted_among_those_that_would_go_out(
    using: Collaborators,
) -> None:
    batch = planned_batch(using, ["01", "02"])
    excuse(using, "01")

    shown = propose(using, batch)

    assert shown.subject == "Approve 1 letters of 2026-09-18"
    assert "| Oak Grove | eng | pact_invitation | 1 |" in shown.body
    assert "| letters new |  | 1 |" in shown.body
    assert "| students taken off by newer data | a correction took days away | 1 |" in shown.body
