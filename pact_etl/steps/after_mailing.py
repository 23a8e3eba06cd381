"""After mailing: letters that a correction has undone become void, and silence becomes delivery.

What reconcile does once it has read the vendor's answers, inside its transaction: a run that dies leaves nothing half
done, and one that is repeated finds nothing left to do.
"""

import logging
from collections import Counter
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.county import County
from pact_etl.domain.notice import LetterEvent
from pact_etl.domain.reasons import Reason
from pact_etl.store.after_mailing import (
    open_tasks_after_mailing,
    unanswered_letters,
    undone_letters,
)
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.notices import record_event
from pact_etl.store.outbox import withdraw_of_ended
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


def void_undone(using: Collaborators, connection: Connection, as_of: date) -> dict[str, int]:
    """Void every letter that is out and has no student left whose finding was right.

    Its planned emails are withdrawn; it stays void though the days come back. Each student of whom a letter that is out
    says too much is a task, also where the letter goes on standing for another one. No letter is planned by this: the
    task is to call the family and to propose the one that takes the first back.

    Returns:
        `voided` letters, `undone_in_part` letters that stand for another student, `emails_withdrawn`.
    """
    undone = undone_letters(connection, using.policy_on)
    void = [one for one in undone if one.is_void]
    night = min(newest_evaluation(connection) or as_of, as_of)
    record_event(
        connection,
        [one.notice for one in void],
        LetterEvent.VOID,
        source=f"correction of {night}",
        as_of=night,
        detail=Reason.MAILED_THEN_UNDONE.value,
    )
    owner, due_on = using.county.duty_on(Reason.MAILED_THEN_UNDONE, as_of)
    invitations = [i for one in undone for i in one.invitations]
    open_tasks_after_mailing(
        connection, invitations, Reason.MAILED_THEN_UNDONE, owner, as_of, due_on
    )
    counts = Counter(
        voided=len(void),
        undone_in_part=len(undone) - len(void),
        emails_withdrawn=withdraw_of_ended(connection),
    )
    if void:
        extra = {"letters": len(void), "runbook": "mailed-then-undone"}
        logger.warning("letters that are out were undone by a correction", extra=extra)
    return dict(counts)


def take_as_delivered(connection: Connection, county: County, as_of: date) -> int:
    """Count mailed letters as delivered once the county's days have passed and nothing came back; how many.

    The event bears the day on which the days were over, so that a run that comes late says the same.
    """
    taken = 0
    for mailed_on, letters in unanswered_letters(connection, as_of).items():
        day = county.mailing.delivered_on(mailed_on)
        if day is None or as_of < day:
            continue
        record_event(
            connection, letters, LetterEvent.DELIVER, source="nothing came back", as_of=day
        )
        taken += len(letters)
    return taken
