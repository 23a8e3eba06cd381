"""Back-report: the outcome of each referral to the agency that made it (EC 48297).

The file is written whole beside its place, then booked together with the log of disclosures, then renamed into place: a
run that dies leaves at worst a release that was logged and did not happen, and the next run completes it.
"""

import hashlib
import logging
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from pact_etl.domain.back_report import (
    COLUMNS,
    Reported,
    invitation_back,
    referrals_back,
    rows_of,
)
from pact_etl.domain.case import REFERRING, Party
from pact_etl.domain.disclosure import basis_for
from pact_etl.domain.errors import UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.steps.export import as_csv
from pact_etl.store.back_reports import book_back_report, letters_mailed, local_ids
from pact_etl.store.case_files import case_code, cases_with_referrals, entries_of, entry_code
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)

PAGE = """Outcomes of referrals made by: {agency} ({district}), {first} to {last}.

{name}.csv holds {rows} rows about {referrals} referrals; docs/cases.md of the program says what each column means.
Legal basis: {basis}

These are records of students. Use them for the purpose of the referral only, and pass them to nobody else without the
consent that the law asks for (34 CFR 99.33, EC 49076).
"""


def file_name(slug: str, agency: Party, first: date, last: date) -> str:
    """What a report and its page are called, but for their ending."""
    return f"back_report_{agency.value}_{slug}_{first.isoformat()}_{last.isoformat()}"


def report_back(
    using: Collaborators,
    slug: str,
    first: date,
    last: date,
    as_of: date,
    *,
    by: str,
    agency: Party = Party.DISTRICT,
    out: Path | None = None,
    may_be_empty: bool = True,
) -> StepResult:
    """Write and log the report of one district's students; repeating it releases and logs nothing more.

    Args:
        using: collaborators.
        slug: the district.
        first: of the period; a referral stands in the report when something was entered about it in the period.
        last: of the period; what was entered later is not in it.
        as_of: the day of the release.
        by: who releases it.
        agency: who referred.
        out: the folder; without one the district's own, where its receipts lie and are handed back from.
        may_be_empty: whether a report without a referral is written and booked as well.

    Returns:
        Counts `referrals`, `rows`, and `released`: 1, or 0 where the very same report was released before.

    Raises:
        UsageError: no such district, a period that is not over, an agency that is none, or no legal basis in force.
    """
    district = using.district(slug)
    if not first <= last <= as_of:
        raise UsageError("a period ends on the day of its report at the latest")
    if agency not in REFERRING:
        raise UsageError(f"an agency that refers is one of {', '.join(sorted(REFERRING))}")
    if agency is not Party.DISTRICT and out is None:
        raise UsageError("the report to another agency than the district needs a folder of its own")
    basis = basis_for(using.county.disclosures, slug, agency.value, as_of)
    if basis is None:
        raise UsageError(f"no legal basis in force to tell {agency.value} about {slug}")
    if not by.strip():
        raise UsageError("a release says who makes it")
    folder = out or using.settings.returns / as_of.isoformat() / slug
    name = file_name(slug, agency, first, last)
    with slice_transaction(using.engine, f"back_report:{slug}") as connection:
        reported, rows = _rows(using, connection, slug, agency, first, last)
        if not (reported or may_be_empty):
            return _told(as_of, slug, agency, 0, 0, 0)
        table = as_csv(rows, COLUMNS)
        page = PAGE.format(
            agency=agency.value,
            district=district.name,
            first=first,
            last=last,
            name=name,
            rows=len(rows),
            referrals=len(reported),
            basis=basis,
        )
        staged = _stage(
            folder if out else folder.parent, {f"{name}.csv": table, f"{name}.txt": page.encode()}
        )
        is_new = book_back_report(
            connection,
            slug,
            agency.value,
            first,
            last,
            sha256=hashlib.sha256(table).hexdigest(),
            rows=len(rows),
            cases=sorted({one.case_id for one in reported}),
            legal_basis=basis,
            released_by=by,
            as_of=as_of,
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    for file, path in staged.items():
        path.replace(folder / file)
    return _told(as_of, slug, agency, len(reported), len(rows), int(is_new))


def _told(
    as_of: date, slug: str, agency: Party, referrals: int, rows: int, released: int
) -> StepResult:
    counts = {"referrals": referrals, "rows": rows, "released": released}
    logger.info("reported back", extra={"district": slug, "agency": agency.value, **counts})
    return StepResult(
        step="back_report", status=StepStatus.DONE, as_of=as_of, district=slug, counts=counts
    )


def _rows(
    using: Collaborators,
    connection: Connection,
    slug: str,
    agency: Party,
    first: date,
    last: date,
) -> tuple[list[Reported], list[dict[str, str]]]:
    cases = [one.id for one in cases_with_referrals(connection, slug, last)]
    entries = entries_of(connection, cases, last)
    takes_invitations = using.county.back_reports.invitations_are_referrals.answer
    letters = (
        letters_mailed(connection, cases, last)
        if agency is Party.DISTRICT and takes_invitations
        else {}
    )
    reported: list[Reported] = []
    for case in cases:
        own = entries.get(case, ())
        reported += referrals_back(case, own, agency, first, last)
        if mailed := letters.get(case):
            reported += invitation_back(case, own, mailed.acts, mailed.found_on, first, last)
    codes: dict[tuple[int, int | None], str] = {}
    for one in reported:
        codes[one.case_id, None] = case_code(one.case_id)
        if one.referral is not None:
            codes[one.case_id, one.referral] = entry_code(one.case_id, one.referral)
    return reported, rows_of(reported, local_ids(connection, cases), codes)


def _stage(folder: Path, files: dict[str, bytes]) -> dict[str, Path]:
    """Write files under names that nobody looks for, so that what is left to do is a rename."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    staged = {}
    for name, content in files.items():
        staged[name] = folder / f".{name}.part"
        staged[name].touch(mode=0o640)
        staged[name].write_bytes(content)
    return staged
