"""Case files: opened by a finding, added to by people, read as of any day, and never rewritten."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pact_etl.domain.case import Entry, Kind, Party, Result, Way
from pact_etl.domain.errors import UsageError
from pact_etl.steps.case import count_due, due, enter, show
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.factories import ladder, marks, record_submission, roster
from tests.integration.steps.letters import (
    DAYS,
    MISSED,
    NIGHT,
    approved_batch,
    excuse,
    one,
    planned_batch,
)

pytestmark = pytest.mark.integration

SOON = NIGHT + timedelta(days=3)
CALL = Entry(
    kind=Kind.CONTACT,
    day=NIGHT,
    way=Way.PHONE,
    whom=Party.GUARDIAN,
    result=Result.NO_ANSWER,
    entered_by="dana",
)
REFERRAL = Entry(
    kind=Kind.REFERRAL,
    day=NIGHT,
    way=Way.DA_MEETING,
    whom=Party.DISTRICT,
    entered_by="dana",
)


def case_of(using: Collaborators, local_id: str = "01", as_of: date = SOON) -> dict[str, object]:
    [case] = show(using, f"oak-grove:{local_id}", as_of)
    return case


def code_of(using: Collaborators, local_id: str = "01") -> str:
    return str(case_of(using, local_id)["case"])


def refer(using: Collaborators, **changes: object) -> str:
    result = enter(using, code_of(using), replace(REFERRAL, **changes), SOON)  # type: ignore[arg-type]
    return f"C{result.ids['case']}-{result.ids['entry']}"


def act(using: Collaborators, about: str, kind: Kind, **values: object) -> None:
    entry = Entry(kind=kind, entered_by="dana", **({"day": NIGHT} | values))  # type: ignore[arg-type]
    enter(using, about, entry, SOON)


def what(using: Collaborators, source: str) -> list[str]:
    timeline = case_of(using)["timeline"]
    return [line["what"] for line in timeline if line["source"] == source]  # type: ignore[attr-defined]


def test_a_candidate_has_one_case_however_often_a_night_is_evaluated(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])

    assert evaluate(using, NIGHT).counts["cases_opened"] == 0
    assert one(using, "SELECT count(*) FROM case_file") == 2
    assert case_of(using)["opened_on"] == NIGHT.isoformat()


def test_a_truant_who_is_no_candidate_has_none(using: Collaborators) -> None:
    # Three days of forty are truancy, and not a tenth.
    frames = roster(["01"]) | {"marks": marks({"01": dict.fromkeys(DAYS[3:6], "absent_unexcused")})}
    record_submission(using.engine, DAYS[40], frames, covers_days=90)
    counts = evaluate(using, DAYS[40]).counts

    assert (counts["truant_new"], counts["cases_opened"]) == (1, 0)
    with pytest.raises(UsageError, match="has no case"):
        show(using, "oak-grove:01", DAYS[40])


def test_an_evaluation_that_dies_leaves_no_case_and_the_next_one_opens_it(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = roster(["01"]) | {"marks": marks({"01": MISSED})}
    record_submission(using.engine, NIGHT, frames, covers_days=60)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("pact_etl.steps.evaluate.book_evaluation", die)
        with pytest.raises(KeyboardInterrupt):
            evaluate(using, NIGHT)
    assert one(using, "SELECT count(*) FROM case_file") == 0

    assert evaluate(using, NIGHT).counts["cases_opened"] == 1


def test_the_same_call_twice_leaves_one_entry_and_a_second_call_that_day_has_a_number(
    using: Collaborators,
) -> None:
    planned_batch(using, ["01"])
    code = code_of(using)

    first, again = (enter(using, code, CALL, SOON) for _ in "ab")
    second = enter(using, code, replace(CALL, number=2), SOON)

    assert (first.counts["entered"], again.counts["entered"]) == (1, 0)
    assert first.ids == again.ids != second.ids
    assert what(using, "case") == ["contact", "contact"]


def test_a_case_shows_findings_ladder_letters_and_disclosures_from_their_own_books(
    using: Collaborators,
) -> None:
    batch = approved_batch(using, ["01"])
    release_batch(using, batch)
    record_submission(
        using.engine,
        SOON,
        ladder(("01", "report", "48260", DAYS[27], "system", "book 1")),
    )

    assert what(using, "finding") == ["opened", "opened", "opened"]
    assert what(using, "ladder") == ["report"]
    assert what(using, "letter") == ["planned", "approve", "render", "package"]
    assert len(what(using, "disclosure")) == 3


def test_a_case_names_nobody(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    release_batch(using, batch)
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE student_record SET first_name = 'Zyxquill'"))
        connection.execute(text("UPDATE guardian SET last_name = 'Zyxquill'"))
        connection.execute(text("UPDATE notice SET recipient = 'Rosa Zyxquill'"))
    enter(using, code_of(using), CALL, SOON)

    said = str(case_of(using)) + str(due(using, SOON))

    assert "Zyxquill" not in said
    assert "Oak St" not in said


def test_what_was_not_known_on_a_day_is_not_shown_for_it(using: Collaborators) -> None:
    planned_batch(using, ["01"])
    code = code_of(using)
    enter(using, code, CALL, SOON)

    [before] = show(using, code, NIGHT)
    assert not [line for line in before["timeline"] if line["source"] == "case"]
    with pytest.raises(UsageError, match="no such case on that day"):
        show(using, code, NIGHT - timedelta(days=1))


def test_an_entry_is_never_changed_or_removed(using: Collaborators) -> None:
    planned_batch(using, ["01"])
    enter(using, code_of(using), CALL, SOON)

    for statement in (
        "UPDATE case_entry SET result = 'reached'",
        "DELETE FROM case_entry",
        "TRUNCATE case_entry CASCADE",
    ):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            using.engine.begin() as connection,
        ):
            connection.execute(text(statement))
    assert one(using, "SELECT result FROM case_entry") == "no_answer"


def test_what_was_taken_back_stays_visible_and_can_be_entered_again(using: Collaborators) -> None:
    planned_batch(using, ["01"])
    referral = refer(using)
    act(using, referral, Kind.MEETING_SET, day=SOON + timedelta(days=20))
    assert case_of(using)["deadlines"]

    act(using, referral, Kind.RETRACTION, day=SOON, result=Result.WRONG_STUDENT)

    assert case_of(using)["deadlines"] == []
    assert what(using, "case") == ["referral", "retraction", "meeting_set"]
    with pytest.raises(UsageError, match="taken back"):
        act(using, referral, Kind.MEETING, result=Result.ATTENDED)
    assert refer(using) != referral


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (replace(CALL, way=Way.REVIEW_BOARD), "way is one of"),
        (replace(CALL, result=Result.KEPT), "result is one of"),
        (replace(CALL, day=SOON + timedelta(days=1)), "lies after"),
        (replace(CALL, entered_by=" "), "who made it"),
        (replace(REFERRAL, result=Result.KEPT), "has no result"),
        (replace(CALL, kind=Kind.MEETING_SET, way=None, whom=None, result=None), "is about a"),
    ],
)
def test_what_cannot_be_is_refused(using: Collaborators, entry: Entry, says: str) -> None:
    planned_batch(using, ["01"])

    with pytest.raises(UsageError, match=says):
        enter(using, code_of(using), entry, SOON)
    assert one(using, "SELECT count(*) FROM case_entry") == 0


def test_a_closed_case_takes_no_referral_until_a_new_finding_opens_it_again(
    using: Collaborators,
) -> None:
    planned_batch(using, ["01", "02"])
    code = code_of(using)
    closing = Entry(
        kind=Kind.CLOSING, day=SOON, result=Result.ATTENDANCE_IMPROVED, entered_by="dana"
    )
    assert [enter(using, code, closing, SOON).counts["entered"] for _ in "ab"] == [1, 0]

    assert not case_of(using)["is_open"]
    with pytest.raises(UsageError, match="was closed"):
        refer(using)
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE finding SET as_of = :d"), {"d": SOON + timedelta(days=1)})
    assert case_of(using, as_of=SOON + timedelta(days=1))["is_open"]


def test_a_finding_that_is_undone_leaves_the_case_to_a_person(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    excuse(using, "01")

    assert "ended" in what(using, "finding")
    assert case_of(using)["is_open"]


def test_a_statutory_meeting_whose_notice_is_late_is_overdue_until_it_is_served(
    using: Collaborators,
) -> None:
    planned_batch(using, ["01"])
    referral = refer(using)
    act(using, referral, Kind.MEETING_SET, day=SOON + timedelta(days=4))

    assert due(using, SOON)["oak-grove"] == {
        "open": 1,
        "closed": 0,
        "overdue": {"da_meeting_notice_served": 1},
        "cases": {"da_meeting_notice_served": [referral]},
    }
    with pytest.raises(UsageError, match="ordinary mail is none"):
        act(using, referral, Kind.NOTICE_GIVEN, way=Way.MAIL)
    assert count_due(using, SOON).reasons == {"da_meeting_notice_served": 1}
    act(using, referral, Kind.NOTICE_GIVEN, way=Way.CERTIFIED_MAIL)
    assert count_due(using, SOON).reasons == {}


def test_a_first_notice_is_asked_for_only_where_the_district_keeps_a_ladder(
    using: Collaborators,
) -> None:
    planned_batch(using, ["01", "02"])
    late = NIGHT + timedelta(days=8)
    assert due(using, late)["oak-grove"]["overdue"] == {}

    notice = ("02", "family_notice", "48260.5", NIGHT, "mail", "copy kept")
    record_submission(using.engine, late, ladder(notice))

    assert due(using, late)["oak-grove"]["cases"] == {"first_notice_sent": [code_of(using)]}
