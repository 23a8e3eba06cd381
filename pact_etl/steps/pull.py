"""Pull: a named person takes one letter out of its batch, or all, until the moment their package is handed over.

Pulling and releasing lock the same slice and the same batch, so one of them comes first: a letter that is pulled is in
no package, and a package that is out cannot be pulled from.
"""

import logging
import re
from collections.abc import Sequence

from sqlalchemy import Connection

from pact_etl.domain.approval import Answer, Said, require_whole
from pact_etl.domain.errors import UsageError
from pact_etl.domain.notice import LetterEvent, LetterStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.plan_retries import open_tasks_of_ended_retries
from pact_etl.store.approvals import answers_of, keep_answer
from pact_etl.store.batches import Batch, get_batch
from pact_etl.store.follow_ups import hold_ended, of_their_own
from pact_etl.store.holds import end_clearances
from pact_etl.store.letter_values import notice_id
from pact_etl.store.notices import (
    close_invitations_without_letters,
    forget_pages,
    notices_of,
    place_of,
    record_event,
)
from pact_etl.store.packages import package_of
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import open_tasks_of_letters
from pact_etl.wiring import Collaborators, collaborators, vendor_folder

logger = logging.getLogger(__name__)

_PIECE = re.compile(r"P[0-9]{10}", re.ASCII)
_WAITING = {LetterStatus.PLANNED, LetterStatus.APPROVED, LetterStatus.RENDERED}
_STAYED = {
    LetterStatus.HELD,
    LetterStatus.WITHDRAWN,
    LetterStatus.REJECTED,
    LetterStatus.FAILED,
}


def run(piece: str, by: str, reason: str) -> StepResult:
    """Pull with this process's own collaborators."""
    return pull(collaborators(), piece, by=by, reason=reason)


def pull(using: Collaborators, piece: str, *, by: str, reason: str) -> StepResult:
    """Take one letter out of its batch; pulling it again changes nothing.

    Args:
        using: collaborators.
        piece: the code on the letter, `P` and ten digits.
        by: who says so.
        reason: why, for whoever decides again.

    Raises:
        UsageError: there is no such letter, nobody or no reason is named, or its package is handed over already.
    """
    letter = notice_of(piece)
    with slice_transaction(using.engine, "release") as connection:
        batch_id, _ = _found(connection, letter, piece)
        batch = get_batch(connection, batch_id, lock=True)
        said = Said(answer=Answer.PULL, by=by, reason=reason, letters=frozenset({letter}))
        require_whole(said, using.county.mailing.approvers_on(batch.as_of))
        _, status = _found(connection, letter, piece)  # once more: the batch is ours now
        was_taken = any(letter in one.letters for one in answers_of(connection, batch_id))
        if status is LetterStatus.REJECTED and was_taken:
            return _result(batch, 0)
        if status in _STAYED:
            raise UsageError(f"{piece} is {status.value} and leaves with no package")
        if status not in _WAITING or is_out(using, connection, letter):
            raise UsageError(f"{piece} was handed over to the vendor already; it cannot be pulled")
        keep_answer(connection, batch_id, said)
        take_out(using, connection, batch, [letter], by)
    logger.info("letter pulled", extra={"batch": batch_id, "letter": piece})
    return _result(batch, 1)


def run_batch(batch: int, by: str, reason: str) -> StepResult:
    """Pull what is left of a batch with this process's own collaborators."""
    return pull_batch(collaborators(), batch, by=by, reason=reason)


def pull_batch(using: Collaborators, batch_id: int, *, by: str, reason: str) -> StepResult:
    """Take every letter out of a batch that is not out yet; doing it again changes nothing.

    Args:
        using: collaborators.
        batch_id: the batch.
        by: who says so.
        reason: why, for whoever decides again.

    Returns:
        how many were `pulled`, and how many the vendor has already (`out`).

    Raises:
        UsageError: there is no such batch, or nobody or no reason is named.
    """
    with slice_transaction(using.engine, "release") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        waiting = notices_of(connection, batch_id, sorted(_WAITING))
        letters = [one for one in waiting if not is_out(using, connection, one)]
        out = len(notices_of(connection, batch_id, sorted(set(LetterStatus) - _WAITING - _STAYED)))
        out += len(waiting) - len(letters)
        if letters:
            said = Said(answer=Answer.PULL, by=by, reason=reason, letters=frozenset(letters))
            require_whole(said, using.county.mailing.approvers_on(batch.as_of))
            keep_answer(connection, batch_id, said)
            take_out(using, connection, batch, letters, by)
    logger.info("batch pulled", extra={"batch": batch_id, "pulled": len(letters), "out": out})
    return _result(batch, len(letters), out=out)


def take_out(
    using: Collaborators, connection: Connection, batch: Batch, letters: Sequence[int], by: str
) -> None:
    """Reject single letters of a batch; their invitations wait for a person, each with a task.

    Args:
        using: for whose work it is.
        connection: inside a transaction that holds the batch's row.
        batch: theirs.
        letters: ids.
        by: who says so.
    """
    reason = Reason.LETTER_TAKEN_OUT
    end_clearances(connection, letters, batch.as_of, by)
    source = f"batch:{batch.id}"
    record_event(
        connection,
        letters,
        LetterEvent.REJECT,
        source=source,
        as_of=batch.as_of,
        detail=reason.value,
    )
    forget_pages(connection, letters)
    owner, due_on = using.county.duty_on(reason, batch.as_of)
    ended = [LetterStatus.REJECTED]
    hold_ended(connection, batch.id, ended, reason, owner, batch.as_of, due_on)
    close_invitations_without_letters(connection, batch.id, "held", reason.value)
    own = of_their_own(connection, letters)  # `hold_ended` has seen to the others
    open_tasks_of_letters(connection, own, reason, owner, batch.as_of, due_on)
    open_tasks_of_ended_retries(connection, using.county, batch.id, ended, batch.as_of)


def notice_of(piece: str) -> int:
    """The letter that a code names.

    Raises:
        UsageError: it is no such code.
    """
    if not _PIECE.fullmatch(piece.strip()):
        raise UsageError("a letter's code is P and ten digits")
    return notice_id(piece.strip())


def is_out(using: Collaborators, connection: Connection, letter: int) -> bool:
    """Whether the vendor can have a letter's package, booked or not."""
    package = package_of(connection, letter)
    if package is None or package.name is None:
        return False
    return package.is_out or vendor_folder(using.settings).is_announced(package.name)


def _found(connection: Connection, letter: int, piece: str) -> tuple[int, LetterStatus]:
    place = place_of(connection, letter)
    if place is None:
        raise UsageError(f"no letter {piece}")
    return place


def _result(batch: Batch, pulled: int, **counts: int) -> StepResult:
    return StepResult(
        step="pull",
        status=StepStatus.DONE,
        as_of=batch.as_of,
        counts={"pulled": pulled, **counts},
        ids={"batch": batch.id},
    )
