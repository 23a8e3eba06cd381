"""The ladder out of staging into the bitemporal record, and back as values.

A file with steps states every step of its school year: one it leaves out was taken back. A file without any step says
nothing, because an export that failed looks the same. Rows in quarantine protect whatever they might be about.
"""

from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.ladder import Channel, LadderStep, Step
from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.submissions import Submission

INCOMING = """
CREATE TEMP TABLE incoming_step ON COMMIT DROP AS
SELECT DISTINCT ON (r.student_id, n.step, n.section, n.date)
       r.student_id, n.step, n.section, n.date, n.channel, n.proof,
       count(*) OVER (PARTITION BY r.student_id, n.step, n.section, n.date) AS rows
FROM staging_ladder n
JOIN student_record r ON r.district_id = :d AND r.local_id = n.local_id
WHERE n.submission_id = :s
ORDER BY r.student_id, n.step, n.section, n.date, n.proof NULLS LAST, n.channel NULLS LAST
"""

SAME = "(t.student_id, t.step, t.section, t.date) = (n.student_id, n.step, n.section, n.date)"

CLOSE_CHANGED = f"""
UPDATE ladder_step t SET recorded_to = :s FROM incoming_step n
WHERE t.recorded_to IS NULL AND t.district_id = :d AND {SAME}
  AND (t.channel, t.proof) IS DISTINCT FROM (n.channel, n.proof)
"""

CLOSE_MISSING = f"""
UPDATE ladder_step t SET recorded_to = :s
WHERE t.recorded_to IS NULL AND t.district_id = :d AND t.date BETWEEN :first AND :last
  AND EXISTS (SELECT FROM incoming_step)
  AND NOT EXISTS (SELECT FROM incoming_step n WHERE {SAME})
  AND NOT EXISTS (SELECT FROM quarantined_row q
    LEFT JOIN student_record p ON p.district_id = :d AND p.local_id = q.local_id
    WHERE q.submission_id = :s AND q.table_name = 'ladder'
      AND (p.student_id = t.student_id OR q.local_id IS NULL))
"""

OPEN = f"""
INSERT INTO ladder_step (district_id, student_id, step, section, date, channel, proof, recorded_from)
SELECT :d, n.student_id, n.step, n.section, n.date, n.channel, n.proof, :s FROM incoming_step n
WHERE NOT EXISTS (SELECT FROM ladder_step t WHERE t.recorded_to IS NULL AND t.district_id = :d AND {SAME})
"""

RECORDED = f"""
SELECT COALESCE(sum(n.rows), 0) FROM incoming_step n
JOIN ladder_step t ON t.district_id = :d AND {SAME} WHERE t.recorded_to IS NULL AND t.recorded_from = :s
"""

KNOWN = """
SELECT d.slug, s.step, s.section, s.date, s.channel, s.proof
FROM ladder_step s
JOIN district d ON d.id = s.district_id
JOIN submission f ON f.id = s.recorded_from LEFT JOIN submission t ON t.id = s.recorded_to
WHERE s.student_id = :student AND s.date BETWEEN :first AND LEAST(CAST(:as_of AS date), CAST(:last AS date))
  AND f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)
ORDER BY d.slug, s.date, s.id
"""


def record_ladder(connection: Connection, one: Submission, year: SchoolYear) -> int:
    """Take over the staged steps; how many staged rows changed the record.

    Args:
        connection: inside the transaction that records the submission, students known.
        one: the submission.
        year: whose steps a file states whole.
    """
    keys = {"s": one.id, "d": one.district_id}
    connection.execute(text(INCOMING), keys)
    connection.execute(text(CLOSE_CHANGED), keys)
    connection.execute(text(CLOSE_MISSING), keys | {"first": year.first, "last": year.last})
    connection.execute(text(OPEN), keys)
    return int(connection.execute(text(RECORDED), keys).scalar_one())


def steps_of(
    connection: Connection, student_id: int, as_of: date, year: SchoolYear
) -> dict[str, tuple[LadderStep, ...]]:
    """District slug to the steps of one student in a school year, as they were known on a night."""
    keys = {"student": student_id, "as_of": as_of, "first": year.first, "last": year.last}
    steps: dict[str, tuple[LadderStep, ...]] = {}
    for row in connection.execute(text(KNOWN), keys):
        told = LadderStep(
            step=Step(row.step),
            date=row.date,
            section=row.section,
            channel=Channel(row.channel) if row.channel else None,
            proof=row.proof or "",
        )
        steps[row.slug] = (*steps.get(row.slug, ()), told)
    return steps
