"""Release: check approved letters once more, set them, hand the package to the print vendor, log the disclosure.

Three transactions, each of which can be repeated: what will be printed is frozen; what was set is named and sealed,
and the seal's hash booked; what was handed over is booked together with its disclosure. Whether a package is out is
asked of the vendor's folder itself, so a crash between its rename and our commit ends in the same state: what is out is
held against the booked hash, what is not is sealed anew.
"""

import logging

from sqlalchemy import Connection

from pact_etl.delivery import Package, SealedPackage, VendorFolder, build_package
from pact_etl.domain.errors import Retryable, UsageError
from pact_etl.domain.letter import Letter, RenderedBatch
from pact_etl.domain.notice import LetterEvent, LetterStatus
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.letters import find_unlawful, find_unprintable, render_batch
from pact_etl.steps.recheck import recheck
from pact_etl.store.batches import RELEASED, Batch, batches_in, get_batch, next_sequence, set_batch
from pact_etl.store.disclosures import log_letters
from pact_etl.store.letter_values import compose_letters, freeze, frozen_letters, notice_id
from pact_etl.store.notices import (
    book_pages,
    close_invitations_without_letters,
    forget_pages,
    notices_of,
    record_event,
    withdraw_students,
)
from pact_etl.store.session import slice_transaction
from pact_etl.store.tasks import open_batch_tasks
from pact_etl.wiring import Collaborators, collaborators, package_seal

logger = logging.getLogger(__name__)

STILL_HERE = (LetterStatus.APPROVED, LetterStatus.RENDERED)


class PulledMeanwhile(Retryable):
    """A person pulled a letter between two transactions of a release: nothing was handed over, begin again."""


def run(batch_id: int) -> StepResult:
    """Release with this process's own collaborators."""
    return release_batch(collaborators(), batch_id)


def release_approved(using: Collaborators, batch_id: int | None = None) -> list[StepResult]:
    """Release one batch, or every approved one, oldest first."""
    if batch_id is not None:
        return [release_batch(using, batch_id)]
    with using.engine.connect() as connection:
        waiting = [batch.id for batch in batches_in(connection, "approved")]
    return [release_batch(using, one) for one in waiting]


def release_batch(using: Collaborators, batch_id: int) -> StepResult:
    """Release one approved batch; releasing it again reports what was released.

    Raises:
        UsageError: nobody approved the batch.
        SettingsError: the keys that seal a package cannot be used; nothing is booked.
        Retryable: the vendor's folder did not take the package; nothing is booked.
    """
    while True:
        try:
            return _release_once(using, batch_id)
        except PulledMeanwhile:
            logger.info("a letter was pulled meanwhile; beginning again", extra={"batch": batch_id})


def _release_once(using: Collaborators, batch_id: int) -> StepResult:
    folder = VendorFolder(using.settings.vendor)
    with slice_transaction(using.engine, "release") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status in RELEASED:
            return _result(connection, batch, StepStatus.DONE)
        if batch.status != "approved":
            raise UsageError(f"batch {batch_id} is {batch.status}, not approved")
        is_out = batch.package is not None and folder.is_announced(batch.package)
        seal = None if is_out else package_seal(using.settings)
        if seal is not None and seal.ends_soon:
            extra = {"keys": seal.ends_soon, "runbook": "vendor-key-ends"}
            logger.warning("a key ends soon", extra=extra)
        if not is_out and not _freeze(using, connection, batch):
            if batch.package is not None:
                folder.discard(batch.package)
            return _result(connection, get_batch(connection, batch_id), StepStatus.SKIPPED)
    with slice_transaction(using.engine, "release") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status in RELEASED:  # by a run beside this one
            return _result(connection, batch, StepStatus.DONE)
        letters = frozen_letters(connection, notices_of(connection, batch_id, STILL_HERE))
        if not letters:
            raise PulledMeanwhile("every letter of the batch was pulled")
        rendered = render_batch(letters, using.county.sender)
        package = build_package(
            rendered, county=using.county.slug, as_of=batch.as_of, sequence=_sequence(batch)
        )
        if batch.package not in {None, package.name}:
            folder.discard(str(batch.package))
        sealed = None if seal is None else seal.close(package)
        _book_rendered(connection, batch, rendered, package, sealed)
    with slice_transaction(using.engine, "release") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status in RELEASED:
            return _result(connection, batch, StepStatus.DONE)
        _hand_over(using, connection, batch, letters, sealed, folder)
        result = _result(connection, get_batch(connection, batch_id), StepStatus.DONE)
    logger.info("released", extra={"batch": batch_id, **result.counts})
    return result


