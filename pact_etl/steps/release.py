"""Release: hand a batch's letters to the print vendor, package by package.

Which letters lie in which package is frozen first. Then each package goes its own way, in two transactions that can
both be repeated: its letters are checked once more, set, named and sealed, and the seal's hash is booked; what was
handed over is booked together with its disclosure. Whether a package is out is asked of the vendor's folder itself, so
a crash between its rename and our commit ends in the same state: what is out is held against the booked hash, what is
not is checked and sealed anew. A run that died goes on with the package it died in and never repeats an earlier one.
"""

import logging
from collections.abc import Callable
from functools import cache

from sqlalchemy import Connection

from pact_etl.delivery import Seal, VendorFolder
from pact_etl.domain.errors import UsageError
from pact_etl.domain.notice import LetterStatus
from pact_etl.domain.packaging import deal
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.release_package import hand_over, prepare
from pact_etl.store.batches import RELEASED, Batch, batches_in, get_batch, set_batch
from pact_etl.store.notices import notices_of
from pact_etl.store.packages import (
    first_here,
    packages_of,
    place,
    settle_batch,
    unplaced_letters,
)
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators, collaborators, package_seal, vendor_folder

logger = logging.getLogger(__name__)


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
    """Release one approved batch; releasing it again goes on where it stopped, or reports what was released.

    Raises:
        UsageError: nobody approved the batch.
        SettingsError: the keys that seal a package cannot be used; nothing more is booked.
        Retryable: the vendor's folder did not take a package; what is booked as handed over is.
    """
    folder = vendor_folder(using.settings)
    keys = cache(lambda: _usable_seal(using))
    with slice_transaction(using.engine, "release") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status in RELEASED:
            return _result(connection, batch)
        if batch.status != "approved":
            raise UsageError(f"batch {batch_id} is {batch.status}, not approved")
        limits = using.county.vendor.limits_on(batch.as_of)
        place(connection, batch_id, deal(unplaced_letters(connection, batch_id), limits))
    while True:
        done = _release_next(using, batch_id, folder, keys)
        if done is not None:
            return done


def _release_next(
    using: Collaborators, batch_id: int, folder: VendorFolder, keys: Callable[[], Seal]
) -> StepResult | None:
    """Release the next package and let go of its bytes; the batch's result once none is left."""
    with slice_transaction(using.engine, "release") as connection:
        batch = get_batch(connection, batch_id, lock=True)
        if batch.status in RELEASED:  # by a run beside this one
            return _result(connection, batch)
        package = first_here(connection, batch_id)
        if package is None:
            return _finish(connection, batch)
        sealed = prepare(using, connection, batch, package, folder, keys)
    if sealed is not None:
        with slice_transaction(using.engine, "release") as connection:
            get_batch(connection, batch_id, lock=True)
            hand_over(using, connection, sealed, folder)
    return None


def _usable_seal(using: Collaborators) -> Seal:
    seal = package_seal(using.settings)
    if seal.ends_soon:
        extra = {"keys": seal.ends_soon, "runbook": "vendor-key-ends"}
        logger.warning("a key ends soon", extra=extra)
    return seal


def _finish(connection: Connection, batch: Batch) -> StepResult:
    """Every package is out, or no letter was left to send."""
    dates = [one.released_as_of for one in packages_of(connection, batch.id) if one.released_as_of]
    newest = max(dates, default=batch.released_as_of or batch.as_of)
    set_batch(connection, batch.id, status="released", released_as_of=newest)
    settle_batch(connection, batch.id)
    result = _result(connection, get_batch(connection, batch.id))
    logger.info("released", extra={"batch": batch.id, **result.counts})
    return result


def _result(connection: Connection, batch: Batch) -> StepResult:
    packages = packages_of(connection, batch.id)
    withdrawn = notices_of(connection, batch.id, [LetterStatus.WITHDRAWN])
    failed = notices_of(connection, batch.id, [LetterStatus.FAILED])
    counts = {
        "packages": len(packages),
        "pieces": sum(one.pieces or 0 for one in packages),
        "pages": sum(one.pages or 0 for one in packages),
        "withdrawn": len(withdrawn),
        "failed": len(failed),
    }
    numbers = [one.sequence for one in packages if one.sequence is not None]
    ids = {"batch": batch.id}
    if numbers:
        ids |= {"first_sequence": min(numbers), "last_sequence": max(numbers)}
    status = StepStatus.DONE if packages else StepStatus.SKIPPED
    return StepResult(step="release", status=status, as_of=batch.as_of, counts=counts, ids=ids)
