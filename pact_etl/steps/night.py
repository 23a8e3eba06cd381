"""The whole night in one process, without an orchestrator: every district, then the county."""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.collect import collect
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.record import record
from pact_etl.steps.validate import validate
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)


def run_night(
    using: Collaborators,
    as_of: date,
    slugs: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda slug: None,
) -> dict[str, Any]:
    """Collect, validate and record each district, then evaluate and plan for the county.

    One district's failure stops no other; a district that failed is reported as such.

    Args:
        using: collaborators.
        as_of: the night.
        slugs: only these districts.
        progress: told each district when it is done.

    Returns:
        `districts` (slug to status, counts, reasons), `findings` by rule, `plan`; JSON-safe.
    """
    districts = {}
    for slug in slugs or list(using.districts):
        districts[slug] = _district(using, slug, as_of)
        progress(slug)
    evaluated, planned = evaluate(using, as_of), plan(using, as_of)
    return {
        "as_of": as_of.isoformat(),
        "districts": districts,
        "findings": evaluated.counts,
        "plan": planned.counts | {"held_by_reason": planned.reasons},
        "batch": planned.ids.get("batch"),
    }


def is_clean(report: dict[str, Any]) -> bool:
    """Whether no district was held, late or failed."""
    return all(d["status"] in {"done", "skipped"} for d in report["districts"].values())


def _district(using: Collaborators, slug: str, as_of: date) -> dict[str, Any]:
    try:
        result = _through(using, slug, as_of)
    except (
        Exception
    ) as error:  # whatever it is, it must stop no other district; its text may quote a row
        logger.error("district failed", extra={"district": slug, "kind": type(error).__name__})
        return {"status": "failed", "counts": {}, "reasons": {type(error).__name__: 1}}
    return {"status": result.status.value, "counts": result.counts, "reasons": result.reasons}


def _through(using: Collaborators, slug: str, as_of: date) -> StepResult:
    result = collect(using, slug, as_of)
    if result.status is not StepStatus.DONE:
        return result
    submission = result.ids["submission"]
    result = validate(using, submission)
    if result.status is StepStatus.DONE:
        result = record(using, submission)
    return result
