"""Which rows a class of record holds, and taking out those whose clock has run.

Each class counts its main table three ways: what is due, what must stay (stated on its own, not as the rest), and what
is there before and after. Where they do not agree the transaction is rolled back and nothing goes.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.retention import IN_FLIGHT_EMAILS, IN_FLIGHT_LETTERS, RecordClass

# A school year runs from July: six months earlier lies the year after which it is named.
_YEAR_OF = (
    "extract(year FROM {day} - interval '6 months')::int || '-' || "
    "lpad(((extract(year FROM {day} - interval '6 months')::int + 1) % 100)::text, 2, '0')"
)
_YEAR_ENDS = "make_date(CAST(split_part({year}, '-', 1) AS int) + 1, 6, 30)"

# An invitation is in flight with any of its letters or their emails, and so is everything on such a letter and on the
# letters that it follows.
IN_FLIGHT = """
CREATE TEMP TABLE in_flight ON COMMIT DROP AS
WITH RECURSIVE letter AS (
  SELECT n.id FROM notice n
  WHERE n.status = ANY(:letters) OR EXISTS (SELECT FROM email e WHERE e.notice_id = n.id AND e.status = ANY(:emails))
  UNION SELECT n.follows FROM letter l JOIN notice n ON n.id = l.id WHERE n.follows IS NOT NULL
)
SELECT DISTINCT s.invitation_id FROM notice_student s WHERE s.notice_id IN (SELECT id FROM letter)
"""

_LETTER_DUE = (
    f"{_YEAR_ENDS.format(year='i.school_year')} <= :through"
    " AND NOT EXISTS (SELECT FROM in_flight f WHERE f.invitation_id = i.id)"
)

# A letter, a first notice and a referral rest on the year's attendance, so it stays as long as one of them.
_ACTED_ON = (
    "(EXISTS (SELECT FROM invitation i WHERE i.student_id = {of}.student_id AND i.school_year = {year})"
    " OR EXISTS (SELECT FROM case_file c JOIN case_entry e ON e.case_id = c.id AND e.kind = 'referral'"
    " WHERE c.student_id = {of}.student_id AND c.school_year = {year})"
    " OR EXISTS (SELECT FROM first_notice n WHERE n.student_id = {of}.student_id AND n.school_year = {year}))"
)
_ACTED_ON_YEAR = _ACTED_ON.format(of="m", year=_YEAR_OF.format(day="m.date"))


# Nothing of them is ever on its way: a district has what was set for it, or fetches it.
_DUE_NOTICE = (
    f"(SELECT id FROM first_notice WHERE {_YEAR_ENDS.format(year='school_year')} <= :through)"
)
_DUE_SET = f"(SELECT id FROM first_notice_set WHERE {_YEAR_ENDS.format(year=_YEAR_OF.format(day='as_of'))} <= :through)"
_FIRST_NOTICES = (
    f"DELETE FROM first_notice_student WHERE first_notice_id IN {_DUE_NOTICE}",
    f"DELETE FROM first_notice_event WHERE first_notice_id IN {_DUE_NOTICE}",
    f"DELETE FROM first_notice_piece WHERE set_id IN {_DUE_SET}",
    f"DELETE FROM first_notice_set WHERE id IN {_DUE_SET}",
    f"DELETE FROM first_notice WHERE id IN {_DUE_NOTICE}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """One class: its main table under an alias, what of it is due, what must stay, and all that goes with it.

    `deletions` name the temporary table `due`; the last one is the main table's own.
    """

    table: str
    alias: str
    due: str
    kept: str
    deletions: tuple[str, ...]


CONTENTS = {
    RecordClass.SET_ASIDE: _Contents(
        table="quarantined_row",
        alias="q",
        due="EXISTS (SELECT FROM submission s WHERE s.id = q.submission_id AND s.as_of <= :through)",
        kept="EXISTS (SELECT FROM submission s WHERE s.id = q.submission_id AND s.as_of > :through)",
        deletions=("DELETE FROM quarantined_row WHERE id IN (SELECT id FROM due)",),
    ),
    RecordClass.LETTERS: _Contents(
        table="invitation",
        alias="i",
        due=_LETTER_DUE,
        kept=f"{_YEAR_ENDS.format(year='i.school_year')} > :through"
        " OR i.id IN (SELECT invitation_id FROM in_flight)",
        deletions=(
            "CREATE TEMP TABLE due_notice ON COMMIT DROP AS SELECT DISTINCT notice_id AS id FROM notice_student"
            " WHERE invitation_id IN (SELECT id FROM due)",
            "DELETE FROM email WHERE notice_id IN (SELECT id FROM due_notice)",
            "DELETE FROM notice_event WHERE notice_id IN (SELECT id FROM due_notice)",
            "DELETE FROM disclosure WHERE notice_id IN (SELECT id FROM due_notice)",
            "DELETE FROM void_wait WHERE notice_id IN (SELECT id FROM due_notice)",
            "DELETE FROM notice_student WHERE notice_id IN (SELECT id FROM due_notice)",
            "DELETE FROM staff_task t USING follow_up u"
            " WHERE u.id = t.follow_up_id AND u.follows IN (SELECT id FROM due_notice)",
            "DELETE FROM follow_up WHERE follows IN (SELECT id FROM due_notice)",
            "DELETE FROM notice WHERE id IN (SELECT id FROM due_notice)",
            "DELETE FROM household h WHERE NOT EXISTS (SELECT FROM notice n WHERE n.household_id = h.id)",
            "DELETE FROM task_closing WHERE task_id IN"
            " (SELECT t.id FROM staff_task t WHERE t.invitation_id IN (SELECT id FROM due))",
            "DELETE FROM staff_task WHERE invitation_id IN (SELECT id FROM due)",
            *_FIRST_NOTICES,
            "DELETE FROM invitation WHERE id IN (SELECT id FROM due)",
        ),
    ),
    RecordClass.CASES: _Contents(
        table="case_file",
        alias="c",
        due=f"{_YEAR_ENDS.format(year='c.school_year')} <= :through",
        kept=f"{_YEAR_ENDS.format(year='c.school_year')} > :through",
        deletions=(
            "DELETE FROM disclosure WHERE case_id IN (SELECT id FROM due)",
            "CREATE TEMP TABLE due_served ON COMMIT DROP AS"
            " SELECT id FROM served_notice WHERE case_id IN (SELECT id FROM due)",
            "DELETE FROM task_closing WHERE task_id IN"
            " (SELECT id FROM staff_task WHERE served_notice_id IN (SELECT id FROM due_served))",
            "DELETE FROM staff_task WHERE served_notice_id IN (SELECT id FROM due_served)",
            "DELETE FROM service WHERE served_piece_id IN"
            " (SELECT id FROM served_piece WHERE served_notice_id IN (SELECT id FROM due_served))",
            "DELETE FROM served_piece WHERE served_notice_id IN (SELECT id FROM due_served)",
            "DELETE FROM served_notice_event WHERE served_notice_id IN (SELECT id FROM due_served)",
            "DELETE FROM served_notice WHERE id IN (SELECT id FROM due_served)",
            "DELETE FROM back_report b WHERE b.last <= :through"
            " AND NOT EXISTS (SELECT FROM disclosure d WHERE d.back_report_id = b.id)",
            "DELETE FROM case_entry WHERE case_id IN (SELECT id FROM due)",
            "DELETE FROM case_file WHERE id IN (SELECT id FROM due)",
        ),
    ),
    RecordClass.ATTENDANCE: _Contents(
        table="mark",
        alias="m",
        due=f"m.date <= :through AND NOT {_ACTED_ON_YEAR}",
        kept=f"m.date > :through OR {_ACTED_ON_YEAR}",
        deletions=(
            f"DELETE FROM finding f WHERE {_YEAR_ENDS.format(year='f.school_year')} <= :through"
            f" AND NOT {_ACTED_ON.format(of='f', year='f.school_year')}",
            f"DELETE FROM tally t WHERE {_YEAR_ENDS.format(year='t.school_year')} <= :through"
            f" AND NOT {_ACTED_ON.format(of='t', year='t.school_year')}",
            "DELETE FROM mark WHERE id IN (SELECT id FROM due)",
        ),
    ),
    # A student goes when every enrollment is over and nothing else speaks of the child any more.
    RecordClass.PEOPLE: _Contents(
        table="student",
        alias="p",
        due="NOT EXISTS (SELECT FROM enrollment e WHERE e.student_id = p.id AND e.recorded_to IS NULL"
        " AND COALESCE(e.exit_date, 'infinity') > :through)"
        " AND EXISTS (SELECT FROM enrollment e WHERE e.student_id = p.id)"
        " AND NOT EXISTS (SELECT FROM mark m WHERE m.student_id = p.id)"
        " AND NOT EXISTS (SELECT FROM finding f WHERE f.student_id = p.id)"
        " AND NOT EXISTS (SELECT FROM invitation i WHERE i.student_id = p.id)"
        " AND NOT EXISTS (SELECT FROM case_file c WHERE c.student_id = p.id)"
        " AND NOT EXISTS (SELECT FROM first_notice n WHERE n.student_id = p.id)"
        " AND NOT EXISTS (SELECT FROM disclosure d WHERE d.student_id = p.id)",
        kept="p.id IN (SELECT student_id FROM enrollment WHERE recorded_to IS NULL"
        " AND COALESCE(exit_date, 'infinity') > :through"
        " UNION SELECT student_id FROM mark UNION SELECT student_id FROM finding"
        " UNION SELECT student_id FROM invitation UNION SELECT student_id FROM case_file"
        " UNION SELECT student_id FROM disclosure UNION SELECT student_id FROM first_notice)"
        " OR p.id NOT IN (SELECT student_id FROM enrollment)",
        deletions=(
            "DELETE FROM record_access WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM hold_by_hand WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM identity_question q USING student_record r WHERE r.district_id = q.district_id"
            " AND r.local_id = q.local_id AND r.student_id IN (SELECT id FROM due)",
            "DELETE FROM guardianship WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM guardian g WHERE NOT EXISTS (SELECT FROM guardianship h WHERE h.guardian_id = g.id)",
            "DELETE FROM tally WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM tally_due WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM enrollment WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM student_record WHERE student_id IN (SELECT id FROM due)",
            "DELETE FROM student WHERE id IN (SELECT id FROM due)",
        ),
    ),
}


def purge_rows(connection: Connection, record_class: RecordClass, through: date) -> tuple[int, int]:
    """Take out what is due of one class.

    Args:
        connection: inside a transaction of its own.
        record_class: any but the raw files, which are no rows.
        through: records that speak of this day or earlier are due.

    Returns:
        How many rows of its main table went, and how many were due but stayed because they are in flight.

    Raises:
        InvariantBroken: the counts disagree; roll back.
    """
    of = CONTENTS[record_class]
    keys = {"through": through}
    connection.exec_driver_sql("SET LOCAL pact.purging = 'on'")
    connection.exec_driver_sql("DROP TABLE IF EXISTS in_flight, due, due_notice, due_served")
    connection.execute(
        text(IN_FLIGHT),
        {"letters": sorted(IN_FLIGHT_LETTERS), "emails": sorted(IN_FLIGHT_EMAILS)},
    )
    source = f"{of.table} {of.alias}"
    connection.execute(
        text(
            f"CREATE TEMP TABLE due ON COMMIT DROP AS SELECT {of.alias}.id FROM {source} WHERE {of.due}"
        ),
        keys,
    )
    connection.exec_driver_sql("ANALYZE due")
    before = _count(connection, f"SELECT count(*) FROM {of.table}")
    due = _count(connection, "SELECT count(*) FROM due")
    kept = _count(connection, f"SELECT count(*) FROM {source} WHERE {of.kept}", **keys)
    deleted = 0
    for statement in of.deletions:
        used = keys if ":through" in statement else {}
        deleted = connection.execute(text(statement), used).rowcount
    after = _count(connection, f"SELECT count(*) FROM {of.table}")
    if not (due == deleted == before - after and kept == after):
        raise InvariantBroken(
            f"{record_class.value}: {due} due, {kept} to stay, but {deleted} of {before} went and {after} are left"
        )
    waiting = 0
    if record_class is RecordClass.LETTERS:
        waiting = _count(
            connection,
            f"SELECT count(*) FROM invitation i JOIN in_flight f ON f.invitation_id = i.id"
            f" WHERE {_YEAR_ENDS.format(year='i.school_year')} <= :through",
            **keys,
        )
    return deleted, waiting


def book_purge(
    connection: Connection,
    as_of: date,
    record_class: RecordClass,
    *,
    through: date,
    months: int,
    deleted: int,
    in_flight: int,
) -> None:
    """Add to the books of a night; a repeated run finds nothing more and adds nothing."""
    connection.execute(
        text(
            "INSERT INTO purge (as_of, record_class, due_through, months, deleted, in_flight)"
            " VALUES (:as_of, :record_class, :through, :months, :deleted, :in_flight)"
            " ON CONFLICT (as_of, record_class) DO UPDATE SET deleted = purge.deleted + excluded.deleted,"
            " in_flight = excluded.in_flight"
        ),
        {
            "as_of": as_of,
            "record_class": record_class.value,
            "through": through,
            "months": months,
            "deleted": deleted,
            "in_flight": in_flight,
        },
    )


def newest_night(connection: Connection) -> date | None:
    """The newest night of which anything was recorded."""
    query = "SELECT max(as_of) FROM submission WHERE status IN ('recorded', 'superseded')"
    found: date | None = connection.execute(text(query)).scalar_one()
    return found


def due_files(connection: Connection, through: date) -> dict[int, tuple[str, list[str]]]:
    """Submissions whose bytes are due: id to the archive's key and the hashes that no younger submission shares."""
    query = """
        SELECT s.id, s.content_hash, COALESCE(array_agg(f.sha256) FILTER (WHERE f.sha256 IS NOT NULL AND NOT EXISTS (
                 SELECT FROM submission_file o JOIN submission y ON y.id = o.submission_id
                 WHERE o.sha256 = f.sha256 AND y.as_of > :through)), '{}') AS hashes
        FROM submission s LEFT JOIN submission_file f ON f.submission_id = s.id
        WHERE s.as_of <= :through AND s.files_gone_as_of IS NULL AND NOT EXISTS (
          SELECT FROM submission y WHERE y.content_hash = s.content_hash AND y.as_of > :through)
        GROUP BY s.id, s.content_hash ORDER BY s.id
    """
    rows = connection.execute(text(query), {"through": through})
    return {row.id: (row.content_hash, list(row.hashes)) for row in rows}


def book_files_gone(connection: Connection, submissions: list[int], as_of: date) -> None:
    """Note that the bytes of these submissions are no longer there."""
    connection.execute(
        text("UPDATE submission SET files_gone_as_of = :as_of WHERE id = ANY(:ids)"),
        {"as_of": as_of, "ids": submissions},
    )


def _count(connection: Connection, query: str, **keys: object) -> int:
    return int(connection.execute(text(query), keys).scalar_one())
