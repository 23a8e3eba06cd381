"""Remind: send the meeting reminders that are due, each at most once."""

import logging
from collections import Counter
from datetime import date

from pact_etl.domain.county import Meeting
from pact_etl.domain.errors import Permanent, Retryable
from pact_etl.domain.notice import EmailEvent
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.emails.compose import compose_reminder
from pact_etl.emails.protocol import EmailSender, OutgoingEmail, Uncertain
from pact_etl.store.outbox import DueEmail, advance, claim, enqueue, lose_orphans
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators, collaborators, email_sender

logger = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 1
"""One claim, one call, one answer: a run that dies leaves one email uncertain and not a hundred."""


def run(as_of: date) -> StepResult:
    """Remind with this process's own collaborators."""
    return send_reminders(collaborators(), as_of)


def send_reminders(
    using: Collaborators, as_of: date, sender: EmailSender | None = None
) -> StepResult:
    """Send what is due.

    Raises:
        Retryable: the mail service takes nothing now; what was not sent is still planned.
    """
    sender = sender or email_sender(using)
    counts: Counter[str] = Counter()
    with slice_transaction(using.engine, "remind") as connection:
        counts["uncertain"] += lose_orphans(connection)
        enqueue(connection, as_of, using.county.emails.reminder_days)
    if sender is None:
        logger.warning("no mail service is configured")
        return StepResult(
            step="remind", status=StepStatus.SKIPPED, as_of=as_of, counts=dict(counts)
        )
    meetings = {m.slug: m for m in using.county.meetings}
    while due := _claim(using, as_of):
        for email in due:
            counts[_send(using, sender, email, meetings[email.meeting])] += 1
    logger.info("reminded", extra=dict(counts))
    return StepResult(step="remind", status=StepStatus.DONE, as_of=as_of, counts=dict(counts))


def _claim(using: Collaborators, as_of: date) -> list[DueEmail]:
    with using.engine.begin() as connection:
        return claim(connection, as_of, CLAIMED_AT_ONCE)


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
