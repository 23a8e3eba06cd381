"""Retain: what has been kept long enough goes, in the order of its clocks, and nothing that is on its way."""

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from pact_etl.connectors.archive import Archive
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import InvariantBroken, SettingsError, UsageError
from pact_etl.domain.retention import RecordClass
from pact_etl.steps.back_report import report_back
from pact_etl.steps.release import release_batch
from pact_etl.steps.retain import retain
from pact_etl.store import retention
from pact_etl.wiring import Collaborators
from tests.factories import marks, record_submission, roster
from tests.integration.steps.letters import MISSED, NIGHT, approved_batch, one, planned_batch

pytestmark = pytest.mark.integration

YEAR_END = date(2027, 6, 30)  # of the school year in which everything here happens
SUMMER, YEAR_LATER = date(2028, 6, 29), date(2028, 6, 30)  # around twelve months after it
LETTERS_DUE = date(2029, 12, 30)  # thirty months after it
LEFT = date(2027, 5, 28)


@pytest.fixture
def mailed(using: Collaborators) -> Collaborators:
    """Two students of whom one has a letter in the mail, both gone at the year's end."""
    batch = approved_batch(using, ["01"])
    release_batch(using, batch)
    frames = roster(["01", "02"], exits=dict.fromkeys(["01", "02"], LEFT))
    frames["marks"] = marks({"01": MISSED, "02": dict.fromkeys(list(MISSED)[:1], "absent_excused")})
    aside = {"table": "attendance", "file": "att.csv", "row": 9, "reason": "unknown_student"}
    record_submission(using.engine, LEFT, frames, covers_days=300, quarantined=[aside])
    _mail(using, "mailed")
    later(using, date(2027, 8, 20))
    return using


def later(using: Collaborators, night: date) -> None:
    """A night of a later year in which the district lists nobody that we know."""
    record_submission(using.engine, night, {})


def _mail(using: Collaborators, status: str) -> None:
    with using.engine.begin() as connection:
        connection.execute(text("UPDATE notice SET status = :s"), {"s": status})


def rows(using: Collaborators, *tables: str) -> dict[str, object]:
    return {table: one(using, f"SELECT count(*) FROM {table}") for table in tables}


def test_a_proof_goes_once_nobody_has_to_look_at_it(using: Collaborators) -> None:
    batch = approved_batch(using, ["01"])
    proof = using.settings.proof(batch)
    torn = proof.with_name(f".{using.settings.proof(batch + 1).name}")
    torn.write_bytes(b"half a proof")

    retain(using, NIGHT)
    assert proof.exists()
    assert not torn.exists()

    release_batch(using, batch)
    retain(using, NIGHT)
    assert not proof.exists()


def test_nothing_goes_a_day_before_its_clock(mailed: Collaborators) -> None:
    later(mailed, SUMMER)

    assert set(retain(mailed, SUMMER).counts.values()) == {0}


def test_attendance_goes_when_its_year_is_over_and_stays_where_a_letter_rests_on_it(
    mailed: Collaborators,
) -> None:
    later(mailed, YEAR_LATER)
    before = one(mailed, "SELECT count(*) FROM mark")

    result = retain(mailed, YEAR_LATER)

    assert result.counts["attendance"] == 1
    assert one(mailed, "SELECT count(*) FROM mark") == int(str(before)) - 1
    assert one(mailed, "SELECT count(DISTINCT student_id) FROM mark") == 1
    assert result.counts["set_aside"] == 1


def test_a_family_goes_when_nothing_else_is_kept_about_it(mailed: Collaborators) -> None:
    later(mailed, YEAR_LATER)

    assert retain(mailed, YEAR_LATER).counts["people"] == 1
    assert rows(mailed, "student", "student_record", "guardian", "guardianship") == {
        "student": 1,
        "student_record": 1,
        "guardian": 1,
        "guardianship": 1,
    }


def test_a_letter_goes_with_its_log_and_the_attendance_it_rests_on(mailed: Collaborators) -> None:
    later(mailed, LETTERS_DUE)

    counts = retain(mailed, LETTERS_DUE).counts

    assert counts["letters"] == 1
    gone = rows(
        mailed, "notice", "notice_event", "disclosure", "invitation", "finding", "household"
    )
    assert set(gone.values()) == {0}
    assert rows(mailed, "mark", "student") == {"mark": 0, "student": 0}


def _referral(using: Collaborators) -> None:
    """The student with the letter was referred, and the district was told what came of it."""
    with using.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO case_entry (case_id, kind, date, way, whom, number, entered_by, as_of)"
                " SELECT id, 'referral', :day, 'da_meeting', 'district', 1, 'dana', :day FROM case_file"
            ),
            {"day": NIGHT},
        )
    report_back(using, "oak-grove", NIGHT, NIGHT, NIGHT, by="dana")


def test_a_case_goes_with_its_entries_and_the_log_of_what_was_told(mailed: Collaborators) -> None:
    _referral(mailed)
    later(mailed, LETTERS_DUE)

    counts = retain(mailed, LETTERS_DUE).counts

    assert counts["cases"] == 1
    gone = rows(mailed, "case_file", "case_entry", "back_report", "disclosure", "student")
    assert set(gone.values()) == {0}


def test_attendance_stays_as_long_as_a_referral_rests_on_it(mailed: Collaborators) -> None:
    _referral(mailed)
    with mailed.engine.begin() as connection:
        for table in ("email", "notice_student", "invitation"):
            connection.execute(text(f"DELETE FROM {table}"))
    later(mailed, YEAR_LATER)

    retain(mailed, YEAR_LATER)

    assert one(mailed, "SELECT count(DISTINCT student_id) FROM mark") == 1
    assert rows(mailed, "case_file", "finding") == {"case_file": 1, "finding": 3}


