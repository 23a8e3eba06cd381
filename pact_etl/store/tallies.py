"""Counting days, set-based: U, occasions and absences from believed marks, D from calendars. No threshold lives here.

A day counts once per student, on an instructional day of the school, and of the student's track there, where the
student was enrolled that day.
"""

from collections.abc import Mapping, Sequence
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
  SELECT m.id, e.district_id, m.student_id, m.school_id, e.track, m.date, m.status,
         c.day_number + CASE WHEN :weekends THEN c.weekend_day_number ELSE 0 END AS day_number,
         extract(year FROM age(m.date, e.birth_date)) BETWEEN (CAST(:from_age AS int[])){LAW_OF_DAY}
           AND (CAST(:until_age AS int[])){LAW_OF_DAY} - 1 AS is_of_age
  FROM span e
  JOIN mark m ON m.student_id = e.student_id AND m.school_id = e.school_id AND m.recorded_to IS NULL
       AND m.date BETWEEN e.entry_date AND e.exit_date
  JOIN calendar_day c ON c.school_id = m.school_id AND c.track = e.track AND c.date = m.date
       AND c.is_instructional
  WHERE m.date BETWEEN :first AND :last AND (:weekends OR extract(isodow FROM m.date) < 6)
"""

# ... and whether the day is past its clearing window: so many schooldays of the school and track it was missed at have
# been submitted since. Over `span` and `reached`.
CLEARED_MARKS = f"""
  SELECT k.*, r.day_number - k.day_number >= :clearing AS is_cleared
  FROM ({COUNTED_MARKS}) k JOIN reached r ON r.school_id = k.school_id AND r.track = k.track
"""

COUNTS = f"""
SELECT district_id, student_id, :school_year AS school_year,
       count(DISTINCT date) FILTER (WHERE status = ANY(:unexcused) AND is_of_age) AS unexcused_days,
       count(DISTINCT date) FILTER (WHERE status = ANY(:occasions) AND is_of_age) AS occasions,
       count(DISTINCT date) FILTER (WHERE status = ANY(:absent)) AS absent_days,
       count(DISTINCT date) FILTER (WHERE status = ANY(:exempt)) AS exempt_days
FROM ({COUNTED_MARKS}) counted
GROUP BY district_id, student_id
"""
RECOUNT = f"""
INSERT INTO tally (district_id, student_id, school_year, unexcused_days, occasions, absent_days, exempt_days)
{COUNTS}
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

# How far each calendar is submitted: the last day whose attendance the district sent, and its number there.
REACHED = """
CREATE TEMP TABLE reached ON COMMIT DROP AS
WITH through AS (
  SELECT district_id, LEAST(max(as_of), CAST(:as_of AS date)) AS last_day
  FROM {submissions} WHERE status = 'recorded' AND as_of BETWEEN :first AND :as_of GROUP BY district_id
)
SELECT h.district_id, h.last_day, c.school_id, c.track,
       c.day_number + CASE WHEN :weekends THEN c.weekend_day_number ELSE 0 END AS day_number
FROM through h JOIN school s ON s.district_id = h.district_id
JOIN calendar_day c ON c.school_id = s.id AND c.date = h.last_day
"""

# What a past night had been delivered. A submission speaks for its own night; one that arrived after those of a later
# night cannot have been known before that night. One that was superseded since had been recorded then.
KNOWN_BY = """
  (SELECT district_id, as_of, status FROM (
     SELECT district_id, as_of,
            CASE WHEN status = 'superseded' AND covered_to IS NOT NULL THEN 'recorded' ELSE status END AS status,
            GREATEST(as_of, max(as_of) FILTER (WHERE as_of >= :first) OVER (ORDER BY id)) AS known
     FROM submission) s
   WHERE known <= :as_of) known
"""
CUT_SPANS = """
UPDATE span e SET exit_date = h.last_day
FROM (SELECT DISTINCT district_id, last_day FROM reached) h
WHERE h.district_id = e.district_id AND e.exit_date > h.last_day
"""

# Students with a mark of the last few schooldays, which may be in its window; found by district and date, so that a
# night reads the marks of those days and not the year's.
RECENT = """
CREATE TEMP TABLE recent ON COMMIT DROP AS
WITH of_school AS (
  SELECT r.district_id, r.school_id, min(c.date) AS since
  FROM reached r JOIN calendar_day c ON c.school_id = r.school_id AND c.track = r.track
  WHERE c.date BETWEEN :first AND :last AND c.is_instructional
    AND r.day_number - c.day_number - CASE WHEN :weekends THEN c.weekend_day_number ELSE 0 END < :clearing
  GROUP BY r.district_id, r.school_id
), of_district AS (
  SELECT district_id, min(since) AS since FROM of_school GROUP BY district_id
)
SELECT DISTINCT m.district_id, m.student_id
FROM of_district d
JOIN mark m ON m.district_id = d.district_id AND m.date BETWEEN d.since AND :last AND m.recorded_to IS NULL
     AND m.status = ANY(:occasions)
JOIN of_school s ON s.school_id = m.school_id AND s.since <= m.date
WHERE CAST(:students AS bigint[]) IS NULL OR m.student_id = ANY(CAST(:students AS bigint[]))
"""

