"""Answer: keep what a named person says of a batch, and act on it; or that too few said anything in time.

Nothing leaves here.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pact_etl.domain.approval import YES, Answer, Outcome, Said, outcome_of, require_whole
from pact_etl.domain.errors import UsageError
from pact_etl.domain.notice import LetterEvent, LetterStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.plan_retries import open_tasks_of_ended_retries
from pact_etl.steps.pull import notice_of, take_out
from pact_etl.store.approvals import answers_of, keep_answer
from pact_etl.store.batches import RELEASED, Batch, decide_batch, get_batch, set_batch
from pact_etl.store.follow_ups import hold_ended
from pact_etl.store.holds import end_clearances
from pact_etl.store.letter_values import piece_id
from pact_etl.store.notices import close_invitations_without_letters, notices_of, record_event
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import open_batch_tasks
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


def answer_on(
    using: Collaborators,
    batch_id: int,
    answer: Answer,
    *,
    by: str,
    reason: str,
    pieces: Sequence[str] = (),
    at: datetime | None = None,
) -> StepResult:
    """Keep a named person's answer, and act on it; the same answer again changes nothing.

    Letters that a yes leaves out are taken out at once, whoever else has to answer. `counts` says what it came to:
    `approved`, `rejected` or `waits_for_another`, and `taken_out`.

    Args:
        using: collaborators.
        batch_id: a batch that was shown.
        answer: all, all but some, or none.
        by: who says so.
        reason: why; needed by everything but a plain yes, and by that where the county says so.
        pieces: codes of the letters left out, with all but some only.
        at: when the answer was given; from the cut-off on it comes too late, and the batch expires.

    Raises:
        UsageError: nobody or no reason is named, a letter is not in the batch, the batch was not shown, it was decided
            otherwise, or the cut-off is past; nothing is decided then.
    """
    said = said_of(answer, by, reason, pieces)
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        earlier = answers_of(connection, batch_id)
        if (done := _as_before(batch, said, earlier)) is not None:
            return _result(batch, done, 0, 0)
        is_late = at is not None and batch.answer_by is not None and at >= batch.answer_by
        if not is_late:
            outcome, letters = _take(using, connection, batch, said, earlier)
    if is_late:
        expire_unanswered(using, batch_id)
        raise UsageError(f"the cut-off of batch {batch_id} is past; nothing leaves")
    extra = {"batch": batch_id, "decision": outcome.value, "letters": letters}
    logger.info("batch decided", extra=extra | {"taken_out": len(said.letters)})
    return _result(batch, outcome, letters, len(said.letters))


def _take(
    using: Collaborators,
    connection: Connection,
    batch: Batch,
    said: Said,
    earlier: Sequence[Said],
) -> tuple[Outcome, int]:
    """Keep an answer and act on it; what it comes to, and for how many letters."""
    require_takeable(using, connection, batch, said)
    keep_answer(connection, batch.id, said)
    if said.letters:
        take_out(using, connection, batch, sorted(said.letters), said.by)
    answers = [*earlier, said]
    outcome = outcome_of(answers, using.county.mailing.approvers_on(batch.as_of))
    letters = notices_of(connection, batch.id, [LetterStatus.PLANNED])
    if outcome is Outcome.WAITING:
        return outcome, len(letters)
    those = [one for one in answers if (one.answer in YES) == (outcome is Outcome.APPROVED)]
    deciders = [one for one in those if one.answer is not Answer.PULL]
    by = ", ".join(one.by.strip() for one in deciders)
    reason = "; ".join(one.reason.strip() for one in deciders if one.reason.strip())
    decide_batch(connection, batch.id, outcome.value, by, reason)
    event = LetterEvent.APPROVE if outcome is Outcome.APPROVED else LetterEvent.REJECT
    source = f"batch:{batch.id}"
    record_event(connection, letters, event, source=source, as_of=batch.as_of)
    if outcome is Outcome.REJECTED:
        rejected, ended = Reason.BATCH_REJECTED, [LetterStatus.REJECTED]
        end_clearances(connection, letters, batch.as_of, by)
        owner, due = using.county.duty_on(rejected, batch.as_of)
        hold_ended(connection, batch.id, ended, rejected, owner, batch.as_of, due)
        close_invitations_without_letters(connection, batch.id, "held", rejected.value)
        open_batch_tasks(connection, batch.id, rejected.value, owner, batch.as_of, due)
        open_tasks_of_ended_retries(connection, using.county, batch.id, ended, batch.as_of)
    return outcome, len(letters)


def require_takeable(
    using: Collaborators, connection: Connection, batch: Batch, said: Said
) -> None:
    """Refuse an answer that cannot be taken; see `answer_on`."""
    require_whole(said, using.county.mailing.approvers_on(batch.as_of))
    if batch.status != "proposed":
        raise UsageError(f"batch {batch.id} is {batch.status}, not waiting for an answer")
    planned = set(notices_of(connection, batch.id, [LetterStatus.PLANNED]))
    if unknown := sorted(said.letters - planned):
        named = ", ".join(piece_id(letter) for letter in unknown)
        raise UsageError(f"not waiting in batch {batch.id}: {named}")
    if (said.answer is Answer.ALL_BUT) != bool(said.letters):
        raise UsageError("all but some names the letters to leave out, and no other answer does")
    if said.letters and said.letters == planned:
        raise UsageError("these are all letters of the batch; answer none")


def said_of(answer: Answer, by: str, reason: str, pieces: Sequence[str]) -> Said:
    """An answer out of what a person typed.

    Raises:
        UsageError: a letter's code is none.
    """
    letters = frozenset(notice_of(piece) for piece in pieces)
    return Said(answer=answer, by=by, reason=reason, letters=letters)


def has_said_yes(connection: Connection, batch_id: int, by: str) -> bool:
    """Whether a person's yes to a batch is kept already."""
    return any(one.answer in YES and one.is_by(by) for one in answers_of(connection, batch_id))


