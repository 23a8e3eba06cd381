"""Approve: show a batch to a person, and keep the answer.

`propose` closes the batch to further planning, so that what is approved is what was shown; `decide_on` records who said
what and why; `expire_unanswered` records that nobody answered in time. Nothing leaves here.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pact_etl.domain.approval import YES, Answer, Outcome, Said, outcome_of, require_whole
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import Letter
from pact_etl.domain.notice import LetterEvent, LetterStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.letters import find_unprintable, render_proof
from pact_etl.steps.proposal import Shown, body_of, spread
from pact_etl.steps.pull import notice_of, take_out
from pact_etl.steps.recheck import recheck
from pact_etl.store.approvals import answers_of, keep_answer
from pact_etl.store.barcodes import draw_barcodes
from pact_etl.store.batches import RELEASED, Batch, decide_batch, get_batch, set_batch
from pact_etl.store.letter_values import compose_letters, notice_id, piece_id
from pact_etl.store.notices import close_invitations_without_letters, notices_of, record_event
from pact_etl.store.proposals import changes, districts_of, letters_before, make_up
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import open_batch_tasks
from pact_etl.wiring import Collaborators, collaborators, this_moment

logger = logging.getLogger(__name__)

SAMPLES = 10
PROOF_PAGE = "/pact/proofs/{batch}.pdf"
"""Where the plugin serves a batch's proof to whoever is signed in and may answer for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an approver is asked; subject and body hold counts and anonymised samples only.

    Attributes:
        proof: the file that the body's link shows.
        answer_by: the vendor's cut-off, by which the answer must be there; None where no moment was given.
        release_from: from when on what is approved is handed over.
    """

    subject: str
    body: str
    proof: Path
    answer_by: datetime | None
    release_from: datetime | None


def describe(batch_id: int) -> Proposal:
    """Describe with this process's own collaborators, for the cut-off after this moment."""
    return propose(collaborators(), batch_id, this_moment())


def propose(using: Collaborators, batch_id: int, now: datetime | None = None) -> Proposal:
    """Put a batch before an approver: counts, changes, holds, samples and a proof.

    Args:
        using: collaborators.
        batch_id: an open batch, or one that is being shown.
        now: when it is shown for the first time; the vendor's next cut-off after it is the batch's own from then on.

    Raises:
        UsageError: the batch was decided already.
    """
    county = using.county
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status not in {"open", "proposed"}:
            raise UsageError(f"batch {batch_id} is {batch.status}")
        answer_by = batch.answer_by or _next_cut_off(using, now)
        set_batch(connection, batch_id, status="proposed", answer_by=answer_by)
        draw_barcodes(connection, batch_id, batch.as_of, county.mailing.identity_on(batch.as_of))
        seen = recheck(using, connection, batch_id, batch.as_of)
        letters = compose_letters(
            connection, county, using.languages_of(), seen.as_of, seen.standing, seen.records
        )
        unfit = find_unprintable(letters, county.sender) if letters else {}
        placed = districts_of(connection, batch_id)
        samples = spread(
            [
                (placed.get(notice_id(x.piece_id), ""), x)
                for x in letters
                if x.piece_id not in unfit
            ],
            SAMPLES,
        )
        shown = Shown(
            night=batch.as_of,
            record_as_of=seen.as_of,
            letters=len(letters),
            make_up=make_up(connection, batch_id),
            before=letters_before(connection, batch.as_of, county.mailing.usual_volume.weeks),
            changes=changes(connection, batch_id, batch.as_of),
            undone=Counter(seen.undone.values()),
            without_barcode=sum(not letter.imb for letter in letters),
            unfit=len(unfit),
            samples=samples,
            said=answers_of(connection, batch_id),
            answer_by=answer_by,
            release_from=_release_from(using, answer_by),
            proof=PROOF_PAGE.format(batch=batch_id),
        )
    proof = write_proof(using, batch_id, [letter for _, letter in samples])
    return Proposal(
        subject=f"Approve {len(letters)} letters of {batch.as_of.isoformat()}",
        body=body_of(shown, county),
        proof=proof,
        answer_by=shown.answer_by,
        release_from=shown.release_from,
    )


def decide(
    batch_id: int, answer: str, *, by: str, reason: str, letters: str, at: datetime
) -> StepResult:
    """Decide with this process's own collaborators; `letters` as `pieces_in` reads them."""
    using, said, pieces = collaborators(), Answer(answer), pieces_in(letters)
    return answer_on(using, batch_id, said, by=by, reason=reason, pieces=pieces, at=at)


