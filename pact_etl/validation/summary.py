"""One row of figures per table, for gates that judge a batch as a whole. Pure; limits stand in the suites.

Shares are only taken where there are enough rows to speak of a share; otherwise they are at their harmless end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from pact_etl.domain.reasons import Reason
from pact_etl.validation.membership import among
from pact_etl.validation.roster import Roster
from pact_etl.validation.student_days import enrolled_count, to_days
from pact_etl.validation.typed import Typed
from pact_etl.validation.values import Gates, Reference
from pact_etl.validation.whose import (
    most_known_elsewhere,
    schools_of_others,
    share_known,
    share_same_birth_date,
)

NOT_A_FAULT = (
    Reason.DUPLICATE_ROW,
    Reason.UNKNOWN_CODE,
    Reason.SCHOOL_DAY_OUTLIER,
    Reason.DAY_INCOMPLETE,
)
"""Set aside, but no sign of a broken file: repeats lose nothing, unknown codes and outlying days hold their school by
themselves, and a row of an incomplete day waits for another one, which is counted."""

AGES = (3, 22)

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Everything the figures are taken from."""

    tables: Mapping[str, Typed] = field(repr=False)
    roster: Roster = field(repr=False)
    reference: Reference = field(repr=False)
    taken_back: tuple[int, int]
    as_of: date
    gates: Gates
    cd_code: str


def figures(evidence: Evidence) -> dict[str, Figures]:
    """Figures by table."""
    return {
        table: _faults(evidence.tables[table], evidence.gates) | own(evidence)
        for table, own in _OWN.items()
        if table in evidence.tables
    }


def _faults(typed: Typed, gates: Gates) -> Figures:
    """Shares of faulty and of mangled rows; a handful of them is no sign of a broken file."""
    beside: tuple[Reason, ...] = NOT_A_FAULT
    if typed.table == "calendar":
        beside = (*beside, Reason.OUTSIDE_SCHOOL_YEAR)  # next year's days may come along
    faulty = int(typed.faults.found.sum()) - typed.faults.count(*beside)
    mangled = typed.faults.count(Reason.ID_MANGLED)
    rows = max(len(typed.frame), 1)
    return {
        "faulty_rows": faulty,
        "fault_share": faulty / rows if faulty > gates.min_fault_rows else 0.0,
        "mangled_rows": mangled,
        "mangled_share": mangled / rows if mangled > gates.min_fault_rows else 0.0,
    }


def _schools(evidence: Evidence) -> Figures:
    others = schools_of_others(evidence.tables["schools"].accepted, evidence.cd_code)
    return {"known_schools": len(evidence.roster.schools), "schools_of_others": others}


def _students(evidence: Evidence) -> Figures:
    students = evidence.tables["students"].accepted
    ages = evidence.as_of.year - students["birth_date"].dt.year
    whose = _whose(evidence)
    if not _many(len(students), evidence):
        return whose | {"share_of_odd_ages": 0.0, "share_of_shared_ssids": 0.0}
    return whose | {
        "share_of_odd_ages": float((~ages.between(*AGES)).mean()),
        "share_of_shared_ssids": float(
            students["ssid"].dropna().duplicated(keep=False).sum() / len(students)
        ),
    }


def _whose(evidence: Evidence) -> Figures:
    """Attendance names students too, and on most nights far more of them than the roster files do."""
    reference, gates = evidence.reference, evidence.gates
    students = evidence.tables["students"].accepted
    named = [evidence.tables[name].frame["local_id"] for name in ("students", "attendance")]
    return {
        "share_known": share_known(named, reference, gates),
        "share_same_birth_date": share_same_birth_date(students, reference, gates),
        "most_known_elsewhere": most_known_elsewhere(students, reference, gates),
    }


def _enrollments(evidence: Evidence) -> Figures:
    """Students of tonight who are enrolled nowhere: wrong file, or ids that no longer match between files.

    And enrollments that would end because a roster that says it is whole leaves them out.
    """
    students = evidence.tables["students"].accepted["local_id"]
    removed, known = evidence.roster.removed_enrollments, len(evidence.reference.enrollments)
    few = removed < evidence.gates.min_removed_enrollments
    figures = {"share_of_enrollments_removed": 0.0 if few else removed / known}
    if not _many(len(students), evidence):
        return figures | {"share_enrolled": 1.0}
    enrolled = among(students, evidence.roster.enrollments["local_id"])
    return figures | {"share_enrolled": float(enrolled.mean())}


def _guardians(evidence: Evidence) -> Figures:
    """The first night brings all guardians; later ones only those that changed, so nothing can be said of shares.

    Nor of what a source does not tell at all: a roster without adults, or without a word on rights, is not read
    wrongly, and nobody is written to on account of it.
    """
    stated = evidence.tables["guardians"].stated
    students = evidence.tables["students"].accepted["local_id"]
    guardians = evidence.tables["guardians"].accepted
    harmless = {"share_with_guardian": 1.0, "share_with_rights": 1.0, "share_restrained": 0.0}
    if len(evidence.reference.students) or not _many(len(students), evidence):
        return harmless
    if "guardian_id" not in stated:
        return harmless
    holders = guardians.loc[guardians["has_rights"].to_numpy(dtype=bool), "local_id"]
    return {
        "share_with_guardian": float(among(students, guardians["local_id"]).mean()),
        "share_with_rights": float(among(students, holders).mean())
        if "has_rights" in stated
        else 1.0,
        "share_restrained": float(guardians["restrained"].fillna(False).mean())
        if len(guardians)
        else 0.0,
    }


def _calendar(evidence: Evidence) -> Figures:
    """Of the calendar as it stands, because tonight may bring nothing but one Saturday."""
    calendar = evidence.roster.calendar
    taught = calendar[calendar["instructional"].to_numpy(dtype=bool)]
    weekend = float((taught["date"].dt.day_of_week >= 5).mean()) if len(taught) else 0.0
    most = taught.groupby(["school_code", "track"]).size().max() if len(taught) else 0
    return {"share_on_weekends": weekend, "most_days_taught": float(most)}


def _attendance(evidence: Evidence) -> Figures:
    back, believed = evidence.taken_back
    attendance = evidence.tables["attendance"].frame
    tonight = int((attendance["date"] == pd.Timestamp(evidence.as_of)).sum())
    return {
        "marks_taken_back": back,
        "share_taken_back": back / believed if back >= evidence.gates.min_deleted_marks else 0.0,
        "enrolled_without_a_row": 0 if tonight else _taught_tonight(evidence),
    }


def _taught_tonight(evidence: Evidence) -> int:
    """Students enrolled at schools that kept school on the day."""
    calendar = evidence.roster.calendar
    today = calendar[(calendar["date"] == pd.Timestamp(evidence.as_of)) & calendar["instructional"]]
    today = today.drop_duplicates("school_code")  # on one of its tracks is enough
    schools = today["school_code"].reset_index(drop=True)
    return int(enrolled_count(schools, to_days(today["date"]), evidence.roster.enrollments).sum())


def _ladder(evidence: Evidence) -> Figures:
    """Nothing beside its faults: how many steps there are is the district's to know."""
    return {}


def _many(rows: int, evidence: Evidence) -> bool:
    return rows >= evidence.gates.min_students_for_shares


_OWN: Mapping[str, Callable[[Evidence], Figures]] = {
    "schools": _schools,
    "students": _students,
    "enrollments": _enrollments,
    "guardians": _guardians,
    "calendar": _calendar,
    "attendance": _attendance,
    "ladder": _ladder,
}
"""In the order in which tables depend on each other."""
