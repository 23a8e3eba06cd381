"""How many days students were enrolled and absent in given spans of days, as known on a night; for scorecards.

Only schooldays count that some delivery spoke of: a day nobody delivered is missing, never a day without absences.
Counts only; which of them is chronic, and which group is too small to show, is decided elsewhere.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text

from pact_etl.domain.attendance import ABSENT_ANY_REASON, FULL_DAY_UNEXCUSED
from pact_etl.domain.school_year import SchoolYear


class Period(NamedTuple):
    """A named span of days, both inclusive."""

    name: str
    first: date
    last: date


class StudentGroup(NamedTuple):
    """So many students of one district with the same three counts of days in one period."""

    period: str
    slug: str
    enrolled: int
    absent: int
    unexcused: int
    students: int


# A delivered day is an instructional one inside some recorded submission's window; see `calendars.unstated_days`.
DAYS = """
CREATE TEMP TABLE delivered_day ON COMMIT DROP AS
WITH stated AS (
  SELECT district_id, covered_from, covered_to FROM submission
  WHERE status = 'recorded' AND rederives IS NULL AND as_of BETWEEN :year_first AND :known
)
SELECT s.district_id, c.school_id, c.date
FROM calendar_day c JOIN school s ON s.id = c.school_id JOIN district d ON d.id = s.district_id
WHERE c.is_instructional AND c.date BETWEEN :first AND :known AND d.slug = ANY(:slugs)
  AND EXISTS (SELECT FROM stated t
              WHERE t.district_id = s.district_id AND c.date BETWEEN t.covered_from AND t.covered_to)
"""

# Delivered days of a school through each date, so that a denominator is a subtraction.
NUMBERED = """
CREATE TEMP TABLE numbered_day ON COMMIT DROP AS
SELECT s.school_id, CAST(g.date AS date) AS date,
       count(y.date) OVER (PARTITION BY s.school_id ORDER BY g.date) AS days
FROM (SELECT DISTINCT school_id FROM delivered_day) s
CROSS JOIN generate_series(CAST(:first AS date) - 1, CAST(:known AS date), interval '1 day') AS g(date)
LEFT JOIN delivered_day y ON y.school_id = s.school_id AND y.date = g.date
"""

# The rule of the view `enrollment_span`, over what was believed on the night.
SPANS = """
CREATE TEMP TABLE known_span ON COMMIT DROP AS
WITH known AS (SELECT id FROM submission WHERE as_of <= :known)
SELECT e.district_id, e.student_id, e.school_id, e.entry_date,
       LEAST(COALESCE(e.exit_date, 'infinity'), COALESCE(lead(e.entry_date) OVER spans - 1, 'infinity')) AS exit_date
FROM enrollment e JOIN district d ON d.id = e.district_id
WHERE d.slug = ANY(:slugs) AND e.recorded_from IN (SELECT id FROM known)
  AND (e.recorded_to IS NULL OR e.recorded_to NOT IN (SELECT id FROM known))
WINDOW spans AS (PARTITION BY e.district_id, e.student_id ORDER BY e.entry_date, e.id)
"""

# One row per student and day away; a day in two spans of one school is still one day.
AWAY = """
CREATE TEMP TABLE away_day ON COMMIT DROP AS
WITH known AS (SELECT id FROM submission WHERE as_of <= :known)
SELECT m.district_id, m.student_id, m.date, bool_or(m.status = ANY(:unexcused)) AS is_unexcused
FROM mark m
JOIN delivered_day y ON y.school_id = m.school_id AND y.date = m.date
JOIN known_span e ON e.student_id = m.student_id AND e.school_id = m.school_id
  AND m.date BETWEEN e.entry_date AND e.exit_date
WHERE m.status = ANY(:absent) AND m.date BETWEEN :first AND :known
  AND m.recorded_from IN (SELECT id FROM known)
  AND (m.recorded_to IS NULL OR m.recorded_to NOT IN (SELECT id FROM known))
GROUP BY m.district_id, m.student_id, m.date
"""

GROUPS = """
WITH period AS (
  SELECT * FROM unnest(CAST(:names AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS p(name, first, last)
), enrolled AS (
  SELECT p.name, e.district_id, e.student_id, sum(b.days - a.days) AS days
  FROM known_span e CROSS JOIN period p
  JOIN numbered_day b ON b.school_id = e.school_id AND b.date = LEAST(e.exit_date, p.last)
  JOIN numbered_day a ON a.school_id = e.school_id AND a.date = GREATEST(e.entry_date, p.first) - 1
  WHERE e.entry_date <= p.last AND e.exit_date >= p.first AND b.days > a.days
  GROUP BY p.name, e.district_id, e.student_id
), away AS (
  SELECT p.name, w.district_id, w.student_id, count(*) AS absent, count(*) FILTER (WHERE w.is_unexcused) AS unexcused
  FROM away_day w JOIN period p ON w.date BETWEEN p.first AND p.last
  GROUP BY p.name, w.district_id, w.student_id
)
SELECT n.name AS period, d.slug, CAST(n.days AS integer) AS enrolled,
       CAST(COALESCE(a.absent, 0) AS integer) AS absent, CAST(COALESCE(a.unexcused, 0) AS integer) AS unexcused,
       CAST(count(*) AS integer) AS students
FROM enrolled n JOIN district d ON d.id = n.district_id
LEFT JOIN away a ON a.name = n.name AND a.district_id = n.district_id AND a.student_id = n.student_id
GROUP BY n.name, d.slug, n.days, a.absent, a.unexcused
ORDER BY n.name, d.slug, n.days, absent, unexcused
"""


def student_groups(
    connection: Connection,
    slugs: Collection[str],
    periods: Sequence[Period],
    year: SchoolYear,
    known: date,
) -> list[StudentGroup]:
    """Students by their days in each period.

    Args:
        connection: inside a transaction; temporary tables go with it.
        slugs: the districts.
        periods: spans within the school year; what lies behind `known` is left out.
        year: the school year.
        known: the night; later submissions are not looked at.
    """
    first = min((p.first for p in periods), default=year.first)
    keys = {
        "slugs": sorted(slugs),
        "known": known,
        "first": first,
        "year_first": year.first,
        "absent": sorted(ABSENT_ANY_REASON),
        "unexcused": sorted(FULL_DAY_UNEXCUSED),
        "names": [p.name for p in periods],
        "firsts": [p.first for p in periods],
        "lasts": [max(min(p.last, known), first - timedelta(days=1)) for p in periods],
    }
    made = {"delivered_day": DAYS, "numbered_day": NUMBERED, "known_span": SPANS, "away_day": AWAY}
    for table, statement in made.items():
        connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        connection.execute(text(statement), _used(statement, keys))
        connection.execute(text(f"ANALYZE {table}"))
    rows = connection.execute(text(GROUPS), _used(GROUPS, keys))
    return [StudentGroup(*row) for row in rows]


def _used(statement: str, keys: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in keys.items() if f":{name}" in statement}