WAITING = f"""
CREATE TEMP TABLE waiting ON COMMIT DROP AS
SELECT district_id, student_id,
       count(DISTINCT date) FILTER (WHERE status = ANY(:unexcused)) AS unexcused_days,
       count(DISTINCT date) FILTER (WHERE status = ANY(:occasions)) AS occasions
FROM ({CLEARED_MARKS}) counted WHERE is_of_age AND NOT is_cleared
GROUP BY district_id, student_id
"""

# Tallies hold every day; what is in its clearing window tonight is taken out of them here.
# D runs from the later of entry and the school year's start to the last day whose attendance the district submitted.
# Calendars number each school year from nothing, so days of an earlier year are neither added nor subtracted.
TONIGHT = """
CREATE TEMP TABLE tonight ON COMMIT DROP AS
SELECT t.district_id, t.student_id, t.absent_days,
       CAST(t.unexcused_days - COALESCE(w.unexcused_days, 0) AS integer) AS unexcused_days,
       CAST(t.occasions - COALESCE(w.occasions, 0) AS integer) AS occasions,
       CAST(GREATEST(sum(GREATEST(b.day_number - COALESCE(a.day_number, 0), 0)
              + CASE WHEN :weekends
                THEN GREATEST(b.weekend_day_number - COALESCE(a.weekend_day_number, 0), 0) ELSE 0 END)
            - t.exempt_days, 0) AS integer) AS enrolled_days
FROM {tally} t
JOIN (SELECT DISTINCT district_id, last_day FROM reached) h ON h.district_id = t.district_id
LEFT JOIN waiting w ON w.district_id = t.district_id AND w.student_id = t.student_id
JOIN {spans} e ON e.district_id = t.district_id AND e.student_id = t.student_id
JOIN calendar_day b ON b.school_id = e.school_id AND b.track = e.track AND b.date = LEAST(e.exit_date, h.last_day)
LEFT JOIN calendar_day a ON a.school_id = e.school_id AND a.track = e.track
     AND a.date = GREATEST(e.entry_date, CAST(:first AS date)) - 1 AND a.date >= :first
WHERE t.school_year = :school_year AND e.entry_date <= e.exit_date AND e.entry_date <= h.last_day
      AND e.exit_date >= :first
      AND (CAST(:students AS bigint[]) IS NULL OR t.student_id = ANY(CAST(:students AS bigint[])))
GROUP BY t.district_id, t.student_id, t.unexcused_days, t.occasions, t.absent_days, t.exempt_days, w.unexcused_days,
         w.occasions
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
    """Make the temporary table `tonight`: every student's counts as of a date, without days in their clearing window.

    Makes `reached`, too, which `CLEARED_MARKS` reads: each calendar's last submitted day. It replaces `span`.

    Args:
        connection: inside a transaction; the table goes with it.
        year: the school year.
        as_of: the night.
        policy: which days count, and from when on.
        students: only these, where given.
    """
    parameters = counting_parameters(year, as_of, policy) | {
        "as_of": as_of,
        "students": None if students is None else list(students),
    }
    reached = REACHED.format(submissions="submission")
    for table, query in (("reached", reached), ("recent", RECENT)):
        _make(connection, table, query, parameters)
    make_spans(connection, "recent")
    tonight = TONIGHT.format(tally="tally", spans="enrollment_span")
    for table, query in (("waiting", WAITING), ("tonight", tonight)):
        _make(connection, table, query, parameters)


def count_past_night(
    connection: Connection, year: SchoolYear, night: date, policy: Policy, students: str
) -> None:
    """Make the temporary table `tonight` as that night would have counted, had it known what is known now.

    Marks, enrollments and calendars are today's; counted is through the days that each district had delivered by then,
    so that days attended since change nothing. Kept tallies are left alone.

    Args:
        connection: inside a transaction; the table goes with it. It replaces `span`, `reached` and `waiting`, too.
        year: the school year.
        night: the past one.
        policy: of that night.
        students: a table with district_id and student_id, each pair once; nobody else is counted.
    """
    parameters = counting_parameters(year, night, policy) | {"as_of": night, "students": None}
    _make(connection, "reached", REACHED.format(submissions=KNOWN_BY), parameters)
    make_spans(connection, students)
    connection.execute(text(CUT_SPANS))
    counts = f"CREATE TEMP TABLE tally_then ON COMMIT DROP AS {COUNTS}"
    for table, query in (
        ("tally_then", counts),
        ("waiting", WAITING),
        ("tonight", TONIGHT.format(tally="tally_then", spans="span")),
    ):
        _make(connection, table, query, parameters)


def _make(connection: Connection, table: str, query: str, parameters: Mapping[str, object]) -> None:
    connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    connection.execute(text(query), parameters)
    connection.execute(text(f"ANALYZE {table}"))


def marks_parameters(year: SchoolYear, as_of: date, policy: Policy) -> dict[str, object]:
    """What `COUNTED_MARKS` and `CLEARED_MARKS` need."""
    ages = policy.law.age_spans()
    return {
        "first": year.first,
        "last": min(as_of, year.last),
        "weekends": policy.counting.weekend_classes_count.answer,
        "clearing": policy.counting.clearing_schooldays.answer,
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
