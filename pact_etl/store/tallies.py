"""Counting days, set-based: U, occasions and absences from believed marks, D from calendars. No threshold lives here.

A day counts once per student, on an instructional day of the school, and of the student's track there, where the
student was enrolled that day.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.attendance import ABSENT_ANY_REASON, FULL_DAY_UNEXCUSED, TRUANCY_OCCASIONS
from pact_etl.domain.policy import Law
from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.spans import make_spans

# Over the temporary table `span`. Age is tested on the day of each absence: truancy law binds from the sixth to the
# eighteenth birthday.
COUNTED_MARKS = """
  SELECT m.id, e.district_id, m.student_id, m.school_id, m.date, m.status,
         extract(year FROM age(m.date, e.birth_date)) BETWEEN :from_age AND :until_age - 1 AS is_of_age
  FROM span e
  JOIN mark m ON m.student_id = e.student_id AND m.school_id = e.school_id AND m.recorded_to IS NULL
       AND m.date BETWEEN e.entry_date AND e.exit_date
  JOIN calendar_day c ON c.school_id = m.school_id AND c.track = e.track AND c.date = m.date
       AND c.is_instructional
  WHERE m.date BETWEEN :first AND :last
"""

RECOUNT = f"""
INSERT INTO tally (district_id, student_id, school_year, unexcused_days, occasions, absent_days)
SELECT district_id, student_id, :school_year,
       count(DISTINCT date) FILTER (WHERE status = ANY(:unexcused) AND is_of_age),
       count(DISTINCT date) FILTER (WHERE status = ANY(:occasions) AND is_of_age),
       count(DISTINCT date) FILTER (WHERE status = ANY(:absent))
FROM ({COUNTED_MARKS}) counted
GROUP BY district_id, student_id
"""

# D runs from the later of entry and the school year's start to the last day whose attendance the district submitted.
TONIGHT = """
CREATE TEMP TABLE tonight ON COMMIT DROP AS
WITH through AS (
  SELECT district_id, LEAST(max(as_of), CAST(:as_of AS date)) AS last_day
  FROM submission WHERE status = 'recorded' AND as_of BETWEEN :first AND :as_of GROUP BY district_id
)
SELECT t.district_id, t.student_id, t.unexcused_days, t.occasions, t.absent_days,
       CAST(sum(GREATEST(b.day_number - COALESCE(a.day_number, 0), 0)) AS integer) AS enrolled_days
FROM tally t
JOIN through h ON h.district_id = t.district_id
JOIN enrollment_span e ON e.district_id = t.district_id AND e.student_id = t.student_id
JOIN calendar_day b ON b.school_id = e.school_id AND b.track = e.track AND b.date = LEAST(e.exit_date, h.last_day)
LEFT JOIN calendar_day a ON a.school_id = e.school_id AND a.track = e.track
  AND a.date = GREATEST(e.entry_date, CAST(:first AS date)) - 1
WHERE t.school_year = :school_year AND e.entry_date <= e.exit_date AND e.entry_date <= h.last_day
      {only}
GROUP BY t.district_id, t.student_id, t.unexcused_days, t.occasions, t.absent_days
"""


def recount_due(connection: Connection, year: SchoolYear, as_of: date, law: Law) -> int:
    """Recount every student whose record changed; how many there were."""
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
        connection.execute(text(RECOUNT), counting_parameters(year, as_of, law))
        connection.execute(text("DELETE FROM tally_due"))
        connection.execute(text("ANALYZE tally"))
    return int(due)


def count_tonight(
    connection: Connection, year: SchoolYear, as_of: date, students: Sequence[int] | None = None
) -> None:
    """Make the temporary table `tonight`: every student's counts as of a date.

    Args:
        connection: inside a transaction; the table goes with it.
        year: the school year.
        as_of: the night.
        students: only these, where given.
    """
    only = "" if students is None else "AND t.student_id = ANY(:students)"
    parameters = {"as_of": as_of, "first": year.first, "school_year": year.name}
    if students is not None:
        parameters["students"] = list(students)
    connection.execute(text("DROP TABLE IF EXISTS tonight"))
    connection.execute(text(TONIGHT.format(only=only)), parameters)
    connection.execute(text("ANALYZE tonight"))


def counting_parameters(year: SchoolYear, as_of: date, law: Law) -> dict[str, object]:
    """What `COUNTED_MARKS` and the counts over it need."""
    return {
        "first": year.first,
        "last": min(as_of, year.last),
        "school_year": year.name,
        "from_age": law.compulsory_from_age,
        "until_age": law.compulsory_until_age,
        "unexcused": sorted(FULL_DAY_UNEXCUSED),
        "occasions": sorted(TRUANCY_OCCASIONS),
        "absent": sorted(ABSENT_ANY_REASON),
    }
