"""Retain: destroy what has been kept long enough, one class of record at a time, and book how much went.

Each class is a transaction of its own. Files go before their booking, so that a run that dies in between finds them
gone and books them; rows go with theirs.
"""

import logging
import shutil
from datetime import date, timedelta

from pact_etl.connectors.archive import Archive
from pact_etl.domain.errors import SettingsError, UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.retention import RecordClass, due_through
from pact_etl.law import load_retention
from pact_etl.store.batches import batches_in
from pact_etl.store.retention import (
    book_files_gone,
    book_purge,
    due_files,
    newest_night,
    purge_rows,
)
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)


class _DryRun(Exception):
    """Ends a trial's transaction so that nothing of it stays."""


def run(as_of: date) -> StepResult:
    """Retain with this process's own collaborators."""
    return retain(collaborators(), as_of)


def retain(using: Collaborators, as_of: date, *, dry_run: bool = False) -> StepResult:
    """Purge every class whose clock has run; repeating it destroys nothing more.

    Args:
        using: collaborators.
        as_of: the night.
        dry_run: count only; everything is rolled back.

    Returns:
        Counts by class, and of letters that stayed because they are in flight.

    Raises:
        SettingsError: a clock of the county lies outside the law's span.
        UsageError: the date lies too far past the newest night to be meant.
        InvariantBroken: counts disagree; nothing of that class went.
    """
    clocks = _clocks(using)
    with using.engine.connect() as connection:
        newest = newest_night(connection)
    latest = timedelta(days=using.county.retention.max_days_after_newest_night)
    if newest is None:
        return StepResult(step="retain", status=StepStatus.SKIPPED, as_of=as_of)
    if as_of > newest + latest:
        raise UsageError(f"{as_of} is more than {latest.days} days after the newest night {newest}")
    counts: dict[str, int] = {}
    in_flight = 0
    for record_class, months in clocks.items():
        through = due_through(as_of, months)
        purge = _purge_files if record_class is RecordClass.RAW_FILES else _purge_rows
        counts[record_class.value], waiting = purge(using, as_of, through, record_class, dry_run)
        in_flight += waiting
    counts["in_flight"] = in_flight
    proofs = 0 if dry_run else _forget_proofs(using)
    logger.info("retained", extra={"dry_run": dry_run, "proofs": proofs, **counts})
    return StepResult(step="retain", status=StepStatus.DONE, as_of=as_of, counts=counts)


def _clocks(using: Collaborators) -> dict[RecordClass, int]:
    """Each class's months, in the order of the night.

    Raises:
        SettingsError: see `retain`.
    """
    chosen, law = using.county.retention.months, load_retention()
    wrong = [
        one.value for one in RecordClass if one not in chosen or not law[one].allows(chosen[one])
    ]
    if wrong:
        raise SettingsError(
            f"county.yaml: retention.months outside the law's span: {', '.join(wrong)}"
        )
    if min(chosen[RecordClass.LETTERS], chosen[RecordClass.CASES]) < chosen[RecordClass.ATTENDANCE]:
        raise SettingsError(
            "county.yaml: a letter or a case cannot go before the attendance it rests on"
        )
    return {one: chosen[one] for one in RecordClass}


def _purge_rows(
    using: Collaborators, as_of: date, through: date, record_class: RecordClass, dry_run: bool
) -> tuple[int, int]:
    gone = (0, 0)
    try:
        with slice_transaction(using.engine, "retain") as connection:
            gone = purge_rows(connection, record_class, through)
            book_purge(
                connection,
                as_of,
                record_class,
                through=through,
                months=using.county.retention.months[record_class],
                deleted=gone[0],
                in_flight=gone[1],
            )
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return gone


def _purge_files(
    using: Collaborators, as_of: date, through: date, record_class: RecordClass, dry_run: bool
) -> tuple[int, int]:
    """Kept bytes, and receipts and reject files of the same nights."""
    archive = Archive(using.settings.archive)
    with slice_transaction(using.engine, "retain") as connection:
        due = due_files(connection, through)
        if not dry_run:
            for key, blobs in due.values():
                archive.forget(key, blobs)
            _forget_returns(using, through)
            book_files_gone(connection, list(due), as_of)
            book_purge(
                connection,
                as_of,
                record_class,
                through=through,
                months=using.county.retention.months[record_class],
                deleted=len(due),
                in_flight=0,
            )
    return len(due), 0


def _forget_proofs(using: Collaborators) -> int:
    """Remove proofs of batches that nobody has to look at any more, half-written ones too; how many."""
    with using.engine.connect() as connection:
        waiting = [one.id for one in batches_in(connection, "open", "proposed", "approved")]
    names = {using.settings.proof(one).name for one in waiting}
    wanted = names | {f".{name}" for name in names}  # as they are called while they are written
    found = [path for path in using.settings.proofs.glob("*") if path.name not in wanted]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _forget_returns(using: Collaborators, through: date) -> None:
    for folder in sorted(using.settings.returns.glob("????-??-??")):
        if date.fromisoformat(folder.name) <= through:
            shutil.rmtree(folder)
