"""What the warehouse and the outcome metrics are made from: frames out of the operational record.

Columns are named as `pact_etl.warehouse.frames` and `pact_etl.outcomes.windows` ask for them. Ids are operational;
the warehouse turns them into pseudonyms on its side.
"""

from datetime import date

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.copying import copy_out
from pact_etl.store.notices import INVITES

TEXT, DAY, NUMBER, FLAG = pa.string(), pa.timestamp("s"), pa.int64(), pa.bool_()

REF = "COALESCE(st.ssid, 'S' || st.id)"

DISTRICTS = "SELECT slug, name, cd_code FROM district ORDER BY slug"

SCHOOLS = """
SELECT d.cd_code || s.school_code AS cds_code, d.slug AS district, s.name, s.level
FROM school s JOIN district d ON d.id = s.district_id
"""

STUDENTS = f"""
SELECT DISTINCT ON (st.id) {REF} AS student_ref, d.slug AS district, r.birth_date, e.grade, r.home_language
FROM student st
JOIN student_record r ON r.student_id = st.id
JOIN district d ON d.id = r.district_id
LEFT JOIN LATERAL (SELECT grade, entry_date FROM enrollment e WHERE e.student_id = st.id
  AND e.district_id = r.district_id AND e.recorded_to IS NULL ORDER BY entry_date DESC LIMIT 1) e ON true
ORDER BY st.id, e.entry_date DESC NULLS LAST, d.slug
"""

# Only days whose attendance the district has submitted: silence is not presence.
ATTENDANCE = """
WITH through AS (
  SELECT s.district_id, max(s.as_of) AS last_day FROM submission s WHERE s.status = 'recorded' GROUP BY s.district_id
), days AS (
  SELECT c.school_id, c.track, c.date FROM calendar_day c JOIN school s ON s.id = c.school_id
  JOIN through h ON h.district_id = s.district_id JOIN district d ON d.id = s.district_id
  WHERE d.slug = %(slug)s AND c.is_instructional AND c.date BETWEEN %(first)s AND LEAST(%(last)s, h.last_day)
), enrolled AS (
  SELECT y.school_id, y.date, count(*) AS enrolled FROM days y
  JOIN enrollment_span e ON e.school_id = y.school_id AND e.track = y.track
    AND y.date BETWEEN e.entry_date AND e.exit_date
  GROUP BY y.school_id, y.date
), away AS (
  SELECT m.school_id, m.date,
         count(*) FILTER (WHERE m.status = 'absent_unexcused') AS absent_unexcused,
         count(*) FILTER (WHERE m.status = 'absent_excused') AS absent_excused,
         count(*) FILTER (WHERE m.status = 'absent_unverified') AS absent_unverified,
         count(*) FILTER (WHERE m.status = 'absent_mixed') AS absent_mixed,
         count(*) FILTER (WHERE m.status = 'suspended_out') AS suspended_out,
         count(*) FILTER (WHERE m.status = 'independent_study_incomplete') AS independent_study_incomplete
  FROM mark m
  JOIN enrollment_span e ON e.district_id = m.district_id AND e.student_id = m.student_id
    AND e.school_id = m.school_id AND m.date BETWEEN e.entry_date AND e.exit_date
  JOIN district d ON d.id = m.district_id
  WHERE d.slug = %(slug)s AND m.recorded_to IS NULL AND m.date BETWEEN %(first)s AND %(last)s
  GROUP BY m.school_id, m.date
)
SELECT d.cd_code || s.school_code AS cds_code, d.slug AS district, n.date, n.enrolled,
       COALESCE(a.absent_unexcused, 0) AS absent_unexcused, COALESCE(a.absent_excused, 0) AS absent_excused,
       COALESCE(a.absent_unverified, 0) AS absent_unverified, COALESCE(a.absent_mixed, 0) AS absent_mixed,
       COALESCE(a.suspended_out, 0) AS suspended_out,
       COALESCE(a.independent_study_incomplete, 0) AS independent_study_incomplete
FROM enrolled n JOIN school s ON s.id = n.school_id JOIN district d ON d.id = s.district_id
LEFT JOIN away a ON a.school_id = n.school_id AND a.date = n.date
"""

LETTERS = """
SELECT n.id AS letter_id, min(d.slug) AS district, n.kind, n.language, n.status, m.slug AS meeting,
       count(DISTINCT i.student_id) AS students, b.as_of AS planned_on,
       min(e.as_of) FILTER (WHERE e.event = 'approve') AS approved_on,
       min(e.as_of) FILTER (WHERE e.event = 'package') AS packaged_on,
       min(e.as_of) FILTER (WHERE e.event = 'acknowledge') AS acknowledged_on,
       n.mailed_on,
       min(e.as_of) FILTER (WHERE e.event = 'deliver') AS delivered_on,
       n.returned_on, COALESCE(n.pages, 0) AS sheets
FROM notice n
JOIN batch b ON b.id = n.batch_id
JOIN meeting m ON m.id = n.meeting_id
LEFT JOIN notice_student s ON s.notice_id = n.id
LEFT JOIN invitation i ON i.id = s.invitation_id
LEFT JOIN finding f ON f.id = i.finding_id
LEFT JOIN district d ON d.id = f.district_id
LEFT JOIN notice_event e ON e.notice_id = n.id AND e.is_applied
WHERE b.as_of BETWEEN %(first)s AND %(last)s
GROUP BY n.id, b.as_of, m.slug
"""

