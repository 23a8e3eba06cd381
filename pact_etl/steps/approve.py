"""Approve: show a batch to a person, and keep the answer.

`describe` closes the batch to further planning, so that what is approved is what was shown; `decide` records who said
what and why; `expire` records that nobody answered in time. Nothing leaves here.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import Letter, Missed, StudentRecord
from pact_etl.domain.notice import LetterEvent, LetterStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.letters import find_unprintable, render_proof
from pact_etl.settings import Settings
from pact_etl.steps.recheck import Recheck, recheck
from pact_etl.store.barcodes import draw_barcodes
from pact_etl.store.batches import RELEASED, Batch, decide_batch, get_batch, letters_by, set_batch
from pact_etl.store.invitations import planning_counts
from pact_etl.store.letter_values import compose_letters
from pact_etl.store.notices import close_invitations_without_letters, notices_of, record_event
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import open_batch_tasks
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)

PROOF_LETTERS = 10
SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an approver is asked; holds counts and anonymised samples only."""

    subject: str
    body: str


def describe(batch_id: int) -> Proposal:
    """Describe with this process's own collaborators."""
    return propose(collaborators(), batch_id)


def propose(using: Collaborators, batch_id: int) -> Proposal:
    """Put a batch before an approver: counts, holds, samples and a proof.

    Raises:
        UsageError: the batch was decided already.
    """
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status not in {"open", "proposed"}:
            raise UsageError(f"batch {batch_id} is {batch.status}")
        set_batch(connection, batch_id, status="proposed")
        identity = using.county.mailing.identity_on(batch.as_of)
        draw_barcodes(connection, batch_id, batch.as_of, identity)
        seen = recheck(using, connection, batch_id, batch.as_of)
        letters = compose_letters(
            connection, using.county, using.languages_of(), seen.as_of, seen.standing, seen.records
        )
        by_district = letters_by(connection, batch_id)
        _, held = planning_counts(connection, batch_id)
    unfit = find_unprintable(letters, using.county.sender) if letters else {}
    proof = write_proof(using, batch, [one for one in letters if one.piece_id not in unfit])
    subject = f"Approve {len(letters)} letters of {batch.as_of.isoformat()}"
    body = _body(batch, letters, by_district, held, seen, proof, len(unfit))
    return Proposal(subject=subject, body=body)


def decide(batch_id: int, *, approved: bool, by: str, reason: str) -> StepResult:
    """Decide with this process's own collaborators."""
    return decide_on(collaborators(), batch_id, approved=approved, by=by, reason=reason)


def decide_on(
    using: Collaborators, batch_id: int, *, approved: bool, by: str, reason: str
) -> StepResult:
    """Keep a named person's answer; the same answer again changes nothing.

    Raises:
        UsageError: nobody is named, the batch was not shown, or it was decided otherwise.
    """
    if not by.strip():
        raise UsageError("an approval needs the name of who gives it")
    wanted = "approved" if approved else "rejected"
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status == wanted or (approved and batch.status in RELEASED):
            return _result(batch, wanted, [])
        if batch.status != "proposed":
            raise UsageError(f"batch {batch_id} is {batch.status}, not waiting for an answer")
        letters = notices_of(connection, batch_id, [LetterStatus.PLANNED])
        decide_batch(connection, batch_id, wanted, by, reason)
        event = LetterEvent.APPROVE if approved else LetterEvent.REJECT
        record_event(connection, letters, event, source=f"batch:{batch_id}", as_of=batch.as_of)
        if not approved:
            close_invitations_without_letters(
                connection, batch_id, "held", Reason.BATCH_REJECTED.value
            )
            owner, due = using.county.duty_on(Reason.BATCH_REJECTED, batch.as_of)
            open_batch_tasks(
                connection, batch_id, Reason.BATCH_REJECTED.value, owner, batch.as_of, due
            )
    logger.info(
        "batch decided", extra={"batch": batch_id, "decision": wanted, "letters": len(letters)}
    )
    return _result(batch, wanted, letters)


