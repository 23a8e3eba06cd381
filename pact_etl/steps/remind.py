"""Remind: send the meeting reminders that are due, each at most once, and to nobody who may not be written to now."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.county import Meeting
from pact_etl.domain.errors import Permanent, Retryable
from pact_etl.domain.notice import EmailEvent
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.routing import is_protected_since, may_be_reminded
from pact_etl.emails.compose import compose_reminder
from pact_etl.emails.protocol import EmailSender, OutgoingEmail, Uncertain
from pact_etl.store.letter_values import piece_id
from pact_etl.store.outbox import (
    DueEmail,
    advance,
    before_evening,
    claim,
    enqueue,
    lose_orphans,
    printed_evenings,
)
from pact_etl.store.planning import facts_of
from pact_etl.store.quarantine import held_schools
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators, collaborators, email_sender

logger = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 1
"""One claim, one call, one answer: a run that dies leaves one email uncertain and not a hundred."""

WHERE_AND_WHEN = ("date", "starts", "place", "street", "city")


def run(as_of: date) -> StepResult:
    """Remind with this process's own collaborators."""
    return send_reminders(collaborators(), as_of)


def send_reminders(
    using: Collaborators, as_of: date, sender: EmailSender | None = None
) -> StepResult:
    """Send what is due.

    What may not go today stays planned (`not_now`), and goes if the reason is gone in time. Letters that are out are an
    alert where they tell of an evening otherwise than the county does now (`evening_changed`), and where the family is
    protected since (`protected_since`).

    Raises:
        Retryable: the mail service takes nothing now; what was not sent is still planned.
    """
    sender = sender or email_sender(using)
    counts: Counter[str] = Counter()
    meetings = {m.slug: m for m in using.county.meetings}
    with slice_transaction(using.engine, "remind") as connection:
        counts["uncertain"] += lose_orphans(connection)
        enqueue(connection, as_of, using.county.emails.reminder_days, list(meetings))
        not_now, protected = _protected(using, connection, as_of)
        changed = _told_otherwise(connection, meetings, as_of)
    found = {
        "not_now": len(not_now),
        "protected_since": len(protected),
        "evening_changed": changed,
    }
    counts |= {name: n for name, n in found.items() if n}
    if protected:
        codes = ", ".join(piece_id(letter) for letter in sorted(protected))
        logger.error(
            "letters that are out would be held now",
            extra={"letters": codes, "runbook": "protected-since"},
        )
    if changed:
        logger.error(
            "letters that are out tell of an evening that is changed",
            extra={"letters": changed, "runbook": "evening-changed"},
        )
    if sender is None:
        logger.warning("no mail service is configured")
        return StepResult(
            step="remind", status=StepStatus.SKIPPED, as_of=as_of, counts=dict(counts)
        )
    while due := _claim(using, as_of, list(meetings), not_now):
        for email in due:
            counts[_send(using, sender, email, meetings[email.meeting])] += 1
    logger.info("reminded", extra=dict(counts))
    return StepResult(step="remind", status=StepStatus.DONE, as_of=as_of, counts=dict(counts))


def _protected(
    using: Collaborators, connection: Connection, as_of: date
) -> tuple[set[int], set[int]]:
    """Emails that may not go now, and letters that are out and would be held now for a family's sake."""
    out = before_evening(connection, as_of)
    facts = facts_of(
        connection,
        sorted({one.finding for one in out}),
        as_of,
        using.districts,
        held_schools(connection),
        (),
        using.lawful_on(as_of),
    )
    law, rules = using.policy_on(as_of).law, using.county.routing_on(as_of)
    not_now, letters = set(), set()
    for one in out:
        known, address = facts[one.finding], one.address or ""
        if one.email and not may_be_reminded(known, address, as_of, law, rules):
            not_now.add(one.email)
        if is_protected_since(known, one.recipient, as_of, law, rules):
            letters.add(one.letter)
    return not_now, letters


def _told_otherwise(connection: Connection, meetings: Mapping[str, Meeting], as_of: date) -> int:
    """Letters that are out and name another day, hour or place of an evening to come than the county does now."""
    found = 0
    for one in printed_evenings(connection, as_of):
        now = meetings.get(one.slug)
        said = {name: one.printed.get(name) for name in WHERE_AND_WHEN}
        if now is None or said != {name: str(getattr(now, name)) for name in WHERE_AND_WHEN}:
            found += one.letters
    return found


def _claim(
    using: Collaborators, as_of: date, evenings: Sequence[str], not_now: Collection[int]
) -> list[DueEmail]:
    with using.engine.begin() as connection:
        return claim(connection, as_of, CLAIMED_AT_ONCE, evenings, not_now)


def _send(using: Collaborators, sender: EmailSender, due: DueEmail, meeting: Meeting) -> str:
    """Send one claimed email and keep what became of it."""
    email = OutgoingEmail(
        email_id=f"E{due.id}",
        category=due.kind,
        to_address=due.address,
        content=compose_reminder(meeting, using.county.sender, due.language),
    )
    try:
        accepted = sender.send(email)
    except Retryable:
        with using.engine.begin() as connection:
            advance(connection, due.id, EmailEvent.RELEASE)
        raise
    except Permanent:
        return _keep(using, due, EmailEvent.DROP, "dropped", reason="refused")
    except Uncertain:
        return _keep(using, due, EmailEvent.LOSE, "uncertain", reason="no_answer")
    return _keep(using, due, EmailEvent.ACCEPT, "accepted", message_id=accepted.message_id)


def _keep(
    using: Collaborators,
    due: DueEmail,
    event: EmailEvent,
    word: str,
    *,
    message_id: str | None = None,
    reason: str | None = None,
) -> str:
    with using.engine.begin() as connection:
        advance(connection, due.id, event, message_id=message_id, reason=reason)
    return word