def _as_before(batch: Batch, said: Said, earlier: Sequence[Said]) -> Outcome | None:
    """What an answer that was given before had come to; None where it is a new one."""
    is_approved = batch.status == "approved" or batch.status in RELEASED
    if said.answer is Answer.ALL and is_approved:
        return Outcome.APPROVED
    if said.answer is Answer.NONE and batch.status == "rejected":
        return Outcome.REJECTED
    same = [x for x in earlier if x.is_by(said.by) and x.answer in YES]
    if any(x.letters == said.letters for x in same) and said.answer in YES:
        if is_approved:
            return Outcome.APPROVED
        if batch.status == "proposed":  # another one's no, or the cut-off, has ended it otherwise
            return Outcome.WAITING
    if said.answer in YES and same and batch.status == "proposed":
        raise UsageError("you have said yes already; pull a letter, or let another person answer")
    return None


def expire_unanswered(using: Collaborators, batch_id: int) -> StepResult:
    """Too few answered by the cut-off: nothing leaves, and the next night plans these letters anew."""
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status not in {"open", "proposed"}:
            return _done(batch, {"expired": 0})
        letters = notices_of(connection, batch_id, [LetterStatus.PLANNED])
        set_batch(connection, batch_id, status="expired")
        record_event(
            connection,
            letters,
            LetterEvent.WITHDRAW,
            source=f"batch:{batch_id}",
            as_of=batch.as_of,
            detail=Reason.APPROVAL_EXPIRED.value,
        )
        close_invitations_without_letters(
            connection, batch_id, "withdrawn", Reason.APPROVAL_EXPIRED.value
        )
    extra = {"batch": batch_id, "letters": len(letters), "runbook": "approval-missing"}
    logger.error("nobody approved by the cut-off; nothing leaves", extra=extra)
    return _done(batch, {"expired": len(letters)})


def _result(batch: Batch, outcome: Outcome, letters: int, taken_out: int) -> StepResult:
    return _done(batch, {outcome.value: letters} | ({"taken_out": taken_out} if taken_out else {}))


def _done(batch: Batch, counts: dict[str, int]) -> StepResult:
    return StepResult(
        step="approve",
        status=StepStatus.DONE,
        as_of=batch.as_of,
        counts=counts,
        ids={"batch": batch.id},
    )
