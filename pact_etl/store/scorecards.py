"""What a district's monthly scorecard is made from, as known on a night: counts, codes and names of schools.

Nothing here tells one child from another. Later submissions, answers and closings are not looked at, so that the same
month gives the same figures whenever it is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.attendance import FULL_DAY_UNEXCUSED, Status
from pact_etl.domain.school_year import SchoolYear

UNSETTLED = FULL_DAY_UNEXCUSED | {Status.ABSENT_UNVERIFIED}
"""Whole days that an excuse would clear."""

# A source without a list of changes has no cursor: SQL's null or JSON's. A whole reading is one more reading of a
# source that has one, from the school year's first day: on a day without school, or after that day's own delivery.
_DELIVERIES = """
deliveries AS (
  SELECT s.*, COALESCE(jsonb_typeof(s.cursor) = 'object', false) AS tells_changes,
         COALESCE(jsonb_typeof(s.cursor) = 'object' AND s.covered_from <= :year_first, false)
         AND EXISTS (SELECT FROM submission b WHERE b.district_id = s.district_id AND b.status = 'recorded'
                     AND b.as_of BETWEEN :year_first AND s.as_of AND b.id < s.id
                     AND (b.as_of = s.as_of OR NOT EXISTS (
                       SELECT FROM calendar_day c JOIN school l ON l.id = c.school_id
                       WHERE l.district_id = s.district_id AND c.date = s.as_of AND c.is_instructional))) AS is_whole
  FROM submission s JOIN district d ON d.id = s.district_id
  WHERE d.slug = :slug AND s.rederives IS NULL AND s.as_of BETWEEN :year_first AND :known
)
"""

# One row per schoolday, and per other day on which something came. `lag` counts calendar days to the first night
# whose window states the day.
NIGHTS = f"""
WITH {_DELIVERIES}, taught AS (
  SELECT DISTINCT c.date FROM calendar_day c JOIN school s ON s.id = c.school_id JOIN district d ON d.id = s.district_id
  WHERE d.slug = :slug AND c.is_instructional AND c.date BETWEEN :first AND :last
), books AS (
  SELECT s.as_of AS date, sum(c.received) AS received, sum(c.quarantined) AS set_aside
  FROM deliveries s JOIN submission_count c ON c.submission_id = s.id
  WHERE s.status = 'recorded' AND NOT s.is_whole AND s.as_of BETWEEN :first AND :last GROUP BY s.as_of
)
SELECT COALESCE(t.date, b.date) AS date, t.date IS NOT NULL AS is_taught, b.date IS NOT NULL AS is_recorded,
       (SELECT r.refused_reason FROM deliveries r WHERE r.as_of = t.date AND r.status = 'refused'
        ORDER BY r.id DESC LIMIT 1) AS refused_reason,
       CAST(COALESCE(b.received, 0) AS integer) AS received, CAST(COALESCE(b.set_aside, 0) AS integer) AS set_aside,
       (SELECT min(s.as_of) - t.date FROM deliveries s
        WHERE s.status = 'recorded' AND t.date BETWEEN s.covered_from AND s.covered_to) AS lag
FROM taught t FULL JOIN books b ON b.date = t.date
ORDER BY 1
"""

FIRST_NIGHT = f"""
WITH {_DELIVERIES} SELECT min(as_of) FROM deliveries WHERE status = 'recorded'
"""

SET_ASIDE = f"""
WITH {_DELIVERIES}
SELECT q.reason, count(*) AS rows FROM quarantined_row q JOIN deliveries s ON s.id = q.submission_id
JOIN (SELECT DISTINCT c.date FROM calendar_day c JOIN school l ON l.id = c.school_id
      JOIN district d ON d.id = l.district_id WHERE d.slug = :slug AND c.is_instructional) t ON t.date = s.as_of
