"""Reread: everything of the school year from a source that normally tells changes only, to find what changes missed.

Run after the night, when the record holds what the source's changes told: whatever a whole reading still alters is
drift. A little of it is the minutes in between; more means that the source's list of changes cannot be trusted.
"""

import logging
from datetime import date

from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.collect import collect
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.store.submissions import last_cursor
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)


def run(slug: str, as_of: date) -> StepResult:
    """Reread with this process's own collaborators."""
    return reread(collaborators(), slug, as_of)


def reread(using: Collaborators, slug: str, as_of: date) -> StepResult:
    """Read one district whole; skipped where its source has no list of changes.

    Returns:
        The books of the whole reading, with `drift`: rows and marks that the nightly changes had missed.

    Raises:
        UsageError: the district is not configured.
        Retryable: the source did not answer.
    """
    using.district(slug)
    with using.engine.connect() as connection:
        told_changes = last_cursor(connection, slug, as_of) is not None
    if not told_changes:
        return StepResult(step="reread", status=StepStatus.SKIPPED, as_of=as_of, district=slug)
    result = collect(using, slug, as_of, everything=True)
    for step in (validate, record):
        if result.status is not StepStatus.DONE:
            return result
        result = step(using, result.ids["submission"])
    if result.status is not StepStatus.DONE:
        return result
    drift = result.counts["recorded"] + result.counts["corrections"]
    logger.info("reread", extra={"district": slug, "drift": drift})
    return StepResult(
        step="reread",
        status=StepStatus.DONE,
        as_of=as_of,
        district=slug,
        counts=result.counts | {"drift": drift},
        ids=result.ids,
    )