def check(
    batch_id: int, answer: str, *, by: str, reason: str, letters: str, is_second: bool
) -> None:
    """Whether an answer can be taken, before it is; with this process's own collaborators.

    Raises:
        UsageError: see `answer_on`; a second approver must be another person than the first.
    """
    using = collaborators()
    with using.engine.connect() as connection:
        batch = get_batch(connection, batch_id)
        said = _said(Answer(answer), by, reason, pieces_in(letters))
        if is_second and said.answer in YES and _has_said_yes(connection, batch_id, by):
            raise UsageError("the second approver must be another person than the first")
        _require(using, connection, batch, said)


def pieces_in(text: str) -> list[str]:
    """Letters' codes out of a form's field, between commas or spaces."""
    return text.replace(",", " ").split()


def decide_on(
    using: Collaborators, batch_id: int, *, approved: bool, by: str, reason: str
) -> StepResult:
    """Keep a yes or a no to a whole batch; see `answer_on`."""
    answer = Answer.ALL if approved else Answer.NONE
    return answer_on(using, batch_id, answer, by=by, reason=reason)


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
    said = _said(answer, by, reason, pieces)
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
    _require(using, connection, batch, said)
    keep_answer(connection, batch.id, said)
    if said.letters:
        take_out(using, connection, batch, sorted(said.letters))
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
        rejected = Reason.BATCH_REJECTED
        close_invitations_without_letters(connection, batch.id, "held", rejected.value)
        owner, due = using.county.duty_on(rejected, batch.as_of)
        open_batch_tasks(connection, batch.id, rejected.value, owner, batch.as_of, due)
    return outcome, len(letters)


def _require(using: Collaborators, connection: Connection, batch: Batch, said: Said) -> None:
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


def _said(answer: Answer, by: str, reason: str, pieces: Sequence[str]) -> Said:
    letters = frozenset(notice_of(piece) for piece in pieces)
    return Said(answer=answer, by=by, reason=reason, letters=letters)


def _has_said_yes(connection: Connection, batch_id: int, by: str) -> bool:
    return any(one.answer in YES and one.is_by(by) for one in answers_of(connection, batch_id))


def _as_before(batch: Batch, said: Said, earlier: Sequence[Said]) -> Outcome | None:
    """What an answer that was given before had come to; None where it is a new one."""
    is_approved = batch.status == "approved" or batch.status in RELEASED
    if said.answer is Answer.ALL and is_approved:
        return Outcome.APPROVED
    if said.answer is Answer.NONE and batch.status == "rejected":
        return Outcome.REJECTED
    same = [x for x in earlier if x.is_by(said.by) and x.answer in YES]
    if said.answer in YES and any(x.letters == said.letters for x in same):
        return Outcome.APPROVED if is_approved else Outcome.WAITING
    if said.answer in YES and same and batch.status == "proposed":
        raise UsageError("you have said yes already; pull a letter, or let another person answer")
    return None


def expire(batch_id: int) -> StepResult:
    """Expire with this process's own collaborators."""
    return expire_unanswered(collaborators(), batch_id)


def expire_unanswered(using: Collaborators, batch_id: int) -> StepResult:
    """Too few answered by the cut-off: nothing leaves, and the next night plans these letters anew."""
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status not in {"open", "proposed"}:
            return _expired(batch, 0)
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
    # Airflow's log shows the text alone, so the text names the batch and the heading of the runbook.
    said = "nobody approved batch %s by the cut-off: nothing leaves; runbook: approval-missing"
    extra = {"batch": batch_id, "letters": len(letters), "runbook": "approval-missing"}
    logger.error(said, batch_id, extra=extra)
    return _expired(batch, len(letters))


def write_proof(using: Collaborators, batch_id: int, letters: Sequence[Letter]) -> Path:
    """Set samples of a batch under a watermark, for the approver's eyes; returns the file."""
    path = using.settings.proof(batch_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}")
    aside.touch(mode=0o600)
    aside.write_bytes(render_proof(letters, using.county.sender).pdf if letters else b"")
    aside.replace(path)
    return path


def _next_cut_off(using: Collaborators, now: datetime | None) -> datetime | None:
    if now is None:
        return None
    return using.county.vendor.next_cut_off(now, ZoneInfo(using.county.time_zone))


def _release_from(using: Collaborators, answer_by: datetime | None) -> datetime | None:
    if answer_by is None:
        return None
    return using.county.vendor.release_from(answer_by, ZoneInfo(using.county.time_zone))


def _result(batch: Batch, outcome: Outcome, letters: int, taken_out: int) -> StepResult:
    counts = {outcome.value: letters} | ({"taken_out": taken_out} if taken_out else {})
    return StepResult(
        step="approve",
        status=StepStatus.DONE,
        as_of=batch.as_of,
        counts=counts,
        ids={"batch": batch.id},
    )


def _expired(batch: Batch, letters: int) -> StepResult:
    return StepResult(
        step="approve",
        status=StepStatus.DONE,
        as_of=batch.as_of,
        counts={"expired": letters},
        ids={"batch": batch.id},
    )