def expire(batch_id: int) -> StepResult:
    """Expire with this process's own collaborators."""
    return expire_unanswered(collaborators(), batch_id)


def expire_unanswered(using: Collaborators, batch_id: int) -> StepResult:
    """Nobody answered by the cut-off: nothing leaves, and the next night plans these letters anew."""
    with slice_transaction(using.engine, "plan") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status not in {"open", "proposed"}:
            return _result(batch, batch.status, [])
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
    logger.warning("approval expired", extra={"batch": batch_id, "letters": len(letters)})
    return _result(batch, "expired", letters)


def write_proof(using: Collaborators, batch: Batch, letters: list[Letter]) -> str:
    """Set letters from all over the batch under a watermark, for the approver's eyes; returns the file's path."""
    path = proof_path(using.settings, batch.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    step = max(1, len(letters) // PROOF_LETTERS)
    path.write_bytes(
        render_proof(letters[::step][:PROOF_LETTERS], using.county.sender).pdf if letters else b""
    )
    path.chmod(0o600)
    return str(path)


def proof_path(settings: Settings, batch_id: int) -> Path:
    """Where a batch's proof lies."""
    return settings.var / "proofs" / f"batch-{batch_id}.pdf"


def _body(
    batch: Batch,
    letters: list[Letter],
    by_district: dict[tuple[str, str], int],
    held: dict[str, int],
    seen: Recheck,
    proof: str,
    unfit: int,
) -> str:
    """The question as Markdown."""
    rows = "\n".join(
        f"| {district} | {language} | {n} |" for (district, language), n in by_district.items()
    )
    holds = "\n".join(f"| {reason} | {n} |" for reason, n in held.items()) or "| none | 0 |"
    samples = "\n".join(
        f"- {_sample(letter)}" for letter in letters[:: max(1, len(letters) // SAMPLES)][:SAMPLES]
    )
    return (
        f"**{len(letters)} letters** of the night of {batch.as_of.isoformat()}, record as of "
        f"{seen.as_of.isoformat()}. {len(seen.undone)} students were taken off by newer data.\n\n"
        f"| district | language | letters |\n|---|---|---|\n{rows}\n\n"
        f"{_barcode_note(letters)}{_unfit_note(unfit)}"
        f"Held for a person\n\n| reason | students |\n|---|---|\n{holds}\n\n"
        f"Three samples, anonymised\n\n{samples}\n\nProof: `{proof}`\n"
    )


def _barcode_note(letters: list[Letter]) -> str:
    """A sentence where letters would leave without a barcode, nothing where all have one."""
    without = sum(not letter.imb for letter in letters)
    if not without:
        return ""
    return (
        f"**{without} letters carry no Intelligent Mail barcode**: county.yaml names no mailer id for this night "
        f"(mailing, intelligent_mail).\n\n"
    )


def _unfit_note(unfit: int) -> str:
    """A sentence where release will set letters aside; one of them must not keep the others from being shown."""
    if not unfit:
        return ""
    return f"**{unfit} letters cannot be set**: they are not in the proof, and release holds them for a person.\n\n"


def _sample(letter: Letter) -> str:
    students = ", ".join(
        f"grade {s.grade}: {_counts(s)} of {s.enrolled_days} schooldays" for s in letter.students
    )
    return f"{letter.piece_id}, {letter.language}, {students}, meeting {letter.meeting.date.isoformat()}"


def _counts(student: StudentRecord) -> str:
    """The days that the letter counts, as its own first sentence does."""
    days = f"{len(student.unexcused_days)} unexcused"
    late = f"{len(student.occasions_partial)} late or away over 30 minutes"
    return {Missed.DAYS: days, Missed.LATE: late, Missed.BOTH: f"{days} and {late}"}[student.missed]


def _result(batch: Batch, decision: str, letters: list[int]) -> StepResult:
    return StepResult(
        step="approve",
        status=StepStatus.DONE,
        as_of=batch.as_of,
        counts={decision: len(letters)},
        ids={"batch": batch.id},
    )
