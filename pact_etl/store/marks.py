"""Marks out of staging into the bitemporal record.

What a submission states for the days it covers, and for single students' days on top, replaces what was believed of
them: a changed mark closes the old version and opens a new one, a mark that is no longer stated is closed. Rows in
quarantine and schools that fell silent state nothing, so nothing is closed on their account.
"""

from sqlalchemy import Connection, text

from pact_etl.store.submissions import Submission

INCOMING = """
CREATE TEMP TABLE incoming_mark ON COMMIT DROP AS
SELECT DISTINCT ON (r.student_id, s.id, n.date)
       r.student_id, s.id AS school_id, n.date, n.status, n.raw_code, n.minutes, n.source_row,
       sum(n.rows) OVER (PARTITION BY r.student_id, s.id, n.date) AS rows
FROM staging_marks n
JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
JOIN school s ON s.district_id = :d AND s.school_code = n.school_code
WHERE n.submission_id = :s
ORDER BY r.student_id, s.id, n.date, n.source_row
"""

INDEX = "CREATE INDEX ON incoming_mark (student_id, school_id, date)"
ANALYZE = "ANALYZE incoming_mark"

CLOSE_CHANGED = """
UPDATE mark t SET recorded_to = :s FROM incoming_mark n
WHERE t.recorded_to IS NULL AND t.student_id = n.student_id AND t.school_id = n.school_id AND t.date = n.date
  AND (t.status, t.raw_code, t.minutes) IS DISTINCT FROM (n.status, n.raw_code, n.minutes)
"""

# A row whose id, school or date could not be read may be about any of them, so it protects them all.
NOT_STATED = """
  NOT EXISTS (SELECT FROM incoming_mark n
    WHERE n.student_id = t.student_id AND n.school_id = t.school_id AND n.date = t.date)
  AND NOT EXISTS (SELECT FROM quarantined_row q
    LEFT JOIN student_record p ON p.district_id = :d AND p.local_id = q.local_id
    LEFT JOIN school c ON c.district_id = :d AND c.school_code = q.school_code
    WHERE q.submission_id = :s AND q.table_name = 'attendance'
      AND (p.student_id = t.student_id OR q.local_id IS NULL)
      AND (c.id = t.school_id OR q.school_code IS NULL)
      AND (q.date = t.date OR q.date IS NULL))
"""

CLOSE_DELETED = f"""
UPDATE mark t SET recorded_to = :s
WHERE t.district_id = :d AND t.date BETWEEN :first AND :last AND t.recorded_to IS NULL AND {NOT_STATED}
  AND NOT EXISTS (SELECT FROM school c WHERE c.id = t.school_id AND c.school_code = ANY(:silent))
"""

# Whoever asks for one student by name and hears nothing has been told that there is nothing, silent school or not.
CLOSE_DELETED_OF_STUDENTS = f"""
UPDATE mark t SET recorded_to = :s
FROM staging_student_days n JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
WHERE n.submission_id = :s AND t.student_id = r.student_id AND t.district_id = :d
  AND t.date BETWEEN n.first AND n.last AND t.recorded_to IS NULL AND {NOT_STATED}
  AND (n.school_code IS NULL
       OR EXISTS (SELECT FROM school c WHERE c.id = t.school_id AND c.school_code = n.school_code))
"""

OPEN = """
INSERT INTO mark (district_id, student_id, school_id, date, status, raw_code, minutes, source_row, recorded_from)
SELECT :d, n.student_id, n.school_id, n.date, n.status, n.raw_code, n.minutes, n.source_row, :s
FROM incoming_mark n
WHERE NOT EXISTS (SELECT FROM mark t WHERE t.recorded_to IS NULL
  AND t.student_id = n.student_id AND t.school_id = n.school_id AND t.date = n.date)
"""

DUE = """
INSERT INTO tally_due
SELECT :d, student_id FROM mark WHERE recorded_from = :s
UNION SELECT :d, student_id FROM mark WHERE recorded_to = :s
ON CONFLICT DO NOTHING
"""

RECORDED = """
SELECT COALESCE(sum(n.rows), 0) FROM incoming_mark n JOIN mark t
  ON t.student_id = n.student_id AND t.school_id = n.school_id AND t.date = n.date
WHERE t.recorded_to IS NULL AND t.recorded_from = :s
"""

CORRECTIONS = "SELECT count(*) FROM mark WHERE recorded_to = :s"


def record_marks(connection: Connection, one: Submission) -> tuple[int, int]:
    """Take over the staged marks.

    Args:
        connection: inside the transaction that records the submission.
        one: the submission, its covered days and silent schools known.

    Returns:
        Staged source rows that changed the record, and believed marks that were closed (corrections).
    """
    keys = {"s": one.id, "d": one.district_id}
    window = {"first": one.covered_from, "last": one.covered_to, "silent": list(one.silent_schools)}
    connection.execute(text(INCOMING), keys)
    connection.execute(text(INDEX))
    connection.execute(text(ANALYZE))
    connection.execute(text(CLOSE_CHANGED), {"s": one.id})
    connection.execute(text(CLOSE_DELETED), keys | window)
    connection.execute(text(CLOSE_DELETED_OF_STUDENTS), keys)
    connection.execute(text(OPEN), keys)
    connection.execute(text(DUE), keys)
    recorded = connection.execute(text(RECORDED), {"s": one.id}).scalar_one()
    corrections = connection.execute(text(CORRECTIONS), {"s": one.id}).scalar_one()
    return int(recorded), int(corrections)
