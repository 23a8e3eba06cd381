"""What one letter rests on and what became of it: rows for an evidence pack, as they were known when it was printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError

LETTER = """
SELECT n.id, n.kind, n.follows, n.batch_id, n.package_id, n.status, n.language, n.record_as_of, n.first_page, n.pages,
       n.mailed_on,
       n.returned_on
FROM notice n WHERE n.id = :notice AND n.content IS NOT NULL AND n.package_id IS NOT NULL
"""

STUDENTS = """
SELECT DISTINCT i.student_id FROM notice_student s JOIN invitation i ON i.id = s.invitation_id
WHERE s.notice_id = :notice ORDER BY 1
"""

PIECES = """
SELECT id FROM notice WHERE package_id = :package AND content IS NOT NULL ORDER BY id
"""

# Bitemporal: what was believed on the night whose record the letter prints, and where each statement came from.
ATTENDANCE = """
SELECT 'S' || m.student_id AS student, d.slug AS district, c.school_code, m.date, m.status, m.minutes,
       m.recorded_from AS submission, f.as_of AS delivered_for, m.source_row AS row, m.id AS mark
FROM mark m JOIN district d ON d.id = m.district_id JOIN school c ON c.id = m.school_id
JOIN submission f ON f.id = m.recorded_from LEFT JOIN submission t ON t.id = m.recorded_to
WHERE m.student_id = ANY(:students) AND m.date BETWEEN :first AND :as_of
  AND f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)
ORDER BY m.student_id, m.date, m.id
"""

ENROLLMENTS = """
SELECT 'S' || e.student_id AS student, d.slug AS district, c.school_code, e.entry_date, e.exit_date, e.track,
       e.recorded_from AS submission
FROM enrollment e JOIN district d ON d.id = e.district_id JOIN school c ON c.id = e.school_id
JOIN submission f ON f.id = e.recorded_from LEFT JOIN submission t ON t.id = e.recorded_to
WHERE e.student_id = ANY(:students) AND f.as_of <= :as_of AND (t.id IS NULL OR t.as_of > :as_of)
ORDER BY e.student_id, e.entry_date, e.id
"""

SUBMISSIONS = """
SELECT s.id AS submission, d.slug AS district, s.as_of, s.content_hash, f.name AS file, f.sha256, f.bytes,
       s.files_gone_as_of
FROM submission s JOIN district d ON d.id = s.district_id LEFT JOIN submission_file f ON f.submission_id = s.id
WHERE s.id = ANY(:submissions) ORDER BY s.id, f.name
"""

APPROVAL = """
SELECT b.id AS batch, b.as_of, b.status, b.decided_by, b.decided_reason, b.decided_at, p.status AS package_status,
       p.sequence, p.name AS package, p.pdf_sha256, p.sealed_sha256, p.pieces, p.pages, p.sheets, p.released_as_of
FROM batch b LEFT JOIN package p ON p.id = :package WHERE b.id = :batch
"""

EVENTS = """
SELECT event, source, as_of, is_applied, detail FROM notice_event WHERE notice_id = :notice ORDER BY id
"""

VENDOR_FILES = """
SELECT v.name, v.sha256, v.as_of, v.outcome, v.read_at FROM vendor_file v JOIN package p ON p.id = :package
WHERE starts_with(v.name, p.name || '.') ORDER BY v.name, v.read_at
"""

DISCLOSURES = """
SELECT 'S' || student_id AS student, recipient, what, legal_basis, as_of, recorded_at FROM disclosure
WHERE notice_id = :notice ORDER BY id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Rows about one letter; see the queries for the columns.

    `students` are our numbers, `pieces` all letters of its package in print order; `batch` tells of both.
    """

    letter: dict[str, Any]
    students: list[int]
    pieces: list[int]
    attendance: list[dict[str, Any]]
    enrollments: list[dict[str, Any]]
    submissions: list[dict[str, Any]]
    batch: dict[str, Any]
    events: list[dict[str, Any]]
    vendor_files: list[dict[str, Any]]
    disclosures: list[dict[str, Any]]


def evidence_of(connection: Connection, notice_id: int, year_first: date) -> Evidence:
    """Everything about one released letter.

    Raises:
        UsageError: there is no such letter, or it was never printed.
    """

    def rows(query: str, **keys: object) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(text(query), keys).mappings()]

    found = rows(LETTER, notice=notice_id)
    if not found:
        raise UsageError("no such letter, or it was never printed")
    [letter] = found
    students = [row["student_id"] for row in rows(STUDENTS, notice=notice_id)]
    behind = record_behind(connection, students, year_first, letter["record_as_of"])
    return Evidence(
        letter=letter,
        students=students,
        pieces=[row["id"] for row in rows(PIECES, package=letter["package_id"])],
        attendance=behind["attendance"],
        enrollments=behind["enrollments"],
        submissions=behind["submissions"],
        batch=rows(APPROVAL, batch=letter["batch_id"], package=letter["package_id"])[0],
        events=rows(EVENTS, notice=notice_id),
        vendor_files=rows(VENDOR_FILES, package=letter["package_id"]),
        disclosures=rows(DISCLOSURES, notice=notice_id),
    )


def record_behind(
    connection: Connection, students: Sequence[int], year_first: date, as_of: date
) -> dict[str, list[dict[str, Any]]]:
    """`attendance` and `enrollments` as they were believed on a night, and the `submissions` they came from."""

    def rows(query: str, **keys: object) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(text(query), keys).mappings()]

    attendance = rows(ATTENDANCE, students=list(students), first=year_first, as_of=as_of)
    enrollments = rows(ENROLLMENTS, students=list(students), as_of=as_of)
    submissions = rows(SUBMISSIONS, submissions=_submissions(attendance, enrollments))
    return {"attendance": attendance, "enrollments": enrollments, "submissions": submissions}


def record_night(connection: Connection, notice_id: int) -> date:
    """The night whose record a letter prints.

    Raises:
        UsageError: there is no such letter, or it was never printed.
    """
    found = connection.execute(text(LETTER), {"notice": notice_id}).mappings().one_or_none()
    if found is None:
        raise UsageError("no such letter, or it was never printed")
    night: date = found["record_as_of"]
    return night


def _submissions(*tables: Sequence[dict[str, Any]]) -> list[int]:
    return sorted({int(row["submission"]) for rows in tables for row in rows})