WHERE s.status = 'recorded' AND NOT s.is_whole AND s.as_of BETWEEN :first AND :last
GROUP BY q.reason ORDER BY rows DESC, q.reason
"""

WAITING_CODES = """
SELECT q.code, count(*) AS rows, count(DISTINCT q.school_code) AS schools, min(s.as_of) AS since
FROM quarantined_row q JOIN submission s ON s.id = q.submission_id JOIN district d ON d.id = s.district_id
LEFT JOIN submission r ON r.id = q.resolved_by
WHERE d.slug = :slug AND q.reason = 'unknown_code' AND s.status = 'recorded' AND s.as_of BETWEEN :year_first AND :known
  AND (r.id IS NULL OR r.as_of > :known)
GROUP BY q.code ORDER BY rows DESC, q.code
"""

HELD_SCHOOLS = """
SELECT c.name, q.reason, count(*) AS rows, min(q.date) AS since
FROM quarantined_row q JOIN submission s ON s.id = q.submission_id JOIN district d ON d.id = s.district_id
JOIN school c ON c.district_id = d.id AND c.school_code = q.school_code
LEFT JOIN submission r ON r.id = q.resolved_by
WHERE d.slug = :slug AND q.reason IN ('unknown_code', 'school_day_outlier') AND s.status = 'recorded'
  AND s.as_of BETWEEN :year_first AND :known AND (r.id IS NULL OR r.as_of > :known)
GROUP BY c.id, c.name, q.reason ORDER BY rows DESC, c.name, q.reason
"""

# A day that we believed and a later delivery changed; rows without a lag sum up a kind. Rederived days are our own
# delay, not the district's.
CORRECTIONS = f"""
WITH {_DELIVERIES}, changed AS (
  SELECT o.student_id, s.as_of - o.date AS lag,
         CASE WHEN o.status = ANY(:unsettled) AND NOT COALESCE(n.status = ANY(:unsettled), false) THEN 'cleared'
              WHEN NOT o.status = ANY(:unsettled) AND n.status = ANY(:unsettled) THEN 'charged' ELSE 'other' END AS kind
  FROM deliveries s JOIN mark o ON o.recorded_to = s.id
  LEFT JOIN mark n ON n.recorded_from = s.id AND n.student_id = o.student_id AND n.school_id = o.school_id
    AND n.date = o.date
  WHERE s.as_of BETWEEN :first AND :last
)
SELECT kind, lag, count(*) AS marks, count(DISTINCT student_id) AS students FROM changed
GROUP BY GROUPING SETS ((kind, lag), (kind)) ORDER BY kind, lag NULLS FIRST
"""

# Every hold has a dated task; the first one that is open tells why the letter waits.
HOLDS = """
SELECT reason, waiting, count(*) AS students FROM (
  SELECT DISTINCT ON (t.invitation_id) t.reason, CAST(:known AS date) - t.as_of AS waiting
  FROM staff_task t JOIN invitation i ON i.id = t.invitation_id JOIN finding f ON f.id = i.finding_id
  JOIN district d ON d.id = f.district_id
  WHERE d.slug = :slug AND i.school_year = :school_year AND t.as_of <= :known
    AND (t.closed_as_of IS NULL OR t.closed_as_of > :known) AND (f.ended_as_of IS NULL OR f.ended_as_of > :known)
  ORDER BY t.invitation_id, t.as_of, t.id
) open GROUP BY reason, waiting ORDER BY reason, waiting
"""

LETTERS = """
SELECT count(DISTINCT n.id) FILTER (WHERE n.mailed_on BETWEEN :first AND :last) AS mailed,
       count(DISTINCT n.id) FILTER (WHERE n.returned_on BETWEEN :first AND :last) AS came_back
FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
WHERE d.slug = :slug AND (n.mailed_on BETWEEN :first AND :last OR n.returned_on BETWEEN :first AND :last)
"""

QUESTIONS = """
SELECT count(*) FROM identity_question q JOIN submission s ON s.id = q.opened_by
JOIN district d ON d.id = q.district_id
WHERE d.slug = :slug AND s.as_of <= :known
  AND (q.answer IS NULL OR CAST(q.answered_at AT TIME ZONE :time_zone AS date) > :known)
"""

WHOLE_READINGS = f"""
WITH {_DELIVERIES}
SELECT s.as_of AS date, CAST(COALESCE(sum(c.recorded), 0) + s.corrections AS integer) AS drift,
       CAST(COALESCE(sum(c.received), 0) AS integer) AS received
