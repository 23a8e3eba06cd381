"""Everything the record holds about one student, as plain rows; and the log of what was disclosed to whom."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.access import Adult, Role
from pact_etl.domain.errors import UsageError

# What concerns other adults is not in these; see LETTERS and ADULTS.
SECTIONS: Mapping[str, str] = {
    "student": "SELECT id, ssid FROM student WHERE id = :student",
    "records": """
        SELECT d.slug AS district, r.local_id, r.first_name, r.last_name, r.birth_date, r.home_language, r.foster,
               r.homeless, r.do_not_send, r.unaccompanied, r.deceased, r.support_pending
        FROM student_record r JOIN district d ON d.id = r.district_id WHERE r.student_id = :student ORDER BY 1, 2""",
    "enrollments": """
        SELECT d.slug AS district, c.school_code, c.name AS school, e.grade, e.entry_date, e.exit_date,
               f.as_of AS known_from, t.as_of AS known_to
        FROM enrollment e JOIN district d ON d.id = e.district_id JOIN school c ON c.id = e.school_id
        JOIN submission f ON f.id = e.recorded_from LEFT JOIN submission t ON t.id = e.recorded_to
        WHERE e.student_id = :student ORDER BY e.entry_date, e.id""",
    "attendance": """
        SELECT d.slug AS district, c.school_code, m.date, m.status, m.raw_code, m.minutes,
               f.as_of AS known_from, t.as_of AS known_to
        FROM mark m JOIN district d ON d.id = m.district_id JOIN school c ON c.id = m.school_id
        JOIN submission f ON f.id = m.recorded_from LEFT JOIN submission t ON t.id = m.recorded_to
        WHERE m.student_id = :student ORDER BY m.date, m.id""",
    "findings": """
        SELECT d.slug AS district, f.school_year, f.rule, f.policy_version, f.as_of, f.unexcused_days, f.occasions,
               f.absent_days, f.enrolled_days, f.ended_as_of, f.ended_reason
        FROM finding f JOIN district d ON d.id = f.district_id WHERE f.student_id = :student ORDER BY f.as_of, f.id""",
    "invitations": """
        SELECT school_year, sequence, as_of, status, reason FROM invitation WHERE student_id = :student
        ORDER BY as_of, id""",
    "cases": """
        SELECT 'C' || COALESCE(c.joined_to, c.id) AS case, d.slug AS district, c.school_year, c.opened_as_of
        FROM case_file c JOIN district d ON d.id = c.district_id WHERE c.student_id = :student ORDER BY c.id""",
    "case_entries": """
        SELECT 'C' || COALESCE(c.joined_to, c.id) AS case, e.id AS entry, e.kind, e.date, e.about, e.way, e.whom,
               e.result, e.as_of, e.entered_by
        FROM case_entry e JOIN case_file c ON c.id = e.case_id WHERE c.student_id = :student ORDER BY e.id""",
    "tasks": """
        SELECT t.reason, t.owner, t.as_of, t.due_on, t.closed_as_of FROM staff_task t
        WHERE t.invitation_id IN (SELECT id FROM invitation WHERE student_id = :student) OR t.follow_up_id IN (
          SELECT u.id FROM follow_up u JOIN notice_student s ON s.notice_id = u.follows
          JOIN invitation i ON i.id = s.invitation_id WHERE i.student_id = :student) OR t.served_notice_id IN (
          SELECT n.id FROM served_notice n JOIN case_file c ON c.id = n.case_id WHERE c.student_id = :student)
        ORDER BY t.as_of, t.id""",
    "served_notices": """
        SELECT 'N' || n.id AS notice, 'C' || COALESCE(c.joined_to, c.id) AS case, n.meeting_on, n.starts, n.ends,
               n.place, n.street, n.city, n.status, n.reason, n.prepared_by, n.issued_by, n.issued_as_of, n.last_day
        FROM served_notice n JOIN case_file c ON c.id = n.case_id WHERE c.student_id = :student ORDER BY n.id""",
    "follow_ups": """
        SELECT DISTINCT u.id, u.kind, u.follows, u.as_of, u.status, u.reason FROM follow_up u
        JOIN notice_student s ON s.notice_id = u.follows JOIN invitation i ON i.id = s.invitation_id
        WHERE i.student_id = :student ORDER BY u.id""",
    "first_notices": """
        SELECT d.slug AS district, n.school_year, t.as_of, e.status, e.reason FROM first_notice_event e
        JOIN first_notice n ON n.id = e.first_notice_id JOIN district d ON d.id = n.district_id
        JOIN first_notice_set t ON t.id = e.set_id WHERE n.student_id = :student ORDER BY e.id""",
    "holds_by_hand": """
        SELECT reason, is_clearance, as_of, until, entered_by, lifted_as_of, lifted_by FROM hold_by_hand
        WHERE student_id = :student ORDER BY as_of, id""",
}

ADULTS = """
SELECT g.id AS guardian, d.slug AS district, g.local_id, g.first_name, g.last_name, g.language, g.street, g.unit,
       g.city, g.state, g.zip, g.email, g.phone, g.safe_at_home, h.relation, h.lives_with, h.has_rights, h.restrained,
       h.ended_by IS NOT NULL AS has_ended
