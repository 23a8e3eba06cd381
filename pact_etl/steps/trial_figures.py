"""Figures of a trial that a person looks at first: shares absent, students nobody may be written to about, addresses.

Frames in, counts out; nothing that names anybody.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pact_etl.domain.address import RawAddress, count_faults
from pact_etl.domain.scope import Scope
from pact_etl.validation import Reference, Validated
from pact_etl.validation.roster import overlay_calendar, overlay_enrollments
from pact_etl.validation.school_days import school_day_shares
from pact_etl.validation.student_days import enrolled_count, to_days

LARGEST = 5
NEWEST = 5

_ADDRESS = ["street", "unit", "city", "state", "zip", "safe_at_home"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolShare:
    """One school on its newest days taught: students enrolled on the last of them, and the share absent by date."""

    school_code: str
    enrolled: int
    absent: dict[str, float]


def newest_shares(
    validated: Validated, reference: Reference, scope: Scope, as_of: date
) -> tuple[SchoolShare, ...]:
    """The largest schools, largest first, each on the newest days it kept school and the submission speaks of."""
    enrollments = overlay_enrollments(reference, validated.enrollments, scope)
    calendar = overlay_calendar(reference, validated.calendar)
    first, last = (pd.Timestamp(day) for day in validated.covered)
    taught = calendar[
        calendar["instructional"].astype(bool) & calendar["date"].between(first, last)
    ].sort_values("date")
    if taught.empty:
        return ()
    codes = pd.Series(sorted(taught["school_code"].unique()), dtype="str")
    tonight = pd.Series([pd.Timestamp(as_of)] * len(codes), dtype="datetime64[s]")
    counts = enrolled_count(codes, to_days(tonight), enrollments)
    sizes = sorted(zip(codes, counts, strict=True), key=lambda one: (-int(one[1]), one[0]))
    shares = school_day_shares(validated.marks, enrollments)
    absent = shares.set_index(["school_code", "date"])["share_absent"].to_dict()
    found = []
    for code, enrolled in sizes[:LARGEST]:
        days = taught.loc[taught["school_code"] == code, "date"].drop_duplicates().tail(NEWEST)
        by_day = {d.date().isoformat(): round(float(absent.get((code, d), 0.0)), 4) for d in days}
        found.append(SchoolShare(school_code=str(code), enrolled=int(enrolled), absent=by_day))
    return tuple(found)


def without_rights_holder(validated: Validated, reference: Reference, scope: Scope) -> int:
    """Students of whom the submission tells the adults, and no adult among them holds rights and is not restrained.

    A student the record knows may be sent without adults where only what changed is sent; nothing is said of those.
    """
    students, guardians = validated.students["local_id"], validated.guardians
    told = students.isin(guardians["local_id"]) | scope.whole_roster
    told |= students.isin(scope.rosters_of) | ~students.isin(reference.students["local_id"])
    holding = guardians.loc[_hold_rights(guardians), "local_id"]
    return int((told & ~students.isin(holding)).sum())


def address_faults(validated: Validated) -> dict[str, int]:
    """Distinct addresses of adults who hold rights that cannot be written on an envelope, by fault."""
    guardians = validated.guardians
    addresses = guardians.loc[_hold_rights(guardians), _ADDRESS].fillna("").drop_duplicates()
    cells = addresses.itertuples(index=False, name=None)
    return count_faults(
        RawAddress(**dict(zip(_ADDRESS, map(str, one), strict=True))) for one in cells
    )


def _hold_rights(guardians: pd.DataFrame) -> pd.Series:
    return guardians["has_rights"].astype(bool) & ~guardians["restrained"].fillna(False).astype(
        bool
    )
