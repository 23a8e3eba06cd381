"""Collect: take what one district sent for one night, keep it byte for byte, and open a submission."""

import hashlib
import logging
from datetime import date

from pact_etl.connectors.archive import Archive
from pact_etl.connectors.protocol import Pull
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.store.calendars import is_instructional_night
from pact_etl.store.session import slice_transaction
from pact_etl.store.submissions import last_cursor, open_submission, sync_districts
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)

NOTHING_THERE = frozenset({Reason.FILE_MISSING})


def run(slug: str, as_of: date) -> StepResult:
    """Collect with this process's own collaborators."""
    return collect(collaborators(), slug, as_of)


def collect(
    using: Collaborators, slug: str, as_of: date, *, everything: bool = False
) -> StepResult:
    """Fetch one district's files.

    Nothing there on a day without instruction is fine (skipped); on a schoolday the district is late.

    Args:
        using: collaborators.
        slug: the district's.
        as_of: the night.
        everything: read the whole school year, even from a source that could tell what changed.

    Raises:
        UsageError: the district is not configured.
        Retryable: the source did not answer.
    """
    district = using.district(slug)
    with slice_transaction(using.engine, f"collect:{slug}") as connection:
        sync_districts(connection, [district])
        expected = is_instructional_night(connection, slug, as_of)
        since = None if everything else last_cursor(connection, slug, as_of)
    try:
        pull = Pull(as_of=as_of, year_start=using.year_of(as_of).first, since=since)
        pulled = connector_for(district, using.sources).fetch(district, pull)
    except SubmissionRefused as refused:
        if refused.reason not in NOTHING_THERE:
            logger.warning(
                "collected nothing usable", extra={"district": slug, "reason": refused.reason.value}
            )
            return StepResult(
                step="collect",
                status=StepStatus.HELD,
                as_of=as_of,
                district=slug,
                reasons={refused.reason.value: 1},
            )
        status = StepStatus.LATE if expected else StepStatus.SKIPPED
        reason = refused.reason if expected else Reason.NOT_INSTRUCTIONAL_DAY
        logger.info("nothing collected", extra={"district": slug, "reason": reason.value})
        return StepResult(
            step="collect", status=status, as_of=as_of, district=slug, reasons={reason.value: 1}
        )
    content_hash = Archive(using.settings.archive).keep(pulled.files)
    sizes = {f.name: (hashlib.sha256(f.content).hexdigest(), len(f.content)) for f in pulled.files}
    with slice_transaction(using.engine, f"collect:{slug}") as connection:
        submission_id = open_submission(connection, slug, as_of, content_hash, sizes, pulled.cursor)
    counts = {"files": len(pulled.files), "bytes": sum(len(f.content) for f in pulled.files)}
    logger.info("collected", extra={"district": slug, "submission": submission_id, **counts})
    return StepResult(
        step="collect",
        status=StepStatus.DONE,
        as_of=as_of,
        district=slug,
        counts=counts,
        ids={"submission": submission_id},
    )
