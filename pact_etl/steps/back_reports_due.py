"""Back-reports due: on the county's schedule, the outcomes of referrals to the districts that made them (EC 48297)."""

import logging
from collections.abc import Iterator
from datetime import date

from pact_etl.domain.back_report_schedule import Period, unreported
from pact_etl.domain.case import Party
from pact_etl.domain.disclosure import basis_for
from pact_etl.domain.errors import PactError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.back_report import file_name, report_back
from pact_etl.store.back_reports import Booked, booked_reports, oldest_case
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)

BY = "schedule of the county"
NO_BASIS = "no_legal_basis"


def run(as_of: date) -> StepResult:
    """Report with this process's own collaborators."""
    return report_back_due(collaborators(), as_of)


def report_back_due(using: Collaborators, as_of: date) -> StepResult:
    """Write and log every report that is due; a second run on the day writes and logs nothing more.

    Each day since the district's first case is reported once: what a report spoke of, made by hand or by schedule, is
    left out, and a month that was missed comes with the next report. A run that died after the booking and before
    the file was in its place is completed by the next one. A district's failure stops no other.

    Args:
        using: collaborators.
        as_of: the day.

    Returns:
        Counts `districts`, `reports` and `referrals`; reasons are districts without a legal basis and failures.
    """
    schedule = using.county.back_reports.schedule_on(as_of)
    if schedule is None:
        return StepResult(step="back_reports", status=StepStatus.SKIPPED, as_of=as_of)
    counts = {"districts": 0, "reports": 0, "referrals": 0}
    reasons: dict[str, int] = {}
    for slug in using.districts:
        try:
            told = _report_one(using, slug, schedule.reported_to(as_of), as_of)
        except PactError as error:
            kind = type(error).__name__
            reasons[kind] = reasons.get(kind, 0) + 1
            logger.warning("not reported back", extra={"district": slug, "kind": kind})
            continue
        if told is None:
            reasons[NO_BASIS] = reasons.get(NO_BASIS, 0) + 1
            continue
        counts["districts"] += bool(told["released"])
        counts["reports"] += told["released"]
        counts["referrals"] += told["referrals"]
    failed = reasons.keys() - {NO_BASIS}
    return StepResult(
        step="back_reports",
        status=StepStatus.LATE if failed else StepStatus.DONE,
        as_of=as_of,
        counts=counts,
        reasons=reasons,
    )


def _report_one(using: Collaborators, slug: str, last: date, as_of: date) -> dict[str, int] | None:
    """Every period of one district that is due; None where it has cases and nobody may be told of them."""
    agency = Party.DISTRICT
    with using.engine.connect() as connection:
        first = oldest_case(connection, slug)
        booked = booked_reports(connection, slug, agency.value)
    told = {"released": 0, "referrals": 0}
    if first is None:
        return told
    if basis_for(using.county.disclosures, slug, agency.value, as_of) is None:
        return None
    for one in _unfinished(using, slug, agency, booked):
        report_back(using, slug, one.first, one.last, one.as_of, by=BY)
    for period in unreported((Period(b.first, b.last) for b in booked), first, last):
        result = report_back(using, slug, *period, as_of, by=BY, may_be_empty=False)
        told["released"] += result.counts["released"]
        told["referrals"] += result.counts["referrals"]
    return told


def _unfinished(
    using: Collaborators, slug: str, agency: Party, booked: list[Booked]
) -> Iterator[Booked]:
    """Reports that were booked and whose files are still under the name that nobody looks for."""
    for one in booked:
        name = file_name(slug, agency, one.first, one.last)
        night = using.settings.returns / one.as_of.isoformat()
        if any((night / f".{name}.{ending}.part").exists() for ending in ("csv", "txt")):
            yield one