@pytest.mark.parametrize(("status", "kept"), [("approved", 2), ("delivered", 0)])
def test_a_letter_and_the_one_that_follows_it_stay_or_go_together(
    mailed: Collaborators, status: str, kept: int
) -> None:
    _taken_back(mailed, status)
    later(mailed, LETTERS_DUE)

    retain(mailed, LETTERS_DUE)

    assert rows(mailed, "notice", "notice_student") == {"notice": kept, "notice_student": kept}
    followed = {"follow_up": kept // 2, "staff_task": kept // 2}
    assert rows(mailed, "follow_up", "staff_task") == followed


def _taken_back(using: Collaborators, status: str) -> None:
    """A second letter takes the first one back, and is a task."""
    columns = "household_id, meeting_id, batch_id, recipient, address, language"
    statements = (
        f"INSERT INTO notice (kind, status, follows, {columns})"
        f" SELECT 'disregard', '{status}', id, {columns} FROM notice",
        "INSERT INTO notice_student SELECT (SELECT max(id) FROM notice), invitation_id FROM notice_student",
        "INSERT INTO follow_up (kind, follows, as_of, status)"
        " SELECT 'disregard', follows, '2026-10-01', 'planned' FROM notice WHERE follows IS NOT NULL",
        "INSERT INTO staff_task (follow_up_id, reason, owner, as_of, due_on)"
        " SELECT id, 'home_changed', 'desk', as_of, as_of FROM follow_up",
    )
    with using.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("status", ["planned", "approved", "packaged", "acknowledged"])
def test_what_is_in_flight_stays_however_old(mailed: Collaborators, status: str) -> None:
    _mail(mailed, status)
    later(mailed, LETTERS_DUE)

    counts = retain(mailed, LETTERS_DUE).counts

    assert (counts["letters"], counts["in_flight"]) == (0, 1)
    assert rows(mailed, "notice", "invitation") == {"notice": 1, "invitation": 1}
    assert one(mailed, "SELECT count(DISTINCT student_id) FROM mark") == 1


def test_a_second_run_destroys_nothing_and_keeps_the_books(mailed: Collaborators) -> None:
    later(mailed, YEAR_LATER)
    retain(mailed, YEAR_LATER)
    books = one(mailed, "SELECT sum(deleted) FROM purge")

    assert set(retain(mailed, YEAR_LATER).counts.values()) == {0}
    assert one(mailed, "SELECT sum(deleted) FROM purge") == books


def test_a_trial_counts_and_destroys_nothing(mailed: Collaborators) -> None:
    later(mailed, YEAR_LATER)
    before = rows(mailed, "mark", "student", "quarantined_row", "purge")

    trial = retain(mailed, YEAR_LATER, dry_run=True)

    assert trial.counts["attendance"] == 1
    assert rows(mailed, "mark", "student", "quarantined_row", "purge") == before


def test_counts_that_disagree_stop_the_purge(
    mailed: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(mailed, YEAR_LATER)
    of = retention.CONTENTS[RecordClass.ATTENDANCE]
    too_much = replace(of, deletions=("DELETE FROM mark",))
    monkeypatch.setitem(retention.CONTENTS, RecordClass.ATTENDANCE, too_much)
    before = rows(mailed, "mark")

    with pytest.raises(InvariantBroken, match="attendance: 1 due"):
        retain(mailed, YEAR_LATER)
    assert rows(mailed, "mark") == before


def test_a_mistyped_year_is_refused(mailed: Collaborators) -> None:
    with pytest.raises(UsageError, match="after the newest night"):
        retain(mailed, date(2037, 1, 1))


def test_a_clock_shorter_than_the_law_allows_is_refused(mailed: Collaborators) -> None:
    months = mailed.county.retention.months | {RecordClass.LETTERS: 12}
    shorter = replace(mailed.county.retention, months=months)

    with pytest.raises(SettingsError, match="letters"):
        retain(replace(mailed, county=replace(mailed.county, retention=shorter)), LEFT)


def test_bytes_that_a_younger_submission_shares_stay(using: Collaborators) -> None:
    planned_batch(using, ["01"])
    archive = Archive(using.settings.archive)
    old, shared = RawFile(name="att.csv", content=b"old"), RawFile(name="cal.csv", content=b"same")
    keys = [archive.keep([old, shared]), archive.keep([shared])]
    nights = [NIGHT, date(2029, 6, 30)]
    for key, night, files in zip(keys, nights, [[old, shared], [shared]], strict=True):
        _submission(using, key, night, files)
    receipts = using.settings.returns / NIGHT.isoformat() / "oak-grove"
    receipts.mkdir(parents=True)

    counts = retain(using, date(2029, 7, 1)).counts

    assert counts["raw_files"] == 2  # the planned night has no files, and is booked all the same
    assert [file.content for file in archive.load(keys[1])] == [b"same"]
    with pytest.raises(UsageError):
        archive.load(keys[0])
    assert not list(using.settings.archive.rglob("*old*"))
    assert len(list((using.settings.archive / "sha256").rglob("*/*"))) == 1
    assert not receipts.exists()


def _submission(using: Collaborators, key: str, night: date, files: list[RawFile]) -> None:
    with using.engine.begin() as connection:
        made = connection.execute(
            text(
                "INSERT INTO submission (district_id, as_of, content_hash, status)"
                " SELECT id, :night, :key, 'recorded' FROM district RETURNING id"
            ),
            {"night": night, "key": key},
        ).scalar_one()
        for file in files:
            connection.execute(
                text("INSERT INTO submission_file VALUES (:id, :name, :sha, 3)"),
                {
                    "id": made,
                    "name": file.name,
                    "sha": hashlib.sha256(file.content).hexdigest(),
                },
            )
