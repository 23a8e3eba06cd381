"""What goes back to the agency that referred: each referral once, logged with its release, and nobody else's."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pact_etl.domain.case import Entry, Kind, Party, Result, Way
from pact_etl.domain.errors import UsageError
from pact_etl.domain.policy import Choice
from pact_etl.domain.results import StepResult
from pact_etl.steps.back_report import report_back
from pact_etl.steps.case import count_due, due, enter
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import NIGHT, approved_batch, one, planned_batch
from tests.integration.steps.test_case import SOON, act, code_of, refer

pytestmark = pytest.mark.integration

FIRST, LAST = NIGHT, SOON
RELEASE = SOON + timedelta(days=1)


def report(using: Collaborators, **changes: object) -> StepResult:
    first, last, as_of = (
        changes.pop(name, default)
        for name, default in (("first", FIRST), ("last", LAST), ("as_of", RELEASE))
    )
    values = {"by": "dana"} | changes
    return report_back(using, "oak-grove", first, last, as_of, **values)  # type: ignore[arg-type]


def folder(using: Collaborators, as_of: date = RELEASE) -> Path:
    return using.settings.returns / as_of.isoformat() / "oak-grove"


def rows(using: Collaborators, as_of: date = RELEASE) -> list[dict[str, str]]:
    [path] = folder(using, as_of).glob("*.csv")
    return list(csv.DictReader(io.StringIO(path.read_text())))


def without_invitations(using: Collaborators) -> Collaborators:
    choice = Choice(answer=False, why="counsel said so")
    setting = replace(using.county.back_reports, invitations_are_referrals=choice)
    return replace(using, county=replace(using.county, back_reports=setting))


@pytest.fixture
def mediated(using: Collaborators) -> Collaborators:
    """Two students with a case; one was referred by the district, met and came to an agreement."""
    planned_batch(using, ["01", "02"])
    referral = refer(using)
    act(using, referral, Kind.MEETING, result=Result.ATTENDED)
    act(using, referral, Kind.AGREEMENT, result=Result.MADE)
    return using


def test_the_district_is_told_of_each_referral_what_was_done_and_what_came_of_it(
    mediated: Collaborators,
) -> None:
    result = report(mediated)

    assert result.counts == {"referrals": 1, "rows": 2, "released": 1}
    said = rows(mediated)
    assert [(r["local_id"], r["action"], r["result"]) for r in said] == [
        ("01", "meeting", "attended"),
        ("01", "agreement", "made"),
    ]
    assert {(r["referred_by"], r["referred_to"], r["section"]) for r in said} == {
        ("district", "da_meeting", "WIC 601.3")
    }
    [page] = folder(mediated).glob("*.txt")
    assert "34 CFR 99.33" in page.read_text()


def test_a_referral_of_which_nothing_came_yet_is_said_to_be_so(using: Collaborators) -> None:
    planned_batch(using, ["01"])
    refer(using)

    report(using)

    assert [row["action"] for row in rows(using)] == ["nothing_yet"]


def test_every_student_in_it_is_logged_once_however_often_it_is_released(
    mediated: Collaborators,
) -> None:
    assert [report(mediated).counts["released"] for _ in "abc"] == [1, 0, 0]

    assert one(mediated, "SELECT count(*) FROM disclosure") == 1
    assert one(mediated, "SELECT recipient || ' ' || what FROM disclosure") == (
        "district referral_outcome"
    )
    assert one(mediated, "SELECT legal_basis LIKE 'EC 48297%' FROM disclosure") is True


def test_a_release_that_dies_before_its_booking_is_no_release(
    mediated: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("pact_etl.steps.back_report.book_back_report", die)
        with pytest.raises(KeyboardInterrupt):
            report(mediated)
    assert not folder(mediated).exists()
    assert one(mediated, "SELECT count(*) FROM disclosure") == 0

    assert report(mediated).counts["released"] == 1
    assert len(rows(mediated)) == 2


def test_a_release_that_dies_after_its_booking_is_completed_by_the_next_run(
    mediated: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            report(mediated)
    assert list(folder(mediated).iterdir()) == []
    assert one(mediated, "SELECT count(*) FROM disclosure") == 1

    report(mediated)
    assert sorted(p.suffix for p in folder(mediated).iterdir()) == [".csv", ".txt"]
    assert one(mediated, "SELECT count(*) FROM disclosure") == 1


def test_nothing_leaves_without_a_legal_basis(mediated: Collaborators, tmp_path: Path) -> None:
    bare = [d for d in mediated.county.disclosures if d.recipient != "district"]
    using = replace(mediated, county=replace(mediated.county, disclosures=bare))

    with pytest.raises(UsageError, match="no legal basis"):
        report(using)
    with pytest.raises(UsageError, match="no legal basis"):
        report(mediated, agency=Party.REVIEW_BOARD, out=tmp_path)
    assert one(mediated, "SELECT count(*) FROM back_report") == 0
    assert not folder(mediated).exists()


def test_one_agency_learns_nothing_of_anothers_referrals(mediated: Collaborators) -> None:
    refer(mediated, whom=Party.PROBATION, way=Way.TRUANCY_MEDIATION)

    report(mediated)

    assert {row["referred_by"] for row in rows(mediated)} == {"district"}


def test_what_was_entered_later_stands_in_the_next_report_and_not_in_this_one(
    mediated: Collaborators,
) -> None:
    report(mediated, last=NIGHT, as_of=NIGHT)
    report(mediated, first=NIGHT + timedelta(days=1))

    assert rows(mediated, NIGHT) == []
    assert len(rows(mediated)) == 2


def test_a_district_that_was_told_of_a_referral_hears_that_it_was_taken_back(
    mediated: Collaborators,
) -> None:
    report(mediated, last=SOON, as_of=SOON)
    referral = str(rows(mediated, SOON)[0]["referral"])
    later = SOON + timedelta(days=2)
    taken = Entry(kind=Kind.RETRACTION, day=later, result=Result.WRONG_STUDENT, entered_by="dana")
    enter(mediated, referral, taken, later)

    report(mediated, first=SOON + timedelta(days=1), last=later, as_of=later)

    assert [(r["action"], r["result"]) for r in rows(mediated, later)] == [
        ("referral_retracted", "wrong_student")
    ]


def test_the_outcome_is_overdue_until_the_report_that_holds_it_is_out(
    mediated: Collaborators,
) -> None:
    referral = f"{code_of(mediated)}-{one(mediated, 'SELECT min(id) FROM case_entry')}"
    act(mediated, referral, Kind.REFERRAL_ENDED, result=Result.RESOLVED)
    late = NIGHT + timedelta(days=31)
    assert count_due(mediated, late).reasons == {"referral_outcome_reported": 1}

    report(mediated, first=SOON + timedelta(days=1), last=late, as_of=late)
    assert count_due(mediated, late).reasons == {"referral_outcome_reported": 1}

    report(mediated)
    assert count_due(mediated, late).reasons == {}


def test_an_outcome_that_nobody_was_told_of_is_overdue_after_the_year_and_the_case_are_over(
    mediated: Collaborators,
) -> None:
    referral = f"{code_of(mediated)}-{one(mediated, 'SELECT min(id) FROM case_entry')}"
    act(mediated, referral, Kind.REFERRAL_ENDED, result=Result.RESOLVED)
    act(mediated, code_of(mediated), Kind.CLOSING, result=Result.YEAR_OVER, day=SOON)

    next_year = due(mediated, date(2027, 9, 1))["oak-grove"]

    assert (next_year["open"], next_year["closed"]) == (0, 0)
    assert next_year["cases"] == {"referral_outcome_reported": [referral]}


def test_a_student_who_was_written_to_counts_as_referred_where_the_county_says_so(
    using: Collaborators,
) -> None:
    release_batch(using, approved_batch(using, ["01", "02"]))
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE notice SET mailed_on = :day"), {"day": SOON})
        connection.execute(
            text(
                "INSERT INTO notice_event (notice_id, event, source, as_of, is_applied)"
                " SELECT id, 'mail', 'report.csv', :day, true FROM notice"
            ),
            {"day": SOON},
        )
    act(using, code_of(using), Kind.MEETING, result=Result.NOT_ATTENDED)

    assert report(without_invitations(using)).counts["rows"] == 0
    assert report(using).counts == {"referrals": 2, "rows": 3, "released": 1}
    assert {(r["local_id"], r["action"]) for r in rows(using)} == {
        ("01", "letter_mailed"),
        ("01", "meeting"),
        ("02", "letter_mailed"),
    }


def test_the_report_names_nobody(mediated: Collaborators) -> None:
    report(mediated)

    said = b"".join(path.read_bytes() for path in folder(mediated).iterdir())
    for secret in (b"Ana", b"Rosa", b"Oak St", b"example.com"):
        assert secret not in said


def test_the_booking_cannot_be_changed(mediated: Collaborators) -> None:
    report(mediated)

    with pytest.raises(DBAPIError, match="append-only"), mediated.engine.begin() as connection:
        connection.execute(text("UPDATE back_report SET rows = 0"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first": LAST + timedelta(days=1)}, "a period ends"),
        ({"as_of": LAST - timedelta(days=1)}, "a period ends"),
        ({"by": " "}, "who makes it"),
        ({"agency": Party.GUARDIAN}, "an agency that refers"),
        ({"agency": Party.PROBATION}, "a folder of its own"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(
    mediated: Collaborators, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        report(mediated, **changes)
