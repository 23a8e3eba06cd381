"""What a submission states whole: there a missing mark, enrollment or guardian was taken back."""

from datetime import date

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.scope import Scope, StudentSpan
from pact_etl.store.submissions import last_cursor, open_submission, set_status, sync_districts
from tests.factories import FIRST_DAY, district, marks, record_submission, roster

pytestmark = pytest.mark.integration

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 14), date(2026, 10, 14), date(2026, 11, 16)
UNEXCUSED = "absent_unexcused"
BOTH = {"01": {SEPTEMBER: UNEXCUSED, OCTOBER: UNEXCUSED}, "02": {SEPTEMBER: UNEXCUSED}}


def column(engine: Engine, query: str) -> list[object]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def believed_marks(engine: Engine) -> set[tuple[str, date]]:
    query = """SELECT r.local_id, m.date FROM mark m JOIN student_record r USING (student_id)
               WHERE m.recorded_to IS NULL"""
    with engine.connect() as connection:
        return {(row.local_id, row.date) for row in connection.execute(text(query))}


@pytest.fixture
def store_with_two_students(store: Engine) -> Engine:
    record_submission(store, OCTOBER, roster(["01", "02"]) | {"marks": marks(BOTH)}, covers_days=60)
    return store


def test_a_named_students_missing_mark_is_closed_though_it_lies_before_the_window(
    store_with_two_students: Engine,
) -> None:
    stated = StudentSpan("01", SEPTEMBER, SEPTEMBER)
    record_submission(store_with_two_students, NOVEMBER, {}, scope=Scope(student_days=(stated,)))

    assert believed_marks(store_with_two_students) == {("01", OCTOBER), ("02", SEPTEMBER)}


def test_a_named_students_mark_that_is_stated_again_stays(store_with_two_students: Engine) -> None:
    stated = StudentSpan("01", SEPTEMBER, NOVEMBER)
    record_submission(
        store_with_two_students,
        NOVEMBER,
        {"marks": marks({"01": {SEPTEMBER: UNEXCUSED}})},
        scope=Scope(student_days=(stated,)),
    )

    assert believed_marks(store_with_two_students) == {("01", SEPTEMBER), ("02", SEPTEMBER)}


def test_a_named_students_row_in_quarantine_keeps_the_mark(store_with_two_students: Engine) -> None:
    aside = {
        "table": "attendance",
        "file": "events",
        "row": 1,
        "field": "code",
        "reason": "unknown_code",
        "local_id": "01",
        "school_code": "0000001",
        "date": SEPTEMBER,
        "code": "?",
    }
    stated = StudentSpan("01", SEPTEMBER, SEPTEMBER)
    record_submission(
        store_with_two_students,
        NOVEMBER,
        {},
        quarantined=[aside],
        scope=Scope(student_days=(stated,)),
    )

    assert ("01", SEPTEMBER) in believed_marks(store_with_two_students)


def test_an_enrollment_missing_from_a_whole_roster_is_closed_and_its_student_counted_anew(
    store_with_two_students: Engine,
) -> None:
    with store_with_two_students.begin() as connection:
        connection.execute(text("DELETE FROM tally_due"))
    frames = {name: f for name, f in roster(["02"]).items() if name in {"enrollments", "guardians"}}
    record_submission(store_with_two_students, NOVEMBER, frames, scope=Scope(whole_roster=True))

    open_ids = """SELECT r.local_id FROM enrollment e JOIN student_record r USING (student_id)
                  WHERE e.recorded_to IS NULL"""
    due = "SELECT r.local_id FROM tally_due d JOIN student_record r USING (student_id)"
    assert column(store_with_two_students, open_ids) == ["02"]
    assert column(store_with_two_students, due) == ["01"]


def test_a_backdated_entry_replaces_the_old_enrollment_of_a_named_student(
    store_with_two_students: Engine,
) -> None:
    earlier = date(2026, 8, 3)
    moved = roster(["01"], entry=earlier)
    frames = {name: moved[name] for name in ("enrollments", "guardians")}
    scope = Scope(rosters_of=frozenset({"01"}))
    record_submission(store_with_two_students, NOVEMBER, frames, scope=scope)

    query = """SELECT r.local_id, e.entry_date FROM enrollment e JOIN student_record r USING (student_id)
               WHERE e.recorded_to IS NULL ORDER BY 1"""
    with store_with_two_students.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    assert rows == [("01", earlier), ("02", FIRST_DAY)]


def test_a_guardian_missing_from_a_named_students_roster_has_ended_until_sent_again(
    store_with_two_students: Engine,
) -> None:
    only_enrolled = {"enrollments": roster(["01"])["enrollments"]}
    scope = Scope(rosters_of=frozenset({"01"}))
    ended = "SELECT g.local_id FROM guardianship t JOIN guardian g ON g.id = t.guardian_id WHERE t.ended_by IS NOT NULL"

    record_submission(store_with_two_students, NOVEMBER, only_enrolled, scope=scope)
    assert column(store_with_two_students, ended) == ["G01"]

    record_submission(store_with_two_students, date(2026, 11, 17), roster(["01"]))
    assert column(store_with_two_students, ended) == []


def test_a_roster_that_says_nothing_of_itself_ends_nothing(store_with_two_students: Engine) -> None:
    record_submission(store_with_two_students, NOVEMBER, roster(["02"]))

    assert column(
        store_with_two_students, "SELECT count(*) FROM enrollment WHERE recorded_to IS NULL"
    ) == [2]
    assert column(
        store_with_two_students, "SELECT count(*) FROM guardianship WHERE ended_by IS NULL"
    ) == [2]


def test_only_a_recorded_submission_moves_the_cursor(store: Engine) -> None:
    one = district()
    with store.begin() as connection:
        sync_districts(connection, [one])
        taken = open_submission(connection, one.slug, SEPTEMBER, "a", {}, {"change_version": 7})
        set_status(connection, taken, "recorded")
        refused = open_submission(connection, one.slug, OCTOBER, "b", {}, {"change_version": 9})
        set_status(connection, refused, "refused")

        assert last_cursor(connection, one.slug, NOVEMBER) == {"change_version": 7}
        assert last_cursor(connection, one.slug, date(2026, 9, 13)) is None
