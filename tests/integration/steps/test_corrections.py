"""Each night says what it changed about the past, and which findings and letters that touched."""

from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.domain.scope import Scope
from pact_etl.steps.corrections import list_corrections, run
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.letter_values import piece_id
from pact_etl.wiring import Collaborators
from tests.factories import FIRST_DAY, marks, record_submission, roster
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NEXT_NIGHT,
    NIGHT,
    approve_planned,
    approved_batch,
    excuse,
    one,
    planned_batch,
)

pytestmark = pytest.mark.integration

SLUG = "oak-grove"
MISSED_DAYS = sorted(MISSED)


def kinds(using: Collaborators, night: date = NEXT_NIGHT) -> dict[str, int]:
    found = list_corrections(using, night).get(SLUG, {"kinds": {}})
    return {kind: spread["count"] for kind, spread in found["kinds"].items()}


def next_night(using: Collaborators, scope: Scope | None = None, **frames: pd.DataFrame) -> None:
    """The next delivery, restating both students' missed days unless it says otherwise."""
    stated = {"marks": marks({"01": MISSED, "02": MISSED})} | frames
    record_submission(using.engine, NEXT_NIGHT, stated, scope=scope)
    evaluate(using, NEXT_NIGHT)


def test_a_first_delivery_corrects_nothing(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])

    assert list_corrections(using, NIGHT) == {}


def test_the_same_again_corrects_nothing(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    next_night(using)

    assert list_corrections(using, NEXT_NIGHT) == {}


def test_a_late_excuse_ends_the_finding_and_names_the_pending_letter(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    excuse(using, "01")

    found = list_corrections(using, NEXT_NIGHT)[SLUG]

    assert found["kinds"]["excused_later"]["count"] == len(MISSED)
    assert found["kinds"]["excused_later"]["most"] == (NEXT_NIGHT - MISSED_DAYS[0]).days
    assert found["findings"]["chronic_truant_candidate"]["undone"] == 1
    assert len(found["letters_pending"]) == 1
    assert found["mailed_then_undone"] == []


def test_a_letter_that_is_out_when_its_finding_is_undone_is_named_as_such(
    using: Collaborators,
) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))
    excuse(using, "01")

    found = list_corrections(using, NEXT_NIGHT)[SLUG]

    assert len(found["letters_out"]) == 1
    assert found["mailed_then_undone"] == found["letters_out"]
    undone = one(
        using,
        "SELECT n.id FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i"
        " ON i.id = s.invitation_id JOIN student_record r ON r.student_id = i.student_id"
        " WHERE r.local_id = '01'",
    )
    assert found["mailed_then_undone"] == [piece_id(int(str(undone)))]


