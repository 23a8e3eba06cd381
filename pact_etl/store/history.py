"""One student's record as it was believed on any past night, district by district, for explaining a decision.

Marks, enrollments and rows set aside are read as of the night. Calendars, birth dates and who belongs to whom are kept
as they are now only.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.attendance import Status
from pact_etl.domain.believed import (
    BelievedMark,
    Delivery,
    DistrictRecord,
    Schoolday,
    SetAside,
    Span,
)
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.calendars import unstated_days

KNOWN = "f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)"

DISTRICTS = """
SELECT d.id, d.slug, min(r.birth_date) AS birth_date,
       (SELECT max(s.as_of) FROM submission s WHERE s.district_id = d.id AND s.status = 'recorded'
          AND s.as_of BETWEEN :first AND :as_of) AS newest_data
FROM student_record r JOIN district d ON d.id = r.district_id
WHERE r.student_id = :student GROUP BY d.id, d.slug ORDER BY d.slug
"""

# Believed rows and closed ones are found by an index of their own each; asked for together they are found by none.
_BOTH = """(SELECT * FROM {0} WHERE student_id = :student AND recorded_to IS NULL
 UNION ALL SELECT * FROM {0} WHERE student_id = :student AND recorded_to IS NOT NULL)"""

MARKS = f"""
SELECT d.slug, m.id, c.school_code, m.date AS day, m.status, m.recorded_from AS submission, f.as_of AS night,
       COALESCE(y.is_instructional, false) AS is_instructional,
       COALESCE(l.day_number - y.day_number, 0) AS schooldays_since,
       COALESCE(l.weekend_day_number - y.weekend_day_number, 0) AS weekend_classes_since
FROM {_BOTH.format("mark")} m
JOIN district d ON d.id = m.district_id
JOIN school c ON c.id = m.school_id
JOIN submission f ON f.id = m.recorded_from LEFT JOIN submission t ON t.id = m.recorded_to
LEFT JOIN LATERAL (SELECT k.track FROM {_BOTH.format("enrollment")} e
  LEFT JOIN calendar_track k ON k.school_id = e.school_id AND k.track = e.track
  JOIN submission o ON o.id = e.recorded_from LEFT JOIN submission u ON u.id = e.recorded_to
  WHERE e.school_id = m.school_id AND m.date BETWEEN e.entry_date AND COALESCE(e.exit_date, 'infinity')
    AND o.as_of <= :as_of AND (u.id IS NULL OR u.as_of > :as_of)
  ORDER BY e.entry_date DESC, e.id DESC LIMIT 1) own ON true
LEFT JOIN calendar_day y ON y.school_id = m.school_id AND y.track = COALESCE(own.track, '') AND y.date = m.date
LEFT JOIN calendar_day l ON l.school_id = m.school_id AND l.track = COALESCE(own.track, '')
  AND l.date = (SELECT max(s.as_of) FROM submission s
    WHERE s.district_id = m.district_id AND s.status = 'recorded' AND s.as_of BETWEEN :first AND :as_of)
WHERE m.date BETWEEN :first AND LEAST(CAST(:as_of AS date), CAST(:last AS date))
  AND {KNOWN}
ORDER BY m.date, m.id
"""

# As counting has it: where two enrollments overlap, the later entry takes over from its entry date.
BELIEVED_SPANS = f"""
SELECT e.district_id, e.school_id, COALESCE(k.track, '') AS track, e.entry_date, f.as_of AS night,
       NULLIF(LEAST(COALESCE(e.exit_date, 'infinity'), COALESCE(lead(e.entry_date)
         OVER (PARTITION BY e.district_id ORDER BY e.entry_date, e.id) - 1, 'infinity')), 'infinity') AS exit_date
FROM {_BOTH.format("enrollment")} e
LEFT JOIN calendar_track k ON k.school_id = e.school_id AND k.track = e.track
JOIN submission f ON f.id = e.recorded_from LEFT JOIN submission t ON t.id = e.recorded_to
WHERE {KNOWN}
"""

SPANS = f"""
SELECT d.slug, c.school_code, c.name AS school, e.entry_date, e.exit_date, e.night
FROM ({BELIEVED_SPANS}) e JOIN district d ON d.id = e.district_id JOIN school c ON c.id = e.school_id
WHERE e.entry_date <= LEAST(CAST(:as_of AS date), CAST(:last AS date)) AND COALESCE(e.exit_date, 'infinity') >= :first
ORDER BY d.slug, e.entry_date
"""

SCHOOLDAYS = f"""
SELECT d.slug, c.school_code, y.date AS day, COALESCE(h.is_silent, false) AS is_silent
FROM ({BELIEVED_SPANS}) e JOIN district d ON d.id = e.district_id JOIN school c ON c.id = e.school_id
JOIN calendar_day y ON y.school_id = e.school_id AND y.track = e.track AND y.is_instructional
  AND y.date BETWEEN GREATEST(e.entry_date, CAST(:first AS date))
              AND LEAST(COALESCE(e.exit_date, 'infinity'), CAST(:as_of AS date), CAST(:last AS date))
