"""The email outbox: a row is committed before anything is sent, and claimed before the call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, text

from pact_etl.domain.notice import EMAIL, EmailEvent, EmailStatus, UnfitEvent
from pact_etl.store.notices import INVITES

GRACE_DAYS = 2
"""A reminder that could not go on its day still goes this many days later, and never after the evening."""

ENQUEUE = f"""
INSERT INTO email (notice_id, kind, send_on, status)
SELECT n.id, :kind, m.date - :days, 'planned'
FROM notice n JOIN meeting m ON m.id = n.meeting_id
WHERE n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered') AND n.email IS NOT NULL
  AND {INVITES}
  AND :as_of BETWEEN m.date - :days AND m.date - :days + :grace AND m.date > :as_of
ON CONFLICT (notice_id, kind) DO NOTHING
"""

# A letter that was undone or came back cancels what has not been sent yet.
CANCEL = """
SELECT e.id FROM email e JOIN notice n ON n.id = e.notice_id
WHERE e.status = 'planned' AND n.status NOT IN ('packaged', 'acknowledged', 'mailed', 'delivered')
"""

# While nobody has said whether a letter is wrong, nobody is reminded of it.
CLAIM = """
SELECT e.id, e.kind, e.notice_id, n.email AS address, n.language, m.slug AS meeting
FROM email e JOIN notice n ON n.id = e.notice_id JOIN meeting m ON m.id = n.meeting_id
WHERE e.status = 'planned' AND e.send_on <= :as_of AND m.date > :as_of
  AND NOT EXISTS (SELECT FROM void_wait w WHERE w.notice_id = n.id AND w.ended_as_of IS NULL AND w.answer IS NULL)
ORDER BY e.id LIMIT :limit FOR UPDATE OF e SKIP LOCKED
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEmail:
    """One claimed email."""

    id: int
    kind: str
    notice_id: int
    address: str = field(repr=False)
    language: str
    meeting: str


def enqueue(connection: Connection, as_of: date, reminder_days: Sequence[int]) -> None:
    """Put every reminder that is due into the outbox, once, and cancel those whose letter no longer stands."""
    for days in reminder_days:
        keys = {"kind": f"reminder_{days}", "days": days, "as_of": as_of, "grace": GRACE_DAYS}
        connection.execute(text(ENQUEUE), keys)
    withdraw_of_ended(connection)


def withdraw_of_ended(connection: Connection) -> int:
    """Withdraw what is planned of letters that were undone or came back; how many emails that were."""
    planned = connection.execute(text(CANCEL)).all()
    return sum(advance(connection, row.id, EmailEvent.WITHDRAW) for row in planned)


def claim(connection: Connection, as_of: date, limit: int) -> list[DueEmail]:
    """Take due emails; commit before sending them."""
    rows = connection.execute(text(CLAIM), {"as_of": as_of, "limit": limit}).mappings().all()
    for row in rows:
        advance(connection, row["id"], EmailEvent.CLAIM)
    return [DueEmail(**row) for row in rows]


def lose_orphans(connection: Connection) -> int:
    """Claims of a run that died: nobody knows whether they went, so they are never sent again by themselves."""
    orphans = connection.execute(
        text("SELECT id FROM email WHERE status = 'sending' FOR UPDATE")
    ).all()
    for row in orphans:
        advance(connection, row.id, EmailEvent.LOSE, reason="run_died")
    return len(orphans)


def advance(
    connection: Connection,
    email_id: int,
    event: EmailEvent,
    *,
    message_id: str | None = None,
    reason: str | None = None,
) -> bool:
    """Advance one email where the event fits; whether it did."""
    status = connection.execute(
        text("SELECT status FROM email WHERE id = :id FOR UPDATE"), {"id": email_id}
    ).scalar_one()
    after = EMAIL.advance(EmailStatus(status), event)
    if isinstance(after, UnfitEvent):
        return False
    statement = (
        "UPDATE email SET status = :status, message_id = COALESCE(:message, message_id),"
        " reason = COALESCE(:reason, reason) WHERE id = :id"
    )
    keys = {"id": email_id, "status": after.value, "message": message_id, "reason": reason}
    connection.execute(text(statement), keys)
    return True