def test_days_taken_back_and_days_told_late_are_told_apart(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    fewer = dict(list(MISSED.items())[1:])
    late = MISSED | {DAYS[22]: "absent_unexcused"}
    next_night(using, marks=marks({"01": fewer, "02": late}))

    assert kinds(using) == {"mark_removed": 1, "mark_added": 1}


def test_the_nights_own_day_is_news_and_no_correction(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    tonight = MISSED | {NEXT_NIGHT: "absent_unexcused"}
    next_night(using, marks=marks({"01": tonight, "02": MISSED}))

    assert kinds(using) == {}


@pytest.mark.parametrize(
    ("entry", "exits", "kind"),
    [
        (FIRST_DAY - timedelta(days=5), {}, "entry_moved"),
        (FIRST_DAY, {"01": DAYS[20]}, "exit_moved"),
    ],
)
def test_a_backdated_entry_or_exit_is_named(
    using: Collaborators, entry: date, exits: dict[str, date], kind: str
) -> None:
    planned_batch(using, ["01", "02"])
    moved = roster(["01"], entry=entry, exits=exits)["enrollments"]
    whole = roster(["01"])["guardians"]
    next_night(using, Scope(rosters_of=frozenset({"01"})), enrollments=moved, guardians=whole)

    assert kinds(using) == {kind: 1}


def test_an_earlier_stay_that_comes_late_is_an_enrollment_added(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    earlier = roster(["01"], entry=FIRST_DAY - timedelta(days=5))["enrollments"]
    next_night(using, enrollments=earlier)

    assert kinds(using) == {"enrollment_added": 1}


def test_a_calendar_that_changes_in_the_middle_of_the_year_is_named_by_its_days(
    using: Collaborators,
) -> None:
    planned_batch(using, ["01", "02"])
    closed = pd.DataFrame(
        [
            {"school_code": "0000001", "date": pd.Timestamp(day), "instructional": False}
            for day in DAYS[5:7]
        ]
    )
    next_night(using, calendar=closed)

    assert kinds(using) == {"calendar_changed": 2}


def test_a_past_night_is_told_as_it_was_and_the_step_hands_on_counts_only(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_batch(using, ["01", "02"])
    excuse(using, "01")
    before = list_corrections(using, NEXT_NIGHT)
    later = DAYS[31]
    record_submission(using.engine, later, {"marks": marks({"01": MISSED, "02": MISSED})})
    evaluate(using, later)
    monkeypatch.setattr("pact_etl.steps.corrections.collaborators", lambda: using)

    assert kinds(using, later) == {"became_unexcused": len(MISSED)}
    assert list_corrections(using, NEXT_NIGHT)[SLUG]["kinds"] == before[SLUG]["kinds"]
    assert run(NEXT_NIGHT).counts == {
        "excused_later": len(MISSED),
        "letters_out": 0,
        "letters_pending": 1,
        "mailed_then_undone": 0,
    }


def test_a_calendar_that_undoes_a_finding_names_the_letter_that_is_out(
    using: Collaborators,
) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))
    closed = pd.DataFrame(
        [
            {"school_code": "0000001", "date": pd.Timestamp(day), "instructional": False}
            for day in MISSED_DAYS
        ]
    )
    next_night(using, calendar=closed)

    found = list_corrections(using, NEXT_NIGHT)[SLUG]

    assert found["findings"]["chronic_truant_candidate"]["undone"] == 2
    assert len(found["mailed_then_undone"]) == 2
    assert reconcile_vendor(using, NEXT_NIGHT).counts["voided"] == 2


def late_entrant(using: Collaborators) -> dict[str, pd.DataFrame]:
    """A letter is out about a student who missed 4 of 32 days since a late entry; the frames of that entry."""
    frames = roster(["01"], entry=LATE_ENTRY)
    record_submission(
        using.engine, LATE_NIGHT, frames | {"marks": marks({"01": MISSED})}, covers_days=60
    )
    evaluate(using, LATE_NIGHT)
    release_batch(using, approve_planned(using, LATE_NIGHT))
    return frames


LATE_ENTRY, LATE_NIGHT, LATER_NIGHT = DAYS[9], DAYS[40], DAYS[41]


def backdate_entry(using: Collaborators, frames: dict[str, pd.DataFrame], entry: date) -> None:
    moved = roster(["01"], entry=entry)["enrollments"]
    stated = {"marks": marks({"01": MISSED}), "enrollments": moved}
    scope = Scope(rosters_of=frozenset({"01"}))
    stated["guardians"] = frames["guardians"]
    record_submission(using.engine, LATER_NIGHT, stated, scope=scope)
    evaluate(using, LATER_NIGHT)


def test_an_entry_backdated_until_the_ratio_falls_undoes_the_letter_that_is_out(
    using: Collaborators,
) -> None:
    backdate_entry(using, late_entrant(using), DAYS[0])

    found = list_corrections(using, LATER_NIGHT)[SLUG]

    assert kinds(using, LATER_NIGHT) == {"entry_moved": 1}
    assert found["findings"]["chronic_truant_candidate"] == {"undone": 1, "fell": 0, "opened": 0}
    assert len(found["mailed_then_undone"]) == 1
    assert reconcile_vendor(using, LATER_NIGHT).counts["voided"] == 1


def test_an_entry_backdated_so_far_that_the_letters_own_night_would_still_invite_undoes_nothing(
    using: Collaborators,
) -> None:
    backdate_entry(using, late_entrant(using), DAYS[1])  # 4 of 40 days then, 4 of 41 tonight

    found = list_corrections(using, LATER_NIGHT)[SLUG]

    assert found["findings"]["chronic_truant_candidate"] == {"undone": 0, "fell": 1, "opened": 0}
    assert found["mailed_then_undone"] == []
    assert reconcile_vendor(using, LATER_NIGHT).counts["voided"] == 0


def test_attended_days_that_bring_the_ratio_down_undo_no_letter(using: Collaborators) -> None:
    late_entrant(using)
    night = DAYS[50]
    record_submission(using.engine, night, {"marks": marks({"01": MISSED})}, covers_days=60)
    evaluate(using, night)

    assert list_corrections(using, night) == {}
    assert reconcile_vendor(using, night).counts["voided"] == 0


def test_a_letter_whose_ratio_attended_days_brought_down_is_undone_by_a_later_correction(
    using: Collaborators,
) -> None:
    late_entrant(using)
    record_submission(using.engine, DAYS[50], {"marks": marks({"01": MISSED})}, covers_days=60)
    evaluate(using, DAYS[50])
    fewer = dict(list(MISSED.items())[:2])
    record_submission(using.engine, DAYS[51], {"marks": marks({"01": fewer})}, covers_days=60)
    evaluate(using, DAYS[51])

    found = list_corrections(using, DAYS[51])[SLUG]

    assert len(found["mailed_then_undone"]) == 1
    assert reconcile_vendor(using, DAYS[51]).counts["voided"] == 1


def test_a_letter_that_a_correction_stopped_is_still_told_of_when_that_night_is_asked_later(
    using: Collaborators,
) -> None:
    batch = approved_batch(using, ["01", "02"])
    excuse(using, "01")
    before = list_corrections(using, NEXT_NIGHT)[SLUG]
    release_batch(using, batch)
    after = list_corrections(using, NEXT_NIGHT)[SLUG]

    assert before["letters_by_state"] == {"approved": 1}
    assert after["letters_by_state"] == {"withdrawn": 1}
    assert (after["letters_pending"], after["letters_out"]) == ([], [])
    assert after["mailed_then_undone"] == []


def test_a_meaning_corrected_on_a_night_without_a_delivery_names_its_letters_that_night(
    using: Collaborators,
) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))
    with (
        using.engine.begin() as connection
    ):  # as reading again leaves it: spoken for the newest night
        connection.execute(
            text(
                "INSERT INTO submission (district_id, as_of, content_hash, status, rederives, covered_from, covered_to)"
                " SELECT district_id, as_of, 'again', 'recorded', id, covered_from, covered_to FROM submission"
            )
        )
        connection.execute(text("UPDATE mark SET recorded_to = (SELECT max(id) FROM submission)"))
        connection.execute(
            text(
                "INSERT INTO tally_due SELECT DISTINCT district_id, student_id FROM mark ON CONFLICT DO NOTHING"
            )
        )
    evaluate(using, NEXT_NIGHT)

    found = list_corrections(using, NEXT_NIGHT)[SLUG]

    assert found["kinds"] == {}
    assert found["findings"]["chronic_truant_candidate"]["undone"] == 2
    assert len(found["mailed_then_undone"]) == 2
    assert kinds(using, NIGHT) == {"mark_removed": 2 * len(MISSED)}
