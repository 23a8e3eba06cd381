"""A night's batch of letters: what an approver sees, what was decided, and what was handed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from pact_etl.domain.errors import UsageError

RELEASED = frozenset({"released", "acknowledged"})
"""What a batch is once all its packages are out, before and after the vendor's word."""

RELEASED_SQL = "('released', 'acknowledged')"
"""The same, for a statement's `status IN`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One night's letters."""

    id: int
    as_of: date
    status: str
    decided_by: str | None
    decided_reason: str | None
    released_as_of: date | None
    answer_by: datetime | None  # the vendor's cut-off that it was first shown for


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


def students_on_letters(
    connection: Connection, batch_id: int, letters: Sequence[int] | None = None
) -> list[Mapping[str, object]]:
    """Every student on a letter of the batch, or on some of them, that may still leave, with the finding behind it.

    Columns: notice_id, kind, follows (the earlier letter, if any), invitation_id, student_id, finding_id, district_id,
    slug, unexcused_days and occasions (of the finding), household_key, invitation_status, invitation_reason,
    meeting (its slug).
    """
    query = """
        SELECT n.id AS notice_id, n.kind, n.follows, i.id AS invitation_id, i.student_id, i.finding_id, f.district_id,
               d.slug, f.unexcused_days, f.occasions, h.key AS household_key,
               i.status AS invitation_status, i.reason AS invitation_reason, m.slug AS meeting
        FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
        JOIN finding f ON f.id = i.finding_id JOIN district d ON d.id = f.district_id
        JOIN household h ON h.id = n.household_id LEFT JOIN meeting m ON m.id = n.meeting_id
        WHERE n.batch_id = :batch AND n.status IN ('planned', 'approved', 'rendered')
          AND (CAST(:letters AS bigint[]) IS NULL OR n.id = ANY(:letters))
        ORDER BY n.id, i.student_id
    """
    keys = {"batch": batch_id, "letters": None if letters is None else list(letters)}
    return [dict(row) for row in connection.execute(text(query), keys).mappings()]
