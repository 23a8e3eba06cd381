"""What a district's Aeries says its absence codes are, with a proposal for the code map.

A proposal for a person to accept or change at onboarding. Nothing decides by it: what a code means is said, dated, in
the district's `codes`. Types as in the vendor's "School-related end points" (support.aeries.com, article 14000113682).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pact_etl.connectors.aeries.manifest import placed, read_manifest
from pact_etl.connectors.aeries.reading import is_set, text
from pact_etl.connectors.json_pages import Object
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.attendance import Status

BY_TYPE: Mapping[str, Status] = {
    "1": Status.ABSENT_UNVERIFIED,
    "2": Status.ABSENT_EXCUSED,
    "3": Status.ABSENT_UNEXCUSED,
    "4": Status.PRESENT,  # verified not absent
    "5": Status.TARDY,
    "6": Status.PRESENT,
    "8": Status.PARTIAL_EXCUSED,  # verified excused tardy
    "9": Status.TARDY,  # verified unexcused tardy; longer than 30 minutes it has the flag below
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedCode:
    """One absence code as schools define it.

    Attributes:
        code: one character.
        title: the district's own, at most ten characters.
        type_code: the vendor's number of its kind.
        is_partial_day_truant: the flag of EC 48260's "more than a 30-minute period".
        is_suspension: in school or out; the vendor does not say which.
        schools: how many schools define it just so; a code defined in two ways is listed twice.
        proposal: the canonical status to show first, or None where a person has to say.
    """

    code: str
    title: str
    type_code: str
    is_partial_day_truant: bool
    is_suspension: bool
    schools: int
    proposal: Status | None


def suggested_codes(files: Sequence[RawFile]) -> list[SuggestedCode]:
    """Every way in which the schools of a submission define a code, by code.

    Raises:
        SubmissionRefused: the kept files cannot be read.
    """
    by_name = {file.name: file for file in files}
    found: dict[tuple[str, str, str, bool, bool, Status | None], set[str]] = {}
    for _, school, entry in placed(by_name, read_manifest(by_name), "absence_codes"):
        key = (
            text(entry, "AbsenceCode"),
            text(entry, "Title"),
            text(entry, "TypeCode"),
            is_set(entry, "IsPartialDayTruant"),
            is_set(entry, "IsSuspension"),
            _proposal(entry),
        )
        found.setdefault(key, set()).add(school)
    return [
        SuggestedCode(
            code=code,
            title=title,
            type_code=type_code,
            is_partial_day_truant=partial,
            is_suspension=suspension,
            schools=len(schools),
            proposal=proposal,
        )
        for (code, title, type_code, partial, suspension, proposal), schools in sorted(
            found.items(), key=lambda item: item[0][:5]
        )
    ]


def _proposal(entry: Object) -> Status | None:
    kind = text(entry, "TypeCode")
    if is_set(entry, "IndependentStudyCode"):
        return None  # complete or incomplete counts for everything, and the letters for it are a district's own
    if is_set(entry, "IsSuspension"):
        # Someone suspended in school was there, which Aeries says by a type that is no absence.
        return Status.SUSPENDED_IN if kind in {"4", "6"} else Status.SUSPENDED_OUT
    if is_set(entry, "IsPartialDayTruant"):
        return Status.PARTIAL_UNEXCUSED
    return BY_TYPE.get(kind)
