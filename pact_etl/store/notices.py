"""Letters' events and states. Nothing else writes a letter's status."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, bindparam, text

from pact_etl.domain.letter_kind import INVITING
from pact_etl.domain.notice import LETTER, LetterEvent, LetterStatus, UnfitEvent
from pact_etl.domain.reasons import Reason

_INVITING = ", ".join(f"'{kind}'" for kind in sorted(INVITING))
INVITES = f"n.kind IN ({_INVITING})"
"""Of a letter `n`: it asks to an evening. What takes one back or thanks is no letter of that count."""

STORE_EVENT = """
INSERT INTO notice_event (notice_id, event, source, as_of, is_applied, detail)
VALUES (:notice, :event, :source, :as_of, :applied, :detail)
ON CONFLICT (notice_id, event, source) DO NOTHING
"""


def record_event(
    connection: Connection,
    notices: Sequence[int],
    event: LetterEvent,
    *,
    source: str,
    as_of: date,
    detail: str | None = None,
) -> list[int]:
    """Store one event of several letters and advance those that it fits.

    The same event from the same source is stored once, so a repeat changes nothing.

    Args:
        connection: inside a transaction.
        notices: ids.
        event: what happened.
        source: which step, file or person says so.
        as_of: the date it is about.
        detail: a reason code.

    Returns:
        The letters that it did not fit: stored and to be reported, not applied.
    """
    locked = connection.execute(
        text("SELECT id, status FROM notice WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": list(notices)},
    ).all()
    seen = _already_stored(connection, notices, event, source)
    events, moves, unfit = [], [], []
    for row in locked:
        if row.id in seen:
            continue
        after = LETTER.advance(LetterStatus(row.status), event)
        fits = not isinstance(after, UnfitEvent)
        events.append(
            {
                "notice": row.id,
                "event": event.value,
                "source": source,
                "as_of": as_of,
                "applied": fits,
                "detail": detail,
            }
        )
        if isinstance(after, UnfitEvent):
            unfit.append(int(row.id))
        else:
            moves.append({"id": row.id, "status": after.value, "reason": detail})
    if events:
        connection.execute(text(STORE_EVENT), events)
    if moves:
        connection.execute(
            text(
                "UPDATE notice SET status = :status, reason = COALESCE(:reason, reason) WHERE id = :id"
            ),
            moves,
        )
    return unfit


def _already_stored(
    connection: Connection, notices: Sequence[int], event: LetterEvent, source: str
) -> set[int]:
    query = "SELECT notice_id FROM notice_event WHERE notice_id = ANY(:ids) AND event = :event AND source = :source"
    rows = connection.execute(
        text(query), {"ids": list(notices), "event": event.value, "source": source}
    )
    return {row.notice_id for row in rows}


def notices_of(
    connection: Connection, batch_id: int, statuses: Iterable[LetterStatus]
) -> list[int]:
    """Ids of a batch's letters in any of these states, in order."""
    query = text(
        "SELECT id FROM notice WHERE batch_id = :batch AND status IN :statuses ORDER BY id"
    ).bindparams(bindparam("statuses", expanding=True))
    rows = connection.execute(query, {"batch": batch_id, "statuses": [s.value for s in statuses]})
    return [int(row.id) for row in rows]


def place_of(connection: Connection, letter: int) -> tuple[int, LetterStatus] | None:
    """The batch that a letter is in, and its state; None where there is no such letter."""
    query = "SELECT batch_id, status FROM notice WHERE id = :id"
    row = connection.execute(text(query), {"id": letter}).one_or_none()
    return None if row is None else (int(row.batch_id), LetterStatus(row.status))


TAKE_OFF = """
DELETE FROM notice_student s USING notice n
WHERE n.id = s.notice_id AND s.invitation_id = ANY(:ids) AND n.status IN ('planned', 'approved', 'rendered')
  AND EXISTS (SELECT FROM notice_student o WHERE o.notice_id = n.id AND NOT o.invitation_id = ANY(:ids))
"""


STRANDED = f"""
SELECT i.id FROM invitation i
WHERE i.status = 'planned' AND (i.id = ANY(:undone) OR i.id IN (
  SELECT s.invitation_id FROM notice_student s JOIN notice n ON n.id = s.notice_id
  WHERE n.id = ANY(:failed) AND n.replaces_id IS NULL AND {INVITES}))
ORDER BY i.id
"""


WITHDRAW_INVITATION = """
UPDATE invitation i SET status = 'withdrawn', reason = :reason WHERE i.id = :id
  AND NOT EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id WHERE s.invitation_id = i.id
    AND n.status IN ('packaged', 'acknowledged', 'mailed', 'delivered', 'void'))
"""


def withdraw_students(connection: Connection, reasons: Mapping[int, Reason]) -> None:
    """Withdraw invitations, each for its reason, and take their students off letters that go on without them.

    A letter that loses all its students keeps them on record, so that it can be said whom it would have been about. An
    invitation that another home holds already goes on: taken back, it would be sent there a second time.
    """
    if not reasons:
        return
    connection.execute(text(TAKE_OFF), {"ids": list(reasons)})
    connection.execute(
        text(WITHDRAW_INVITATION),
        [{"id": i, "reason": reason.value} for i, reason in sorted(reasons.items())],
    )


def stranded_homes(
    connection: Connection, undone: Sequence[int], failed: Sequence[int]
) -> list[int]:
    """Invitations that go on with another home's letter, though the letter of one of their homes does not leave.

    Args:
        connection: after `withdraw_students` and `close_invitations_without_letters`.
        undone: invitations that a letter which is still here no longer carries.
        failed: letters that cannot be set; of one that was made again its own task tells (`plan_retries`).
    """
    keys = {"undone": list(undone), "failed": list(failed)}
    return list(connection.execute(text(STRANDED), keys).scalars())


def book_pages(connection: Connection, pages: Mapping[int, tuple[int, int]]) -> None:
    """Keep where each letter stands in its batch's PDF: first page, counted from 1, and number of pages."""
    connection.execute(
        text("UPDATE notice SET first_page = :first, pages = :pages WHERE id = :id"),
        [{"id": i, "first": first, "pages": count} for i, (first, count) in sorted(pages.items())],
    )


def forget_pages(connection: Connection, letters: Sequence[int]) -> None:
    """Letters that were set and go into no package have no place in one."""
    statement = "UPDATE notice SET first_page = NULL, pages = NULL WHERE id = ANY(:ids)"
    connection.execute(text(statement), {"ids": list(letters)})


def close_invitations_without_letters(
    connection: Connection, batch_id: int, status: str, reason: str
) -> None:
    """Set a batch's planned invitations whose letters all ended to `held` or `withdrawn`, with a reason."""
    statement = """
        UPDATE invitation i SET status = :status, reason = :reason
        WHERE i.status = 'planned'
          AND i.id IN (SELECT s.invitation_id FROM notice_student s JOIN notice n ON n.id = s.notice_id
                       WHERE n.batch_id = :batch)
          AND NOT EXISTS (SELECT FROM notice_student s JOIN notice n ON n.id = s.notice_id
                          WHERE s.invitation_id = i.id AND n.status NOT IN ('withdrawn', 'failed', 'rejected'))
    """
    connection.execute(text(statement), {"batch": batch_id, "status": status, "reason": reason})
