"""Counting days, set-based: U, occasions and absences from believed marks, D from calendars. No threshold lives here.

A day counts once per student, on an instructional day of the school, and of the student's track there, where the
student was enrolled that day.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.policy import Policy
from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.spans import make_spans

# Over the temporary table `span`. Age is tested on the day of each absence, by what the law said on that day: the place
# of the day among the dates on which the law's ages changed is the place of its ages. A weekend class is no schoolday
# unless the county says so.
LAW_OF_DAY = "[width_bucket(m.date, CAST(:ages_since AS date[]))]"
COUNTED_MARKS = f"""
  SELECT m.id, e.district_id, m.student_id, m.school_id, m.date, m.status,
         extract(year FROM age(m.date, e.birth_date)) BETWEEN (CAST(:from_age AS int[])){LAW_OF_DAY}
           AND (CAST(:until_age AS int[])){LAW_OF_DAY} - 1 AS is_of_age
  FROM span e
  JOIN mark m ON m.student_id = e.student_id AND m.school_id = e.school_id AND m.recorded_to IS NULL
       AND m.date BETWEEN e.entry_date AND e.exit_date
  JOIN calendar_day c ON c.school_id = m.school_id AND c.track = e.track AND c.date = m.date
       AND c.is_instructional
  WHERE m.date BETWEEN :first AND :last AND (:weekends OR extract(isodow FROM m.date) < 6)
"""

RECOUNT = f"""
INSERT INTO tally (district_id, student_id, school_year, unexcused_days, occasions, absent_days, exempt_days)
SELECT district_id, student_id, :school_year,
       count(DISTINCT date) FILTER (WHERE status = ANY(:unexcused) AND is_of_age),
       count(DISTINCT date) FILTER (WHERE status = ANY(:occasions) AND is_of_age),
       count(DISTINCT date) FILTER (WHERE status = ANY(:absent)),
       count(DISTINCT date) FILTER (WHERE status = ANY(:exempt))
FROM ({COUNTED_MARKS}) counted
GROUP BY district_id, student_id
"""

# By which policy the tallies of a school year were counted last; none on its first night.
COUNTED_BY = """
SELECT policy_version FROM evaluation WHERE as_of BETWEEN :first AND :last ORDER BY as_of DESC LIMIT 1
"""

EVERYBODY = """
INSERT INTO tally_due
SELECT DISTINCT district_id, student_id FROM enrollment WHERE recorded_to IS NULL
ON CONFLICT DO NOTHING
"""

# D runs from the later of entry and the school year's start to the last day whose attendance the district submitted.
# Calendars number each school year from nothing, so days of an earlier year are neither added nor subtracted.
TONIGHT = """
CREATE TEMP TABLE tonight ON COMMIT DROP AS
WITH through AS (
  SELECT district_id, LEAST(max(as_of), CAST(:as_of AS date)) AS last_day
  FROM submission WHERE status = 'recorded' AND as_of BETWEEN :first AND :as_of GROUP BY district_id
)
SELECT t.district_id, t.student_id, t.unexcused_days, t.occasions, t.absent_days,
       CAST(GREATEST(sum(GREATEST(b.day_number - COALESCE(a.day_number, 0), 0)
              + CASE WHEN :weekends
                THEN GREATEST(b.weekend_day_number - COALESCE(a.weekend_day_number, 0), 0) ELSE 0 END)
            - t.exempt_days, 0) AS integer) AS enrolled_days
FROM tally t
JOIN through h ON h.district_id = t.district_id
JOIN enrollment_span e ON e.district_id = t.district_id AND e.student_id = t.student_id
JOIN calendar_day b ON b.school_id = e.school_id AND b.track = e.track AND b.date = LEAST(e.exit_date, h.last_day)
LEFT JOIN calendar_day a ON a.school_id = e.school_id AND a.track = e.track
     AND a.date = GREATEST(e.entry_date, CAST(:first AS date)) - 1 AND a.date >= :first
WHERE t.school_year = :school_year AND e.entry_date <= e.exit_date AND e.entry_date <= h.last_day
      AND e.exit_date >= :first
      {only}
GROUP BY t.district_id, t.student_id, t.unexcused_days, t.occasions, t.absent_days, t.exempt_days
"""


def recount_due(connection: Connection, year: SchoolYear, as_of: date, policy: Policy) -> int:
    """Recount every student whose record changed, or everybody where law or county policy did; how many there were."""
    counted_by = connection.execute(
        text(COUNTED_BY), {"first": year.first, "last": year.last}
    ).scalar_one_or_none()
    if counted_by not in {None, policy.version}:
        connection.execute(text(EVERYBODY))
    due = connection.execute(text("SELECT count(*) FROM tally_due")).scalar_one()
    if due:
        connection.execute(text("ANALYZE tally_due"))
        connection.execute(
            text(
                "DELETE FROM tally t USING tally_due d WHERE t.district_id = d.district_id"
                " AND t.student_id = d.student_id AND t.school_year = :school_year"
            ),
            {"school_year": year.name},
        )
        make_spans(connection, "tally_due")
        connection.execute(text(RECOUNT), counting_parameters(year, as_of, policy))
        connection.execute(text("DELETE FROM tally_due"))
        connection.execute(text("ANALYZE tally"))
    return int(due)


def count_tonight(
    connection: Connection,
    year: SchoolYear,
    as_of: date,
    policy: Policy,
    students: Sequence[int] | None = None,
) -> None:
    """Make the temporary table `tonight`: every student's counts as of a date.

    Args:
        connection: inside a transaction; the table goes with it.
        year: the school year.
        as_of: the night.
        policy: whether the county counts weekend classes.
        students: only these, where given.
    """
    only = "" if students is None else "AND t.student_id = ANY(:students)"
    parameters: dict[str, object] = {
        "as_of": as_of,
        "first": year.first,
        "school_year": year.name,
        "weekends": policy.counting.weekend_classes_count.answer,
    }
    if students is not None:
        parameters["students"] = list(students)
    connection.execute(text("DROP TABLE IF EXISTS tonight"))
    connection.execute(text(TONIGHT.format(only=only)), parameters)
    connection.execute(text("ANALYZE tonight"))


def marks_parameters(year: SchoolYear, as_of: date, policy: Policy) -> dict[str, object]:
    """What `COUNTED_MARKS` needs."""
    ages = policy.law.age_spans()
    return {
        "first": year.first,
        "last": min(as_of, year.last),
        "weekends": policy.counting.weekend_classes_count.answer,
        "ages_since": [span.first for span in ages],
        "from_age": [span.from_age for span in ages],
        "until_age": [span.until_age for span in ages],
    }


def counting_parameters(year: SchoolYear, as_of: date, policy: Policy) -> dict[str, object]:
    """What the counts over `COUNTED_MARKS` need beside."""
    return marks_parameters(year, as_of, policy) | {
        "school_year": year.name,
        "unexcused": sorted(policy.counting.unexcused),
        "occasions": sorted(policy.counting.occasions),
        "absent": sorted(policy.counting.absent),
        "exempt": sorted(policy.counting.exempt),
    }
