"""A night's batch of letters: what an approver sees, what was decided, and what was handed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError

RELEASED = frozenset({"released", "acknowledged"})
"""What a batch is once its package is out, before and after the vendor's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One night's letters."""

    id: int
    as_of: date
    status: str
    decided_by: str | None
    decided_reason: str | None
    sequence: int | None
    package: str | None
    pdf_sha256: str | None
    sealed_sha256: str | None
    pieces: int | None
    pages: int | None
    sheets: int | None
    released_as_of: date | None


def get_batch(connection: Connection, batch_id: int, *, lock: bool = False) -> Batch:
    """One batch.

    Raises:
        UsageError: there is none.
    """
    suffix = " FOR UPDATE" if lock else ""
    row = connection.execute(
        text(f"SELECT * FROM batch WHERE id = :id{suffix}"), {"id": batch_id}
    ).mappings()
    found = row.one_or_none()
    if found is None:
        raise UsageError(f"no batch {batch_id}")
    return Batch(**{name: found[name] for name in Batch.__dataclass_fields__})


def batches_in(connection: Connection, *statuses: str) -> list[Batch]:
    """Batches in any of these states, oldest first."""
    rows = connection.execute(
        text("SELECT * FROM batch WHERE status = ANY(:statuses) ORDER BY as_of"),
        {"statuses": list(statuses)},
    ).mappings()
    return [Batch(**{name: row[name] for name in Batch.__dataclass_fields__}) for row in rows]


def set_batch(connection: Connection, batch_id: int, **fields: object) -> None:
    """Write fields of a batch."""
    assignments = ", ".join(f"{name} = :{name}" for name in fields)
    connection.execute(
        text(f"UPDATE batch SET {assignments} WHERE id = :id"), fields | {"id": batch_id}
    )


def decide_batch(connection: Connection, batch_id: int, status: str, by: str, reason: str) -> None:
    """Keep who decided, what and why."""
    statement = (
        "UPDATE batch SET status = :status, decided_by = :by, decided_reason = :reason, decided_at = now()"
        " WHERE id = :id"
    )
    connection.execute(
        text(statement), {"id": batch_id, "status": status, "by": by, "reason": reason}
    )


def next_sequence(connection: Connection, batch_id: int) -> int:
    """The batch's gapless number, given once; the lock makes two releases count one after the other."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('batch sequence', 0))"))
    row = connection.execute(
        text("SELECT sequence FROM batch WHERE id = :id"), {"id": batch_id}
    ).one()
    if row.sequence is not None:
        return int(row.sequence)
    statement = (
        "UPDATE batch SET sequence = (SELECT COALESCE(max(sequence), 0) + 1 FROM batch) WHERE id = :id"
        " RETURNING sequence"
    )
    return int(connection.execute(text(statement), {"id": batch_id}).scalar_one())


def letters_by(connection: Connection, batch_id: int) -> dict[tuple[str, str], int]:
    """(district name, language) to letters; a letter about students of two districts counts in each."""
    query = """
        SELECT d.name, n.language, count(DISTINCT n.id) AS letters
        FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
        JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
        WHERE n.batch_id = :batch AND n.status = 'planned' GROUP BY d.name, n.language ORDER BY d.name, n.language
    """
    return {
        (r.name, r.language): int(r.letters)
        for r in connection.execute(text(query), {"batch": batch_id})
    }


def students_on_letters(connection: Connection, batch_id: int) -> list[Mapping[str, object]]:
    """Every student on a letter of the batch that may still leave, with the finding behind it.

    Columns: notice_id, invitation_id, student_id, finding_id, district_id, slug, unexcused_days and occasions (of the
    finding), household_key.
    """
    query = """
        SELECT n.id AS notice_id, i.id AS invitation_id, i.student_id, i.finding_id, f.district_id, d.slug,
               f.unexcused_days, f.occasions, h.key AS household_key
        FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
        JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
        JOIN household h ON h.id = n.household_id
        WHERE n.batch_id = :batch AND n.status IN ('planned', 'approved', 'rendered')
        ORDER BY n.id, i.student_id
    """
    return [dict(row) for row in connection.execute(text(query), {"batch": batch_id}).mappings()]