# A letter that stands for one child of a family is void for the other, whose days were corrected away.
LETTER_STUDENTS = f"""
SELECT n.id AS letter_id, {REF} AS student_ref, d.slug AS district, n.mailed_on,
       n.status = 'void' OR EXISTS (SELECT FROM staff_task t WHERE t.invitation_id = i.id
                                      AND t.reason = 'mailed_then_undone') AS is_void
FROM notice n JOIN batch b ON b.id = n.batch_id
JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
JOIN student st ON st.id = i.student_id
WHERE b.as_of BETWEEN %(first)s AND %(last)s AND {INVITES}
"""

MEETINGS = f"""
SELECT m.slug, m.date,
       count(DISTINCT n.id) FILTER (WHERE n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered', 'returned'))
         AS letters_invited,
       count(DISTINCT s.invitation_id)
         FILTER (WHERE n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered', 'returned')) AS students_invited,
       NULL::integer AS letters_attended
FROM meeting m LEFT JOIN notice n ON n.meeting_id = m.id AND {INVITES} LEFT JOIN notice_student s ON s.notice_id = n.id
WHERE m.date BETWEEN %(first)s AND %(last)s
GROUP BY m.slug, m.date
"""

SUBMISSIONS = """
SELECT DISTINCT ON (d.slug, s.as_of) d.slug AS district, s.as_of, s.status,
       COALESCE(c.received, 0) AS received, COALESCE(c.recorded, 0) AS recorded,
       COALESCE(c.unchanged, 0) AS unchanged, COALESCE(c.quarantined, 0) AS quarantined, s.corrections
FROM submission s JOIN district d ON d.id = s.district_id
LEFT JOIN (SELECT submission_id, sum(received) AS received, sum(recorded) AS recorded, sum(unchanged) AS unchanged,
                  sum(quarantined) AS quarantined FROM submission_count GROUP BY submission_id) c
  ON c.submission_id = s.id
WHERE s.as_of BETWEEN %(first)s AND %(last)s
ORDER BY d.slug, s.as_of, s.id DESC
"""

# The outcome windows look only at the students of letters that were mailed.
MAILED = f"""
(SELECT DISTINCT i.student_id FROM notice n JOIN notice_student s ON s.notice_id = n.id
 JOIN invitation i ON i.id = s.invitation_id WHERE {INVITES} AND n.mailed_on BETWEEN %(first)s AND %(last)s)
"""

# A day on which any track of the school was taught is one of the school's.
CALENDAR = """
SELECT DISTINCT c.school_id, c.date, c.date <= h.last_day AS is_submitted FROM calendar_day c
JOIN school s ON s.id = c.school_id
JOIN (SELECT district_id, max(as_of) AS last_day FROM submission WHERE status = 'recorded' GROUP BY district_id) h
  ON h.district_id = s.district_id
WHERE c.is_instructional AND c.date BETWEEN %(first)s AND %(last)s
"""

ENROLLMENTS = f"""
SELECT {REF} AS student_ref, e.school_id, e.entry_date, NULLIF(e.exit_date, 'infinity') AS exit_date
FROM enrollment_span e JOIN student st ON st.id = e.student_id
WHERE e.student_id IN {MAILED} AND e.entry_date <= e.exit_date
"""

ABSENCES = f"""
SELECT {REF} AS student_ref, m.school_id, m.date, m.status
FROM mark m JOIN student st ON st.id = m.student_id
WHERE m.student_id IN {MAILED} AND m.recorded_to IS NULL AND m.date BETWEEN %(first)s AND %(last)s
"""

_TYPES = {
    "cds_code": TEXT,
    "cd_code": TEXT,
    "student_ref": TEXT,
    "grade": TEXT,
    "home_language": TEXT,
    "status": TEXT,
    "district": TEXT,
    **{
        f"{name}_on": DAY
        for name in (
            "planned",
            "approved",
            "packaged",
            "acknowledged",
            "mailed",
            "delivered",
            "returned",
        )
    },
    **dict.fromkeys(("date", "as_of", "birth_date", "entry_date", "exit_date"), DAY),
    "is_void": FLAG,
    "is_submitted": FLAG,
}


def read_facts(connection: Connection, query: str, **parameters: object) -> pd.DataFrame:
    """One of this module's queries as a frame."""
    return copy_out(connection, query, _TYPES, **parameters)


def year_span(year: SchoolYear) -> dict[str, date]:
    """The parameters of a query over one school year."""
    return {"first": year.first, "last": year.last}