def _freeze(using: Collaborators, connection: Connection, batch: Batch) -> bool:
    """Withdraw what no longer stands and freeze the rest; whether anything is left to send."""
    seen = recheck(using, connection, batch.id, batch.as_of)
    source = f"release:{batch.id}"
    withdraw_students(connection, seen.undone)
    for reason in sorted(set(seen.withdrawn.values())):
        gone = [notice for notice, why in seen.withdrawn.items() if why is reason]
        record_event(
            connection,
            gone,
            LetterEvent.WITHDRAW,
            source=source,
            as_of=seen.as_of,
            detail=reason.value,
        )
    letters = compose_letters(
        connection, using.county, using.languages_of(), seen.as_of, seen.standing, seen.records
    )
    faults = find_unprintable(letters, using.county.sender) if letters else {}
    # An invitation reads alike for everybody, so it may not use words that are true of some only.
    wording = using.statutes.wording_on(seen.as_of)
    faults |= find_unlawful(letters, using.county.sender, wording, chronic_truants=())
    failed = [notice_id(piece) for piece in faults]
    detail = Reason.RENDER_FAILED.value
    record_event(
        connection, failed, LetterEvent.FAIL, source=source, as_of=seen.as_of, detail=detail
    )
    close_invitations_without_letters(connection, batch.id, "held", Reason.RENDER_FAILED.value)
    owner, due = using.county.duty_on(Reason.RENDER_FAILED, seen.as_of)
    open_batch_tasks(connection, batch.id, detail, owner, seen.as_of, due)
    forget_pages(connection, [*seen.withdrawn, *failed])
    letters = [letter for letter in letters if letter.piece_id not in faults]
    freeze(connection, letters)
    if not letters:
        # A number whose package never went would be missed by the vendor: the next batch gets it.
        fields = {"pieces": 0, "pages": 0, "released_as_of": seen.as_of, "sequence": None}
        set_batch(connection, batch.id, status="released", **fields)
        return False
    set_batch(connection, batch.id, released_as_of=seen.as_of)
    next_sequence(connection, batch.id)
    return True


def _book_rendered(
    connection: Connection,
    batch: Batch,
    rendered: RenderedBatch,
    package: Package,
    sealed: SealedPackage | None,
) -> None:
    approved = notices_of(connection, batch.id, [LetterStatus.APPROVED])
    as_of = batch.released_as_of or batch.as_of
    record_event(
        connection, approved, LetterEvent.RENDER, source=f"release:{batch.id}", as_of=as_of
    )
    book_pages(
        connection, {notice_id(p.piece_id): (p.first_page, p.pages) for p in rendered.pieces}
    )
    set_batch(
        connection,
        batch.id,
        package=package.name,
        pdf_sha256=package.pdf_sha256,
        pieces=package.pieces,
        pages=package.pages,
        sheets=package.sheets,
        sealed_sha256=batch.sealed_sha256 if sealed is None else sealed.sha256,
    )


def _hand_over(
    using: Collaborators,
    connection: Connection,
    batch: Batch,
    letters: list[Letter],
    sealed: SealedPackage | None,
    folder: VendorFolder,
) -> None:
    """Book the release and its disclosure, and rename the package into place as the last act before the commit."""
    if sealed is not None and sealed.sha256 != batch.sealed_sha256:
        raise Retryable("another run has sealed this batch since")
    name = str(batch.package)
    ids = [notice_id(letter.piece_id) for letter in letters]
    if ids != notices_of(connection, batch.id, [LetterStatus.RENDERED]):
        raise PulledMeanwhile("a letter was pulled since the package was made")
    as_of = batch.released_as_of or batch.as_of
    log_letters(connection, ids, using.county.disclosures, as_of)
    record_event(connection, ids, LetterEvent.PACKAGE, source=name, as_of=as_of)
    set_batch(connection, batch.id, status="released")
    if sealed is None:
        folder.confirm(name, str(batch.sealed_sha256))
    else:
        folder.hand_over(sealed)


def _sequence(batch: Batch) -> int:
    assert batch.sequence is not None  # given when the letters were frozen
    return batch.sequence


def _result(connection: Connection, batch: Batch, status: StepStatus) -> StepResult:
    withdrawn = notices_of(connection, batch.id, [LetterStatus.WITHDRAWN])
    failed = notices_of(connection, batch.id, [LetterStatus.FAILED])
    counts = {
        "pieces": batch.pieces or 0,
        "pages": batch.pages or 0,
        "withdrawn": len(withdrawn),
        "failed": len(failed),
    }
    ids = {"batch": batch.id} | ({"sequence": batch.sequence} if batch.sequence else {})
    return StepResult(step="release", status=status, as_of=batch.as_of, counts=counts, ids=ids)
