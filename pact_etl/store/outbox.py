"""The email outbox: a row is committed before anything is sent, and claimed before the call."""

from collections.abc import Collection, Mapping, Sequence
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
  AND {INVITES} AND m.slug = ANY(:evenings)
  AND :as_of BETWEEN m.date - :days AND m.date - :days + :grace AND m.date > :as_of
ON CONFLICT (notice_id, kind) DO NOTHING
"""

# A letter that was undone or came back cancels what has not been sent yet.
CANCEL = """
SELECT e.id FROM email e JOIN notice n ON n.id = e.notice_id
WHERE e.status = 'planned' AND n.status NOT IN ('packaged', 'acknowledged', 'mailed', 'delivered')
"""

# Everybody on a letter that is out to an evening to come, by the finding behind it, with the email that is due of it.
BEFORE_EVENING = f"""
SELECT n.id AS letter, n.recipient, n.email AS address, i.finding_id AS finding, e.id AS email
FROM notice n JOIN meeting m ON m.id = n.meeting_id
JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
LEFT JOIN email e ON e.notice_id = n.id AND e.status = 'planned' AND e.send_on <= :as_of
WHERE n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered') AND {INVITES} AND m.date > :as_of
ORDER BY n.id, i.id, e.id
"""

# Evenings to come as letters that are out have printed them.
PRINTED = f"""
SELECT m.slug, n.content->'meeting' AS printed, count(*) AS letters
FROM notice n JOIN meeting m ON m.id = n.meeting_id
WHERE n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered') AND {INVITES}
  AND CAST(n.content->'meeting'->>'date' AS date) >= :as_of
GROUP BY m.slug, n.content->'meeting' ORDER BY m.slug
"""

# While nobody has said whether a letter is wrong, nobody is reminded of it; nor of an evening that is struck off.
CLAIM = """
SELECT e.id, e.kind, e.notice_id, n.email AS address, n.language, m.slug AS meeting
FROM email e JOIN notice n ON n.id = e.notice_id JOIN meeting m ON m.id = n.meeting_id
WHERE e.status = 'planned' AND e.send_on <= :as_of AND m.date > :as_of
  AND m.slug = ANY(:evenings) AND NOT e.id = ANY(:not_now)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeEvening:
    """One student on a letter that is out to an evening to come, and an email of the letter that is due, if any."""

    letter: int
    recipient: str = field(repr=False)
    address: str | None = field(repr=False)
    finding: int
    email: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedEvening:
    """An evening to come as letters that are out have it, and on how many of them it stands so."""

    slug: str
    printed: Mapping[str, object]
    letters: int


def enqueue(
    connection: Connection, as_of: date, reminder_days: Sequence[int], evenings: Sequence[str]
) -> None:
    """Put every reminder that is due into the outbox, once, and cancel those whose letter no longer stands.

    Args:
        connection: inside a transaction.
        as_of: today.
        reminder_days: so many days before an evening.
        evenings: slugs of those that take place.
    """
    for days in reminder_days:
        keys = {"kind": f"reminder_{days}", "days": days, "as_of": as_of, "grace": GRACE_DAYS}
        connection.execute(text(ENQUEUE), keys | {"evenings": list(evenings)})
    withdraw_of_ended(connection)


def withdraw_of_ended(connection: Connection) -> int:
    """Withdraw what is planned of letters that were undone or came back; how many emails that were."""
    planned = connection.execute(text(CANCEL)).all()
    return sum(advance(connection, row.id, EmailEvent.WITHDRAW) for row in planned)


def before_evening(connection: Connection, as_of: date) -> list[BeforeEvening]:
    """Letters that are out to an evening after a day, with each student on them and each email that is due."""
    rows = connection.execute(text(BEFORE_EVENING), {"as_of": as_of}).mappings()
    return [BeforeEvening(**row) for row in rows]


def printed_evenings(connection: Connection, as_of: date) -> list[PrintedEvening]:
    """What letters that are out say of evenings from a date on."""
    rows = connection.execute(text(PRINTED), {"as_of": as_of}).mappings()
    return [PrintedEvening(**row) for row in rows]


def claim(
    connection: Connection,
    as_of: date,
    limit: int,
    evenings: Sequence[str],
    not_now: Collection[int],
) -> list[DueEmail]:
    """Take due emails; commit before sending them.

    Args:
        connection: inside a transaction of its own.
        as_of: today.
        limit: so many at most.
        evenings: slugs of those that take place.
        not_now: emails that stay planned.
    """
    keys = {
        "as_of": as_of,
        "limit": limit,
        "evenings": list(evenings),
        "not_now": sorted(not_now),
    }
    rows = connection.execute(text(CLAIM), keys).mappings().all()
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