LEFT JOIN LATERAL (SELECT bool_and(c.school_code = ANY(s.silent_schools)) AS is_silent FROM submission s
  WHERE s.district_id = e.district_id AND s.status = 'recorded' AND s.as_of BETWEEN :first AND :as_of
    AND y.date BETWEEN s.covered_from AND s.covered_to) h ON true
ORDER BY d.slug, y.date
"""

_OWN_DISTRICTS = "(SELECT DISTINCT district_id FROM student_record WHERE student_id = :student)"

DELIVERIES = f"""
SELECT d.slug, f.as_of AS night, f.covered_from AS first, f.covered_to AS last,
       COALESCE(jsonb_typeof(f.cursor) = 'object', false) AS tells_changes
FROM {_OWN_DISTRICTS} r JOIN district d ON d.id = r.district_id JOIN submission f ON f.district_id = r.district_id
WHERE f.status = 'recorded' AND f.rederives IS NULL AND f.as_of BETWEEN :first AND :as_of
ORDER BY d.slug, f.as_of, f.id
"""

LOST_NIGHTS = f"""
SELECT d.slug, y.date
FROM {_OWN_DISTRICTS} r JOIN district d ON d.id = r.district_id
JOIN LATERAL (SELECT DISTINCT y.date FROM school c JOIN calendar_day y ON y.school_id = c.id
  WHERE c.district_id = r.district_id AND y.is_instructional AND y.date BETWEEN :first AND :as_of) y ON true
WHERE NOT EXISTS (SELECT FROM submission f
  WHERE f.district_id = r.district_id AND f.as_of = y.date AND f.status = 'recorded' AND f.rederives IS NULL)
ORDER BY d.slug, y.date
"""

# Rows without a readable id may be the student's too; those of a roster stand until the roster says better.
SET_ASIDE = f"""
SELECT DISTINCT d.slug, q.table_name AS table, q.reason, q.date AS day, q.school_code, q.code, f.as_of AS night,
       q.local_id IS NOT NULL AS is_own
FROM {_OWN_DISTRICTS} r
JOIN district d ON d.id = r.district_id
JOIN submission f ON f.district_id = r.district_id AND f.status = 'recorded' AND f.as_of BETWEEN :first AND :as_of
JOIN quarantined_row q ON q.submission_id = f.id
LEFT JOIN submission t ON t.id = q.resolved_by
WHERE ((r.district_id, q.local_id) IN (SELECT district_id, local_id FROM student_record WHERE student_id = :student)
       OR (q.local_id IS NULL AND q.table_name = 'attendance'))
  AND q.table_name IN ('attendance', 'enrollments', 'students')
  AND (t.id IS NULL OR t.as_of > :as_of) AND (q.date IS NULL OR q.date BETWEEN :first AND :as_of)
ORDER BY d.slug, day, night
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One student on one night: the district's number and its record, by slug."""

    student_id: int
    district_ids: Mapping[str, int]
    records: Mapping[str, DistrictRecord]


def history(connection: Connection, student_id: int, as_of: date, year: SchoolYear) -> Known:
    """Everything that counting knew of a student on a night, in every district that has a record of it."""
    rows = reader(connection, student_id, as_of, year)
    districts = rows(DISTRICTS)
    marks, spans = _by_slug(rows(MARKS), _mark), _by_slug(rows(SPANS), lambda r: Span(**r))
    schooldays = _by_slug(rows(SCHOOLDAYS), lambda r: Schoolday(**r))
    aside = _by_slug(rows(SET_ASIDE), lambda r: SetAside(**r | {"reason": Reason(r["reason"])}))
    deliveries = _by_slug(rows(DELIVERIES), lambda r: Delivery(**r))
    lost = _by_slug(rows(LOST_NIGHTS), lambda r: r["date"])
    records = {
        d["slug"]: DistrictRecord(
            birth_date=d["birth_date"],
            newest_data=d["newest_data"],
            marks=marks[d["slug"]],
            spans=spans[d["slug"]],
            schooldays=schooldays[d["slug"]],
            undelivered=frozenset(unstated_days(connection, d["id"], year, as_of)),
            deliveries=deliveries[d["slug"]],
            lost_nights=lost[d["slug"]],
            set_aside=aside[d["slug"]],
        )
        for d in districts
    }
    ids = {d["slug"]: int(d["id"]) for d in districts}
    return Known(student_id=student_id, district_ids=ids, records=records)


def reader(
    connection: Connection, student_id: int, as_of: date, year: SchoolYear
) -> Callable[[str], list[dict[str, Any]]]:
    """Runs queries about one student and night; each may use any of the parameters below."""
    keys = {
        "student": student_id,
        "as_of": as_of,
        "first": year.first,
        "last": year.last,
        "school_year": year.name,
    }

    def rows(query: str) -> list[dict[str, Any]]:
        used = {k: v for k, v in keys.items() if f":{k}" in query}
        return [dict(row) for row in connection.execute(text(query), used).mappings()]

    return rows


def _mark(row: dict[str, Any]) -> BelievedMark:
    return BelievedMark(**row | {"status": Status(row["status"])})


def _by_slug(
    rows: list[dict[str, Any]], make: Callable[[dict[str, Any]], Any]
) -> dict[str, tuple[Any, ...]]:
    by: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by[row.pop("slug")].append(make(row))
    return defaultdict(tuple, {slug: tuple(found) for slug, found in by.items()})
