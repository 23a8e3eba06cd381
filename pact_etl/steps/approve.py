"""Approve: show a batch to a person, and keep the answer (`answer`).

`propose` closes the batch to further planning, so that what is approved is what was shown. Nothing leaves here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pact_etl.domain.approval import YES, Answer
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import Letter
from pact_etl.domain.results import StepResult
from pact_etl.letters import find_unprintable, render_proof
from pact_etl.steps.answer import (
    answer_on,
    expire_unanswered,
    has_said_yes,
    require_takeable,
    said_of,
)
from pact_etl.steps.proposal import Shown, body_of, spread
from pact_etl.steps.recheck import recheck
from pact_etl.store.approvals import answers_of
from pact_etl.store.barcodes import draw_barcodes
from pact_etl.store.batches import get_batch, set_batch
from pact_etl.store.letter_values import compose_letters, notice_id
from pact_etl.store.proposals import changes, districts_of, letters_before, make_up
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators, collaborators, this_moment

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
            connection, county, using.languages_of, seen.as_of, seen.standing, seen.records
        )
        unfit = find_unprintable(letters, county.sender) if letters else {}
        standing = sorted(seen.standing)
        placed = districts_of(connection, standing)
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
            make_up=make_up(connection, standing),
            before=letters_before(connection, batch.as_of, county.mailing.usual_volume.weeks),
            changes=changes(connection, batch_id, batch.as_of, standing),
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
        said = said_of(Answer(answer), by, reason, pieces_in(letters))
        if is_second and said.answer in YES and has_said_yes(connection, batch_id, by):
            raise UsageError("the second approver must be another person than the first")
        require_takeable(using, connection, batch, said)


def pieces_in(text: str) -> list[str]:
    """Letters' codes out of a form's field, between commas or spaces."""
    return text.replace(",", " ").split()


def decide_on(
    using: Collaborators, batch_id: int, *, approved: bool, by: str, reason: str
) -> StepResult:
    """Keep a yes or a no to a whole batch; see `answer_on`."""
    answer = Answer.ALL if approved else Answer.NONE
    return answer_on(using, batch_id, answer, by=by, reason=reason)


def expire(batch_id: int) -> StepResult:
    """Expire with this process's own collaborators."""
    return expire_unanswered(collaborators(), batch_id)


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