FROM deliveries s LEFT JOIN submission_count c ON c.submission_id = s.id
WHERE s.is_whole AND s.status = 'recorded' AND s.as_of BETWEEN :first AND :last
GROUP BY s.id, s.as_of, s.corrections ORDER BY s.as_of, s.id
"""

READS_CHANGES = f"""
WITH {_DELIVERIES} SELECT EXISTS (SELECT FROM deliveries WHERE tells_changes AND status = 'recorded')
"""

# The same two figures of every district, to put one beside the county's middle.
COUNTY_BOOKS = """
WITH nights AS (
  SELECT d.id, d.slug, c.date FROM district d JOIN school s ON s.district_id = d.id
  JOIN calendar_day c ON c.school_id = s.id
  WHERE c.is_instructional AND c.date BETWEEN :first AND :last AND d.slug = ANY(:slugs) GROUP BY d.id, d.slug, c.date
), nightly AS (
  SELECT s.district_id, s.as_of, sum(c.received) AS received, sum(c.quarantined) AS set_aside
  FROM submission s JOIN submission_count c ON c.submission_id = s.id
  WHERE s.status = 'recorded' AND s.rederives IS NULL AND s.as_of BETWEEN :first AND :last
  GROUP BY s.district_id, s.as_of
)
SELECT n.slug, count(*) AS schooldays, count(b.as_of) AS delivered, CAST(sum(b.received) AS bigint) AS received,
       CAST(sum(b.set_aside) AS bigint) AS set_aside
FROM nights n LEFT JOIN nightly b ON b.district_id = n.id AND b.as_of = n.date
GROUP BY n.slug ORDER BY n.slug
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardRows:
    """One month of one district; columns as in the queries of the same name."""

    first_night: date | None
    nights: Sequence[Row]
    set_aside: Sequence[Row]
    waiting_codes: Sequence[Row]
    held_schools: Sequence[Row]
    corrections: Sequence[Row]
    holds: Sequence[Row]
    mailed: int
    came_back: int
    questions: int
    reads_changes: bool
    whole_readings: Sequence[Row]


def scorecard_rows(
    connection: Connection,
    slug: str,
    first: date,
    last: date,
    year: SchoolYear,
    known: date,
    time_zone: str,
) -> ScorecardRows:
    """Everything about one district's deliveries and letters in a span of days.

    Args:
        connection: any.
        slug: the district's; one that never sent anything gives empty rows.
        first: first day.
        last: last day.
        year: the school year of both.
        known: the night; later submissions are not looked at.
        time_zone: the county's, for answers that carry an instant.
    """
    keys = {
        "slug": slug,
        "first": first,
        "last": last,
        "known": known,
        "year_first": year.first,
        "school_year": year.name,
        "time_zone": time_zone,
        "unsettled": sorted(UNSETTLED),
    }

    def rows(query: str) -> list[Row]:
        used = {k: v for k, v in keys.items() if f":{k}" in query}
        return [dict(row) for row in connection.execute(text(query), used).mappings()]

    def value(query: str) -> Any:
        (row,) = rows(query)
        (only,) = row.values()
        return only

    (letters,) = rows(LETTERS)
    return ScorecardRows(
        first_night=value(FIRST_NIGHT),
        nights=rows(NIGHTS),
        set_aside=rows(SET_ASIDE),
        waiting_codes=rows(WAITING_CODES),
        held_schools=rows(HELD_SCHOOLS),
        corrections=rows(CORRECTIONS),
        holds=rows(HOLDS),
        mailed=int(letters["mailed"]),
        came_back=int(letters["came_back"]),
        questions=int(value(QUESTIONS)),
        reads_changes=bool(value(READS_CHANGES)),
        whole_readings=rows(WHOLE_READINGS),
    )


def county_books(
    connection: Connection, slugs: Sequence[str], first: date, last: date
) -> list[Row]:
    """Schooldays, delivered nights, rows sent and set aside of every district in a span of days."""
    keys = {"slugs": sorted(slugs), "first": first, "last": last}
    return [dict(row) for row in connection.execute(text(COUNTY_BOOKS), keys).mappings()]
