"""Whom a district's own record gives no way to write to: what the receipt asks the district to mend."""

from sqlalchemy import Connection, text

from pact_etl.domain.address import RawAddress

# Only what this submission stated anew: the rest was on an earlier receipt.
ADDRESSES = """
SELECT DISTINCT COALESCE(g.street, '') AS street, COALESCE(g.unit, '') AS unit, COALESCE(g.city, '') AS city,
       COALESCE(g.state, '') AS state, COALESCE(g.zip, '') AS zip, COALESCE(g.safe_at_home, '') AS safe_at_home
FROM guardian g
WHERE g.district_id = :district AND g.changed_by = :submission AND EXISTS (
  SELECT FROM guardianship h WHERE h.guardian_id = g.id AND h.has_rights AND NOT h.restrained AND NOT g.deceased
    AND h.ended_by IS NULL)
"""

NOBODY = """
SELECT count(DISTINCT e.student_id) FROM enrollment e JOIN submission s ON s.id = :submission
WHERE e.district_id = :district AND e.recorded_to IS NULL AND e.entry_date <= s.as_of
  AND COALESCE(e.exit_date, 'infinity') >= s.as_of
  AND NOT EXISTS (SELECT FROM guardianship h JOIN guardian g ON g.id = h.guardian_id AND g.district_id = :district
    WHERE h.student_id = e.student_id AND h.has_rights AND NOT h.restrained AND NOT g.deceased
      AND h.ended_by IS NULL)
"""

HELD = """
SELECT i.reason, count(*) AS letters FROM invitation i JOIN finding f ON f.id = i.finding_id
WHERE f.district_id = :district AND i.status = 'held' AND i.school_year = :school_year GROUP BY i.reason
"""


# A family whose adults the district has changed since is mended, or will be judged by its new address.
RETURNED = """
SELECT COALESCE(n.return_reason, 'not_said') AS reason, count(DISTINCT n.id) AS letters
FROM notice n JOIN notice_student s ON s.notice_id = n.id
JOIN invitation i ON i.id = s.invitation_id JOIN finding f ON f.id = i.finding_id
WHERE f.district_id = :district AND i.school_year = :school_year AND n.returned_on IS NOT NULL
  AND NOT EXISTS (SELECT FROM guardianship h JOIN guardian g ON g.id = h.guardian_id AND g.district_id = f.district_id
    JOIN submission u ON u.id = g.changed_by
    WHERE h.student_id = i.student_id AND h.ended_by IS NULL AND u.as_of >= n.returned_on)
GROUP BY 1 ORDER BY 1
"""


def addresses_stated(
    connection: Connection, district_id: int, submission_id: int
) -> list[RawAddress]:
    """Distinct addresses of adults with rights that a submission stated or changed."""
    keys = {"district": district_id, "submission": submission_id}
    return [RawAddress(**row) for row in connection.execute(text(ADDRESSES), keys).mappings()]


def students_without_reader(connection: Connection, district_id: int, submission_id: int) -> int:
    """Enrolled students of whom the district names no adult who may be written to."""
    keys = {"district": district_id, "submission": submission_id}
    return int(connection.execute(text(NOBODY), keys).scalar_one())


def letters_held(connection: Connection, district_id: int, school_year: str) -> dict[str, int]:
    """Reason to letters that wait for it, as of the last planning."""
    keys = {"district": district_id, "school_year": school_year}
    return {row.reason: int(row.letters) for row in connection.execute(text(HELD), keys)}


def letters_returned(connection: Connection, district_id: int, school_year: str) -> dict[str, int]:
    """Letters that came back, by the post office's reason, while the district has changed no adult of the family."""
    keys = {"district": district_id, "school_year": school_year}
    rows = connection.execute(text(RETURNED), keys)
    return {row.reason: int(row.letters) for row in rows}
