"""What was decided about one student up to any past night: findings, invitations, letters, holds, questions.

A letter's state is what its events up to the night make of it. An invitation's own state, and who has answered a
question, are kept as they are now only.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.history import reader

FINDINGS = """
SELECT f.id, d.slug, f.rule, f.as_of AS since, f.policy_version, f.unexcused_days, f.enrolled_days, f.evidence,
       CASE WHEN f.ended_as_of <= :as_of THEN f.ended_as_of END AS ended_on,
       CASE WHEN f.ended_as_of <= :as_of THEN f.ended_reason END AS ended_reason
FROM finding f JOIN district d ON d.id = f.district_id
WHERE f.student_id = :student AND f.school_year = :school_year AND f.as_of <= :as_of
ORDER BY f.as_of, f.id
"""

LETTERS = """
SELECT i.status AS invitation, i.reason, i.as_of, n.id AS notice, n.kind, b.as_of AS batch_night, m.date AS meeting,
       CASE WHEN n.mailed_on <= :as_of THEN n.mailed_on END AS mailed_on,
       (SELECT p.name FROM package p JOIN notice_event e ON e.notice_id = n.id AND e.event = 'package'
        WHERE p.id = n.package_id AND e.is_applied AND e.as_of <= :as_of) AS package,
       ARRAY(SELECT e.event FROM notice_event e WHERE e.notice_id = n.id AND e.is_applied AND e.as_of <= :as_of
             ORDER BY e.id) AS events
FROM invitation i
LEFT JOIN notice_student s ON s.invitation_id = i.id LEFT JOIN notice n ON n.id = s.notice_id
LEFT JOIN batch b ON b.id = n.batch_id LEFT JOIN meeting m ON m.id = n.meeting_id
WHERE i.student_id = :student AND i.school_year = :school_year AND COALESCE(b.as_of, i.as_of) <= :as_of
ORDER BY i.id, n.id
"""

HOLDS = """
SELECT t.reason, t.owner, t.as_of AS since, t.due_on FROM staff_task t
JOIN (SELECT i.id AS invitation_id, CAST(NULL AS bigint) AS follow_up_id,
             CAST(NULL AS bigint) AS served_notice_id, i.student_id, i.school_year
      FROM invitation i
      UNION ALL SELECT NULL, u.id, NULL, i.student_id, i.school_year FROM follow_up u
      JOIN notice_student s ON s.notice_id = u.follows JOIN invitation i ON i.id = s.invitation_id
      UNION ALL SELECT NULL, NULL, v.id, c.student_id, c.school_year FROM served_notice v
      JOIN case_file c ON c.id = v.case_id) i
  ON i.invitation_id = t.invitation_id OR i.follow_up_id = t.follow_up_id OR i.served_notice_id = t.served_notice_id
WHERE i.student_id = :student AND i.school_year = :school_year AND t.as_of <= :as_of
  AND (t.closed_as_of IS NULL OR t.closed_as_of > :as_of)
ORDER BY t.as_of, t.id
"""

# Asked about the student's own rows, or by somebody's row that claims the student's statewide id.
QUESTIONS = """
SELECT d.slug, q.local_id, q.doubt, s.as_of AS opened_on
FROM identity_question q JOIN district d ON d.id = q.district_id JOIN submission s ON s.id = q.opened_by
WHERE s.as_of <= :as_of AND (q.answer IS NULL OR CAST(q.answered_at AS date) > :as_of)
  AND (EXISTS (SELECT FROM student_record r WHERE r.student_id = :student AND r.district_id = q.district_id
                 AND r.local_id = q.local_id)
       OR EXISTS (SELECT FROM student o WHERE o.id = :student AND o.ssid = q.ssid))
ORDER BY s.as_of, d.slug, q.local_id
"""

# Of the schools of the last enrollments; a code nobody has explained is named, and since when it waits.
SCHOOL_HOLDS = """
SELECT d.slug, c.id AS school_id, c.school_code, c.name AS school, q.reason, min(f.as_of) AS since,
       COALESCE(array_agg(DISTINCT q.code) FILTER (WHERE q.reason = 'unknown_code' AND q.code IS NOT NULL), '{}')
         AS codes,
       array_agg(DISTINCT q.date ORDER BY q.date) FILTER (WHERE q.date IS NOT NULL) AS days
FROM (SELECT DISTINCT school_id FROM enrollment WHERE student_id = :student AND recorded_to IS NULL) e
JOIN school c ON c.id = e.school_id JOIN district d ON d.id = c.district_id
JOIN submission f ON f.district_id = d.id AND f.status = 'recorded' AND f.as_of <= :as_of
JOIN quarantined_row q ON q.submission_id = f.id AND q.school_code = c.school_code
LEFT JOIN submission t ON t.id = q.resolved_by
WHERE q.reason IN ('unknown_code', 'school_day_outlier') AND (t.id IS NULL OR t.as_of > :as_of)
GROUP BY d.slug, c.id, c.school_code, c.name, q.reason ORDER BY d.slug, c.school_code, q.reason
"""

# The newest nights after days on which any school of the district taught, from its first recorded one on; no row in
# `submission` is nothing arrived.
NIGHTS = """
SELECT d.slug, t.date AS night, f.status, f.refused_reason AS reason
FROM (SELECT DISTINCT s.district_id, y.date
      FROM (SELECT DISTINCT district_id FROM student_record WHERE student_id = :student) r
      JOIN school s ON s.district_id = r.district_id JOIN calendar_day y ON y.school_id = s.id
      WHERE y.is_instructional AND y.date BETWEEN CAST(:as_of AS date) - 20 AND :as_of
        AND y.date >= (SELECT min(f.as_of) FROM submission f WHERE f.district_id = r.district_id
                         AND f.status = 'recorded')) t
JOIN district d ON d.id = t.district_id
LEFT JOIN LATERAL (SELECT status, refused_reason FROM submission f
  WHERE f.district_id = t.district_id AND f.as_of = t.date AND f.rederives IS NULL
  ORDER BY f.status = 'recorded' DESC, f.id DESC LIMIT 1) f ON true
ORDER BY d.slug, t.date
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rows about one student's case; see the queries for the columns."""

    findings: list[dict[str, Any]]
    letters: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    school_holds: list[dict[str, Any]]
    nights: list[dict[str, Any]]


def case_history(connection: Connection, student_id: int, as_of: date, year: SchoolYear) -> Case:
    """What was decided of a student, and what stood in the way, as of a night."""
    rows = reader(connection, student_id, as_of, year)
    return Case(
        findings=rows(FINDINGS),
        letters=rows(LETTERS),
        holds=rows(HOLDS),
        questions=rows(QUESTIONS),
        school_holds=rows(SCHOOL_HOLDS),
        nights=rows(NIGHTS),
    )
