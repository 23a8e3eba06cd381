"""The bitemporal record: re-sent days, changed codes, deleted marks."""

from datetime import date

import pytest
from sqlalchemy import Engine, text

from pact_etl.store.submissions import counts_of
from tests.factories import marks, record_submission, roster

pytestmark = pytest.mark.integration

MONDAY, TUESDAY, WEDNESDAY = date(2026, 9, 14), date(2026, 9, 15), date(2026, 9, 16)
UNEXCUSED, EXCUSED = "absent_unexcused", "absent_excused"


def believed(engine: Engine) -> list[tuple[date, str]]:
    query = "SELECT date, status FROM mark WHERE recorded_to IS NULL ORDER BY date, status"
    with engine.connect() as connection:
        return [(row.date, row.status) for row in connection.execute(text(query))]


def attendance_book(engine: Engine, submission: int) -> dict[str, int]:
    with engine.connect() as connection:
        return counts_of(connection, submission)["attendance"]


def test_a_mark_that_is_sent_again_changes_nothing(store: Engine) -> None:
    frames = roster(["01"]) | {"marks": marks({"01": {MONDAY: UNEXCUSED}})}
    record_submission(store, MONDAY, frames)
    again = record_submission(store, TUESDAY, {"marks": marks({"01": {MONDAY: UNEXCUSED}})})

    assert believed(store) == [(MONDAY, UNEXCUSED)]
    assert attendance_book(store, again) == {
        "received": 1,
        "recorded": 0,
        "unchanged": 1,
        "quarantined": 0,
    }


def test_an_excuse_that_arrives_late_closes_the_old_mark_and_keeps_it(store: Engine) -> None:
    record_submission(store, MONDAY, roster(["01"]) | {"marks": marks({"01": {MONDAY: UNEXCUSED}})})
    later = record_submission(store, WEDNESDAY, {"marks": marks({"01": {MONDAY: EXCUSED}})})

    assert believed(store) == [(MONDAY, EXCUSED)]
    with store.connect() as connection:
        closed = connection.execute(
            text("SELECT status FROM mark WHERE recorded_to = :s"), {"s": later}
        )
        assert closed.scalars().all() == [UNEXCUSED]


def test_a_mark_that_is_no_longer_stated_for_a_covered_day_is_closed(store: Engine) -> None:
    both = {"01": {MONDAY: UNEXCUSED, TUESDAY: UNEXCUSED}}
    record_submission(store, TUESDAY, roster(["01"]) | {"marks": marks(both)})
    record_submission(store, WEDNESDAY, {"marks": marks({"01": {TUESDAY: UNEXCUSED}})})

    assert believed(store) == [(TUESDAY, UNEXCUSED)]


def test_a_day_before_the_covered_window_is_left_alone(store: Engine) -> None:
    record_submission(store, MONDAY, roster(["01"]) | {"marks": marks({"01": {MONDAY: UNEXCUSED}})})
    record_submission(store, WEDNESDAY, {"marks": marks({})}, covers_days=2)

    assert believed(store) == [(MONDAY, UNEXCUSED)]


def test_a_row_in_quarantine_deletes_nothing(store: Engine) -> None:
    record_submission(store, MONDAY, roster(["01"]) | {"marks": marks({"01": {MONDAY: UNEXCUSED}})})
    faulty = {
        "table": "attendance",
        "file": "att.csv",
        "row": 2,
        "field": "code",
        "reason": "unknown_code",
        "local_id": "01",
        "school_code": "0000001",
        "date": MONDAY,
        "code": "?",
    }
    record_submission(store, TUESDAY, {"marks": marks({})}, quarantined=[faulty])

    assert believed(store) == [(MONDAY, UNEXCUSED)]


def test_a_school_that_fell_silent_loses_no_mark(store: Engine) -> None:
    record_submission(store, MONDAY, roster(["01"]) | {"marks": marks({"01": {MONDAY: UNEXCUSED}})})
    record_submission(store, TUESDAY, {"marks": marks({})}, silent_schools=["0000001"])

    assert believed(store) == [(MONDAY, UNEXCUSED)]


def test_roster_rows_that_say_nothing_new_are_booked_as_unchanged(store: Engine) -> None:
    record_submission(store, MONDAY, roster(["01", "02"]))
    again = record_submission(store, TUESDAY, roster(["01", "02"]))

    with store.connect() as connection:
        books = counts_of(connection, again)
    assert {t: b["recorded"] for t, b in books.items()} == dict.fromkeys(books, 0)
    assert all(b["received"] == b["unchanged"] for b in books.values())


def test_the_same_child_in_two_districts_is_one_student(store: Engine) -> None:
    from tests.factories import district

    ssids = {"01": "1234567890"}
    record_submission(store, MONDAY, roster(["01"], ssids=ssids))
    record_submission(store, MONDAY, roster(["01"], ssids=ssids), of=district("river-bend"))

    with store.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM student")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM student_record")).scalar_one() == 2
