"""After mailing: letters that a correction has undone become void, and silence becomes delivery.

What reconcile does once it has read the vendor's answers, inside its transaction: a run that dies leaves nothing half
done, and one that is repeated finds nothing left to do.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.county import County
from pact_etl.domain.notice import LetterEvent
from pact_etl.domain.reasons import Reason
from pact_etl.domain.void_brake import VoidAnswer
from pact_etl.store.after_mailing import (
    OUT,
    UndoneLetter,
    hold_unreached,
    unanswered_letters,
    undone_letters,
)
from pact_etl.store.evaluations import newest_evaluation
from pact_etl.store.notices import record_event
from pact_etl.store.outbox import withdraw_of_ended
from pact_etl.store.tasks import open_tasks_of, open_tasks_of_letters
from pact_etl.store.void_waits import (
    close_tasks_of_waits,
    end_waits,
    let_wait,
    letters_out,
    standing_waits,
    tasked,
    voided_unasked,
)
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


def void_undone(using: Collaborators, connection: Connection, as_of: date) -> dict[str, int]:
    """Void every letter that is out and has no student left whose finding was right.

    Its planned emails are withdrawn; it stays void though the days come back. Each student of whom a letter that is out
    says too much is a task, also where the letter goes on standing for another one. No letter is planned by this: the
    task is to call the family and to propose the one that takes the first back.

    Where unusually many letters of a district are undone at once, all of them wait until a named person has answered
    (`pact_etl.steps.voids`), each with a task; those whose record says again what it had said wait no longer.

    Returns:
        `voided` letters, `undone_in_part` letters that stand for another student, `voids_waiting` letters that nobody
        has answered for, `emails_withdrawn`.
    """
    undone = undone_letters(connection, using.policy_on)
    night = min(newest_evaluation(connection) or as_of, as_of)
    source = f"correction of {night}"
    let_go = {wait.notice for wait in standing_waits(connection)} - {one.notice for one in undone}
    end_waits(connection, let_go, as_of)
    waiting = _waiting(using, connection, undone, night, source)
    _open_tasks(using.county, connection, waiting, Reason.VOID_WAITS, as_of, again=True)
    declined = _answered(connection, VoidAnswer.DECLINED)
    left = {one.notice for one in waiting} | {notice for notice, _ in declined}
    acted_on = [one for one in undone if one.notice not in left]
    void = [one for one in acted_on if one.is_void]
    record_event(
        connection,
        [one.notice for one in void],
        LetterEvent.VOID,
        source=source,
        as_of=night,
        detail=Reason.MAILED_THEN_UNDONE.value,
    )
    _open_tasks(using.county, connection, acted_on, Reason.MAILED_THEN_UNDONE, as_of, again=False)
    end_waits(connection, [one.notice for one in void], as_of)
    close_tasks_of_waits(connection, as_of)
    counts = Counter(
        voided=len(void),
        undone_in_part=len(acted_on) - len(void),
        voids_waiting=len(waiting),
        emails_withdrawn=withdraw_of_ended(connection),
    )
    if void:
        extra = {"letters": len(void), "runbook": "mailed-then-undone"}
        logger.warning("letters that are out were undone by a correction", extra=extra)
    return dict(counts)


def _waiting(
    using: Collaborators,
    connection: Connection,
    undone: Sequence[UndoneLetter],
    night: date,
    source: str,
) -> list[UndoneLetter]:
    """Book and return the undone letters that nobody may touch before a person has answered."""
    approved = _answered(connection, VoidAnswer.APPROVED)
    declined = {notice for notice, _ in _answered(connection, VoidAnswer.DECLINED)}
    said = tasked(
        connection, [i for one in undone for i in one.invitations], Reason.MAILED_THEN_UNDONE.value
    )
    # A letter that stands for another student stays undone in part for ever; it is said once.
    new = [one for one in undone if one.is_void or not said.issuperset(one.invitations)]
    asked = {
        one: frozenset(d for d in one.districts if (one.notice, d) not in approved)
        for one in new
        if one.notice not in declined
    }
    out = letters_out(connection, OUT, using.year_of(night).first)
    before = voided_unasked(connection, source)
    brake = using.county.mailing.void_brake_on(night)
    now = Counter(d for districts in asked.values() for d in districts)
    unanswered = {w.district_id for w in standing_waits(connection) if w.answer is None}
    braked = unanswered | {
        d
        for d, count in now.items()
        if brake.holds(count + before.get(d, 0), out.get(d, 0) + before.get(d, 0))
    }
    waits = {one: districts & braked for one, districts in asked.items() if districts & braked}
    let_wait(connection, {one.notice: districts for one, districts in waits.items()}, night)
    return list(waits)


def _answered(connection: Connection, answer: VoidAnswer) -> set[tuple[int, int]]:
    """Letter and district of every standing wait that was answered so."""
    waits = standing_waits(connection)
    return {(wait.notice, wait.district_id) for wait in waits if wait.answer is answer}


def _open_tasks(
    county: County,
    connection: Connection,
    letters: Sequence[UndoneLetter],
    reason: Reason,
    as_of: date,
    *,
    again: bool,
) -> None:
    owner, due_on = county.duty_on(reason, as_of)
    invitations = [i for one in letters for i in one.invitations]
    open_tasks_of(connection, invitations, reason, owner, as_of, due_on, again=again)


def open_tasks_after_return(
    connection: Connection, county: County, letters: Sequence[int], as_of: date
) -> None:
    """Make work of letters that have just come back.

    An invitation that no home holds any more waits as `mail_returned`: the next planning writes to another adult with
    rights at another address, or leaves it waiting until the district has one or somebody has telephoned.
    """
    owner, due_on = county.duty_on(Reason.LETTER_RETURNED, as_of)
    open_tasks_of_letters(connection, letters, Reason.LETTER_RETURNED, owner, as_of, due_on)
    unreached = hold_unreached(connection, letters)
    owner, due_on = county.duty_on(Reason.MAIL_RETURNED, as_of)
    open_tasks_of(connection, unreached, Reason.MAIL_RETURNED, owner, as_of, due_on, again=True)


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
