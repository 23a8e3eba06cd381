"""The whole night in one process, without an orchestrator: every district, then the county."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import partial
from typing import Any

from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.collect import collect
from pact_etl.steps.corrections import list_corrections
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.first_notices import first_notices
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
    """Collect, validate and record each district, then evaluate and plan for the county, and set first notices.

    One district's failure stops no other; a district that failed is reported as such.

    Args:
        using: collaborators.
        as_of: the night.
        slugs: only these districts.
        progress: told each district when it is done.

    Returns:
        `districts` (slug to status, counts, reasons, and `corrected`, see `corrections`), `findings` by rule, `plan`,
        `first_notices` (see `first_notices.district_notices`); JSON-safe.
    """
    districts = take_in(using, as_of, slugs or list(using.districts), progress)
    evaluated, planned = evaluate(using, as_of), plan(using, as_of)
    noticed = first_notices(using, as_of)
    corrected = list_corrections(using, as_of)
    for slug, report in districts.items():
        report["corrected"] = corrected.get(slug, {})
    return {
        "as_of": as_of.isoformat(),
        "districts": districts,
        "findings": evaluated.counts,
        "plan": planned.counts | {"held_by_reason": planned.reasons},
        "first_notices": noticed.counts
        | {"status": noticed.status.value, "held_by_reason": noticed.reasons},
        "batch": planned.ids.get("batch"),
    }


def is_clean(report: dict[str, Any]) -> bool:
    """Whether no district was held, late or failed, nor the first notices of one."""
    if report["first_notices"]["status"] == StepStatus.LATE.value:
        return False
    return all(d["status"] in {"done", "skipped"} for d in report["districts"].values())


def take_in(
    using: Collaborators,
    as_of: date,
    slugs: Sequence[str],
    progress: Callable[[str], None] = lambda slug: None,
    watch: Callable[[str, str], AbstractContextManager[None]] = lambda slug, step: nullcontext(),
) -> dict[str, dict[str, Any]]:
    """Collect, validate and record each district; while the database records one, the next is validated here.

    Args:
        using: collaborators.
        as_of: the night.
        slugs: which districts, in this order.
        progress: told each district when it is done.
        watch: around each step of each district, for measuring.

    Returns:
        Slug to status, counts and reasons.
    """

    def read_one(slug: str) -> StepResult:
        with watch(slug, "collect"):
            collected = collect(using, slug, as_of)
        if collected.status is not StepStatus.DONE:
            return collected
        with watch(slug, "validate"):
            return validate(using, collected.ids["submission"])

    def record_one(slug: str, validated: StepResult) -> StepResult:
        with watch(slug, "record"):
            return record(using, validated.ids["submission"])

    def finish_one(slug: str, read: StepResult | Exception) -> dict[str, Any]:
        if isinstance(read, StepResult) and read.status is StepStatus.DONE:
            read = _attempt(slug, partial(record_one, slug, read))
        progress(slug)
        return _report(read)

    reports: dict[str, Future[dict[str, Any]]] = {}
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="record") as recorder:
        for slug in slugs:
            read = _attempt(slug, partial(read_one, slug))
            reports[slug] = recorder.submit(finish_one, slug, read)
    return {slug: report.result() for slug, report in reports.items()}


def _attempt(slug: str, step: Callable[[], StepResult]) -> StepResult | Exception:
    try:
        return step()
    except (
        Exception
    ) as error:  # whatever it is, it must stop no other district; its text may quote a row
        logger.error("district failed", extra={"district": slug, "kind": type(error).__name__})
        return error


def _report(end: StepResult | Exception) -> dict[str, Any]:
    if isinstance(end, Exception):
        return {"status": "failed", "counts": {}, "reasons": {type(end).__name__: 1}}
    return {"status": end.status.value, "counts": end.counts, "reasons": end.reasons}
