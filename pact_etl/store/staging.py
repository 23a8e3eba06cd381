"""Accepted rows into staging, and the reference that validation judges new rows against."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, text

from pact_etl.domain.scope import Scope, StudentSpan
from pact_etl.store.copying import copy_in, copy_out
from pact_etl.store.tables.staging import BY_NAME, SCOPE

TEXT, DAY, FLAG = pa.string(), pa.timestamp("s"), pa.bool_()

MANY_ROWS = 1_000
"""From so many new rows on the planner must hear of them at once: its own housekeeping comes minutes later, and until
then it joins them row by row."""


def stage(
    connection: Connection,
    submission_id: int,
    frames: Mapping[str, pd.DataFrame],
    scope: Scope,
) -> None:
    """Replace what is staged for a submission.

    Args:
        connection: inside a transaction.
        submission_id: whose.
        frames: by staging name (schools, students, enrollments, guardians, calendar, marks).
        scope: what it states whole, beside its window.
    """
    clear_staging(connection, submission_id)
    tables = {**BY_NAME, **SCOPE}
    for name, frame in {**frames, **_scope_frames(scope)}.items():
        table = tables[name]
        if copy_in(connection, table, frame, submission_id=submission_id) >= MANY_ROWS:
            connection.execute(text(f"ANALYZE {table.name}"))


def clear_staging(connection: Connection, submission_id: int) -> None:
    """Forget what is staged for a submission."""
    for table in (*BY_NAME.values(), *SCOPE.values()):
        connection.execute(table.delete().where(table.c.submission_id == submission_id))


def _scope_frames(scope: Scope) -> dict[str, pd.DataFrame]:
    days = pd.DataFrame(scope.student_days, columns=list(StudentSpan._fields))
    ids = [None] if scope.whole_roster else sorted(scope.rosters_of)
    return {
        "student_days": days,
        "rosters": pd.DataFrame({"local_id": pd.Series(ids, dtype="str")}),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRoster:
    """What the record knows of one district, for judging its next submission; column names are the canonical ones."""

    schools: pd.DataFrame
    students: pd.DataFrame
    elsewhere: pd.DataFrame
    enrollments: pd.DataFrame
    calendar: pd.DataFrame
    open_marks: pd.DataFrame
    absence_history: pd.DataFrame


def known_roster(
    connection: Connection, slug: str, first: date, window: tuple[date, date]
) -> KnownRoster:
    """Read the reference.

    Args:
        connection: any.
        slug: the district's.
        first: the school year's first day.
        window: the days that the submission's attendance will cover.
    """
    district = connection.execute(
        text("SELECT id FROM district WHERE slug = :slug"), {"slug": slug}
    ).scalar_one()
    keys = {"d": district}
    days = keys | {"first": window[0], "last": window[1]}
    students = copy_out(
        connection,
        "SELECT r.local_id, s.ssid, r.birth_date FROM student_record r JOIN student s ON s.id = r.student_id"
        " WHERE r.district_id = %(d)s",
        {"local_id": TEXT, "ssid": TEXT, "birth_date": DAY},
        **keys,
    )
    return KnownRoster(
        schools=copy_out(
            connection,
            "SELECT school_code, level, periods_per_day FROM school WHERE district_id = %(d)s",
            {"school_code": TEXT, "level": TEXT},
            **keys,
        ),
        students=students,
        # On a first night only: from then on the district's own record tells whose files these are.
        elsewhere=copy_out(
            connection,
            "SELECT d.slug AS district, r.local_id, r.birth_date FROM student_record r"
            " JOIN district d ON d.id = r.district_id WHERE r.district_id <> %(d)s AND %(first_night)s",
            {"district": TEXT, "local_id": TEXT, "birth_date": DAY},
            d=district,
            first_night=students.empty,
        ),
        enrollments=copy_out(
            connection,
            "SELECT r.local_id, s.school_code, e.entry_date, e.exit_date, e.track FROM enrollment e"
            " JOIN school s ON s.id = e.school_id"
            " JOIN student_record r ON r.district_id = e.district_id AND r.student_id = e.student_id"
            " WHERE e.district_id = %(d)s AND e.recorded_to IS NULL",
            {
                "local_id": TEXT,
                "school_code": TEXT,
                "entry_date": DAY,
                "exit_date": DAY,
                "track": TEXT,
            },
            **keys,
        ),
        # Of a track, only the days that it states of itself; the others follow the common calendar tonight, too.
        calendar=copy_out(
            connection,
            "SELECT s.school_code, c.track, c.date, c.is_instructional AS instructional FROM calendar_day c"
            " JOIN school s ON s.id = c.school_id WHERE s.district_id = %(d)s AND c.date >= %(first)s"
            " AND (c.track = '' OR c.changed_by IS NOT NULL)",
            {"school_code": TEXT, "track": TEXT, "date": DAY, "instructional": FLAG},
            d=district,
            first=first,
        ),
        open_marks=copy_out(
            connection,
            "SELECT s.school_code, m.date, count(*) AS marks FROM mark m JOIN school s ON s.id = m.school_id"
            " WHERE m.district_id = %(d)s AND m.date BETWEEN %(first)s AND %(last)s AND m.recorded_to IS NULL"
            " GROUP BY s.school_code, m.date",
            {"school_code": TEXT, "date": DAY, "marks": pa.int64()},
            **days,
        ),
        absence_history=copy_out(
            connection, HISTORY, {"school_code": TEXT, "days": pa.int64()}, **days
        ),
    )


# The school's own recent past, over the days just before and within the window, so that a night costs the same all
# year: which share of those enrolled was marked absent, and absent without excuse, on its median day.
HISTORY = """
SELECT s.school_code, percentile_cont(0.5) WITHIN GROUP (ORDER BY d.absent / NULLIF(e.enrolled, 0)::float)
         AS median_share_absent,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY d.unexcused / NULLIF(e.enrolled, 0)::float)
         AS median_share_unexcused, count(*) AS days
FROM (
  SELECT m.school_id, m.date, count(*) AS absent, count(*) FILTER (WHERE m.status = 'absent_unexcused') AS unexcused
  FROM mark m
  WHERE m.district_id = %(d)s AND m.recorded_to IS NULL AND m.date >= %(first)s::date - 28 AND m.date < %(last)s
    AND (m.status LIKE 'absent%%' OR m.status = 'suspended_out')
  GROUP BY m.school_id, m.date
) d
JOIN school s ON s.id = d.school_id
JOIN (
  SELECT school_id, count(*) AS enrolled FROM enrollment
  WHERE district_id = %(d)s AND recorded_to IS NULL AND (exit_date IS NULL OR exit_date >= %(last)s)
  GROUP BY school_id
) e ON e.school_id = d.school_id
GROUP BY s.school_code
"""