FROM guardianship h JOIN guardian g ON g.id = h.guardian_id JOIN district d ON d.id = g.district_id
WHERE h.student_id = :student ORDER BY g.id
"""

# A letter about several children of one family is part of each one's record; whose else it is stays out.
LETTERS = """
SELECT DISTINCT n.id AS notice, n.kind, n.status, n.reason, n.language, n.recipient, n.address, n.email, n.mailed_on,
       n.returned_on, n.record_as_of, p.name AS package, p.pdf_sha256
FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
LEFT JOIN package p ON p.id = n.package_id
WHERE i.student_id = :student ORDER BY n.id
"""

# One piece for each person who was served; the other home's is not shown to this one.
PIECES = """
SELECT p.id, 'N' || n.id AS notice, p.recipient, p.language, p.pages, p.pdf_sha256, n.status, n.issued_as_of,
       ARRAY(SELECT s.how || ' ' || s.served_on || COALESCE(' ' || s.receipt, '') FROM service s
             WHERE s.served_piece_id = p.id AND s.retracts IS NULL
               AND NOT EXISTS (SELECT FROM service r WHERE r.retracts = s.id) ORDER BY s.id) AS served
FROM served_piece p JOIN served_notice n ON n.id = p.served_notice_id JOIN case_file c ON c.id = n.case_id
WHERE c.student_id = :student ORDER BY p.id
"""

ALONE = """
SELECT s.notice_id FROM notice_student s JOIN invitation i ON i.id = s.invitation_id
WHERE s.notice_id = ANY(:notices) GROUP BY s.notice_id HAVING count(DISTINCT i.student_id) = 1
"""

LOG = """
SELECT 'S' || x.student_id AS student, x.recipient, x.what, x.legal_basis, x.as_of, x.recorded_at,
       COALESCE('P' || lpad(x.notice_id::text, 10, '0'), 'N' || x.served_notice_id) AS piece
FROM disclosure x WHERE (CAST(:student AS bigint) IS NULL OR x.student_id = :student) ORDER BY x.id
"""


def find_guardian(connection: Connection, student: int, name: str) -> Adult:
    """The adult behind `<district slug>:<contact id>` and his or her standing towards a student.

    Raises:
        UsageError: no such adult of this student.
    """
    slug, _, local_id = name.partition(":")
    query = """
        SELECT g.id AS guardian_id, h.has_rights, h.restrained, h.ended_by IS NOT NULL AS has_ended,
               COALESCE(g.safe_at_home, '') <> '' AS is_protected
        FROM guardian g JOIN district d ON d.id = g.district_id
        JOIN guardianship h ON h.guardian_id = g.id AND h.student_id = :student
        WHERE d.slug = :slug AND g.local_id = :local_id
    """
    keys = {"student": student, "slug": slug, "local_id": local_id}
    found = connection.execute(text(query), keys).mappings().one_or_none()
    if found is None:
        raise UsageError("no such adult of this student")
    return Adult(**found)


def birth_date_of(connection: Connection, student: int) -> date:
    """The earliest birth date that a district has on file."""
    query = "SELECT min(birth_date) FROM student_record WHERE student_id = :student"
    born: date = connection.execute(text(query), {"student": student}).scalar_one()
    return born


def everything(connection: Connection, student: int) -> dict[str, list[dict[str, Any]]]:
    """Section to its rows, other adults and their letters left out."""
    return {name: _rows(connection, query, student=student) for name, query in SECTIONS.items()}


def adults_of(connection: Connection, student: int) -> list[dict[str, Any]]:
    """Every adult of a student, ended ones too."""
    return _rows(connection, ADULTS, student=student)


def letters_of(connection: Connection, student: int) -> list[dict[str, Any]]:
    """Every letter about a student, whoever it went to."""
    return _rows(connection, LETTERS, student=student)


def served_pieces_of(connection: Connection, student: int) -> list[dict[str, Any]]:
    """Every piece of a notice about a student, whoever it was for."""
    return _rows(connection, PIECES, student=student)


def about_one_child(connection: Connection, notices: Iterable[int]) -> set[int]:
    """Of these letters, the ones that speak of a single student."""
    rows = connection.execute(text(ALONE), {"notices": list(notices)})
    return {int(row.notice_id) for row in rows}


def disclosure_log(connection: Connection, student: int | None) -> list[dict[str, Any]]:
    """What was disclosed to whom: of one student, or all of it."""
    return _rows(connection, LOG, student=student)


def log_access(
    connection: Connection,
    *,
    student: int | None,
    what: str,
    role: Role,
    requested_by: str,
    handled_by: str,
    reason: str,
    as_of: date,
) -> None:
    """Note who was given what, by whom and why."""
    connection.execute(
        text(
            "INSERT INTO record_access (student_id, what, role, requested_by, handled_by, reason, as_of)"
            " VALUES (:student, :what, :role, :requested_by, :handled_by, :reason, :as_of)"
        ),
        {
            "student": student,
            "what": what,
            "role": role.value,
            "requested_by": requested_by,
            "handled_by": handled_by,
            "reason": reason,
            "as_of": as_of,
        },
    )


def _rows(connection: Connection, query: str, **keys: object) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(query), keys).mappings()]
