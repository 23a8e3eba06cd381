"""What other books say of one case up to a day: findings, the ladder, letters, disclosures. Nothing is copied."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.school_year import SchoolYear
from pact_etl.store.case_files import CaseFile

FINDINGS = """
SELECT f.rule, f.as_of, f.unexcused_days, f.occasions, f.enrolled_days, f.policy_version,
       CASE WHEN f.ended_as_of <= :as_of THEN f.ended_as_of END AS ended_on,
       CASE WHEN f.ended_as_of <= :as_of THEN f.ended_reason END AS ended_reason
FROM finding f
WHERE f.district_id = :district AND f.student_id = :student AND f.school_year = :school_year AND f.as_of <= :as_of
ORDER BY f.as_of, f.id
"""

LADDER = """
SELECT s.step, s.section, s.date, s.channel, COALESCE(s.proof, '') <> '' AS is_documented
FROM ladder_step s JOIN submission f ON f.id = s.recorded_from LEFT JOIN submission t ON t.id = s.recorded_to
WHERE s.district_id = :district AND s.student_id = :student
  AND s.date BETWEEN :first AND LEAST(CAST(:as_of AS date), CAST(:last AS date))
  AND f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)
ORDER BY s.date, s.id
"""

OF_CASE = """
  SELECT DISTINCT n.id, n.kind, n.batch_id, n.meeting_id, n.mailed_on, n.returned_on
  FROM invitation i JOIN finding f ON f.id = i.finding_id
  JOIN notice_student s ON s.invitation_id = i.id JOIN notice n ON n.id = s.notice_id
  WHERE i.student_id = :student AND i.school_year = :school_year AND f.district_id = :district
"""

LETTERS = f"""
SELECT n.id AS notice, n.kind, m.date AS meeting, b.as_of AS planned_on,
       CASE WHEN n.mailed_on <= :as_of THEN n.mailed_on END AS mailed_on,
       CASE WHEN n.returned_on <= :as_of THEN n.returned_on END AS returned_on
FROM ({OF_CASE}) n JOIN batch b ON b.id = n.batch_id JOIN meeting m ON m.id = n.meeting_id
WHERE b.as_of <= :as_of ORDER BY n.id
"""

# Mailing and return have days of their own, which the vendor's report names.
LETTER_EVENTS = f"""
SELECT n.id AS notice, n.kind, e.event, e.source,
       COALESCE(CASE e.event WHEN 'mail' THEN n.mailed_on WHEN 'return' THEN n.returned_on END, e.as_of) AS date
FROM ({OF_CASE}) n JOIN notice_event e ON e.notice_id = n.id
WHERE e.is_applied AND e.as_of <= :as_of ORDER BY e.id
"""

DISCLOSURES = f"""
SELECT DISTINCT x.as_of, x.recipient, x.what, x.legal_basis FROM disclosure x
WHERE x.student_id = :student AND x.as_of <= :as_of AND (
  x.notice_id IN (SELECT id FROM ({OF_CASE}) n)
  OR x.case_id IN (SELECT id FROM case_file c WHERE COALESCE(c.joined_to, c.id) = :case))
ORDER BY x.as_of, x.recipient
"""

# Notices that are served on persons: what happened to each, and who was served, by number.
SERVED = """
SELECT date, what, notice, meeting, reason, person, entry, taken_back, told_by FROM (
  SELECT v.as_of AS date, v.event AS what, n.id AS notice, n.meeting_on AS meeting, v.reason,
         NULL::int AS person, NULL::bigint AS entry, NULL::bigint AS taken_back, v.said_by AS told_by,
         v.recorded_at, v.id, n.case_id, v.as_of
  FROM served_notice_event v JOIN served_notice n ON n.id = v.served_notice_id
  UNION ALL
  SELECT COALESCE(s.served_on, s.as_of), COALESCE('served_' || s.how, 'service_retracted'), n.id, n.meeting_on, NULL,
         p.person, s.id, s.retracts, s.entered_by, s.recorded_at, s.id, n.case_id, s.as_of
  FROM service s JOIN served_piece p ON p.id = s.served_piece_id JOIN served_notice n ON n.id = p.served_notice_id) x
WHERE x.as_of <= :as_of AND x.case_id IN (SELECT id FROM case_file c WHERE COALESCE(c.joined_to, c.id) = :case)
ORDER BY recorded_at, id
"""

SECTIONS = {
    "findings": FINDINGS,
    "ladder": LADDER,
    "letters": LETTERS,
    "letter_events": LETTER_EVENTS,
    "disclosures": DISCLOSURES,
    "served_notices": SERVED,
}


def other_books(
    connection: Connection, case: CaseFile, year: SchoolYear, as_of: date
) -> dict[str, list[dict[str, Any]]]:
    """Section to its rows, see the queries for the columns; of the case's district and year only."""
    keys = {
        "case": case.id,
        "district": case.district_id,
        "student": case.student_id,
        "school_year": case.school_year,
        "first": year.first,
        "last": year.last,
        "as_of": as_of,
    }
    return {
        name: [
            dict(row)
            for row in connection.execute(
                text(query), {k: v for k, v in keys.items() if f":{k}" in query}
            ).mappings()
        ]
        for name, query in SECTIONS.items()
    }
