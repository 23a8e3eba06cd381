"""Enrollments of chosen students as spans that do not overlap, with what counting needs beside them.

The same rule as the view `enrollment_span` over all students: where two enrollments of one student in one district
overlap, the later entry takes over from its entry date.
"""

from sqlalchemy import Connection, text

SPANS = """
CREATE TEMP TABLE span ON COMMIT DROP AS
SELECT e.district_id, e.student_id, e.school_id, COALESCE(c.track, '') AS track, e.entry_date, b.birth_date,
       LEAST(COALESCE(e.exit_date, 'infinity'), COALESCE(lead(e.entry_date) OVER spans - 1, 'infinity')) AS exit_date
FROM {students} d
JOIN enrollment e ON e.student_id = d.student_id AND e.district_id = d.district_id AND e.recorded_to IS NULL
JOIN (SELECT r.district_id, r.student_id, min(r.birth_date) AS birth_date
      FROM {students} d JOIN student_record r ON r.student_id = d.student_id AND r.district_id = d.district_id
      GROUP BY r.district_id, r.student_id) b
  ON b.district_id = d.district_id AND b.student_id = d.student_id
LEFT JOIN calendar_track c ON c.school_id = e.school_id AND c.track = e.track
WINDOW spans AS (PARTITION BY e.district_id, e.student_id ORDER BY e.entry_date, e.id)
"""


def make_spans(connection: Connection, students: str) -> None:
    """Make the temporary table `span`.

    Args:
        connection: inside a transaction; the table goes with it.
        students: a table with district_id and student_id, each pair once.
    """
    connection.execute(text("DROP TABLE IF EXISTS span"))
    connection.execute(text(SPANS.format(students=students)))
    connection.execute(text("ANALYZE span"))
