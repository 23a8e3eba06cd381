"""Judge one district's submission of one night: type it, set faulty rows aside, settle days, pass the batch gates.

The order matters: students and schools first, because everything else is held against them.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.policy import OccasionLimits
from pact_etl.domain.scope import Scope
from pact_etl.validation.attendance_checks import check_attendance
from pact_etl.validation.books import check_books, quarantined_rows
from pact_etl.validation.canonical_day import Marks
from pact_etl.validation.columns import TABLES
from pact_etl.validation.covered import window_of
from pact_etl.validation.gates import Judged, judge
from pact_etl.validation.row_checks import check_roster
from pact_etl.validation.school_days import marks_taken_back, silent_schools
from pact_etl.validation.settling import settled_marks
from pact_etl.validation.summary import Evidence, figures
from pact_etl.validation.typed import Typed, type_table
from pact_etl.validation.values import (
    Examined,
    Gates,
    Reference,
    SourceTable,
    Validated,
    Year,
)


def validate_submission(
    *,
    district: District,
    as_of: date,
    year: Year,
    tables: Sequence[SourceTable],
    reference: Reference,
    gates: Gates,
    limits: OccasionLimits,
    suites: Path | None,
    scope: Scope | None = None,
) -> Validated:
    """Judge one submission.

    Args:
        district: whose.
        as_of: the night.
        year: the school year of that night.
        tables: raw tables as the connector read them.
        reference: what the record knows of the district.
        gates: the county's limits.
        limits: the minutes that make an occasion, by day.
        suites: folder of the expectation suites; None leaves the batch gates out, for tests of everything else.
        scope: what the submission states whole; without one, what its layout says.

    Raises:
        SubmissionRefused: a batch gate failed; nothing of the submission may be recorded.
        InvariantBroken: rows got lost.
    """
    examined = examine_submission(
        district=district,
        as_of=as_of,
        year=year,
        tables=tables,
        reference=reference,
        gates=gates,
        limits=limits,
        suites=suites,
        scope=scope,
    )
    if examined.refusal is not None:
        raise examined.refusal
    return examined.validated


def examine_submission(
    *,
    district: District,
    as_of: date,
    year: Year,
    tables: Sequence[SourceTable],
    reference: Reference,
    gates: Gates,
    limits: OccasionLimits,
    suites: Path | None,
    scope: Scope | None = None,
) -> Examined:
    """Judge one submission and keep what was found even if it is refused, so that its faulty rows can be shown.

    Args and errors are those of `validate_submission`, but a refusal is returned.
    """
    scope = scope or Scope()
    typed = _typed(tables, district)
    roster = check_roster(typed, reference, as_of, year, scope)
    attendance = typed["attendance"]
    check_attendance(attendance, district, roster, year, as_of)
    heard = attendance.frame.loc[:, ["local_id", "school_code", "date"]]
    marks = settled_marks(attendance, district, roster, reference, gates, limits)
    first, last = window_of(scope, district, as_of, year.first)
    silent = silent_schools(reference.open_marks, heard["school_code"], gates)
    in_window = heard["date"].between(pd.Timestamp(first), pd.Timestamp(last))
    stated = heard[in_window].dropna().drop_duplicates()
    evidence = Evidence(
        tables=typed,
        roster=roster,
        reference=reference,
        taken_back=marks_taken_back(reference.open_marks, stated, silent, as_of),
        as_of=as_of,
        gates=gates,
        cd_code=district.cd_code,
    )
    quarantined = quarantined_rows(list(typed.values()))
    received = {name: len(one.frame) for name, one in typed.items()}
    accepted = {name: int(one.faults.clean.sum()) for name, one in typed.items()}
    accepted["attendance"] = int(marks.frame["rows"].sum()) + marks.present_rows
    check_books(received, accepted, quarantined)
    counts, refusal = _pass_gates(evidence, marks, suites)
    validated = Validated(
        schools=_accepted(typed["schools"]),
        students=_accepted(typed["students"]),
        enrollments=_accepted(typed["enrollments"]),
        guardians=_accepted(typed["guardians"]),
        calendar=_accepted(typed["calendar"]),
        ladder=_accepted(typed["ladder"]) if "ladder" in typed else None,
        marks=marks.frame,
        present_rows=marks.present_rows,
        quarantined=quarantined,
        received=received,
        covered=(first, last),
        silent_schools=silent,
        suites=counts,
    )
    return Examined(validated=validated, refusal=refusal)


class _Absent:
    """A table that the district did not send: no rows."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.file = ""
        self.frame = pd.DataFrame({"row": pd.Series(dtype="int64")})


def _typed(tables: Sequence[SourceTable], district: District) -> dict[str, Typed]:
    sent: dict[str, SourceTable] = {table.table: table for table in tables}
    return {
        name: type_table(sent.get(name) or _Absent(name), district)
        for name, table in TABLES.items()
        if name in sent or not table.optional
    }


def _pass_gates(
    evidence: Evidence, marks: Marks, suites: Path | None
) -> tuple[dict[str, int], SubmissionRefused | None]:
    if suites is None:
        return {}, None
    by_table = figures(evidence)
    judged = [
        Judged(
            table=name,
            file=one.file,
            rows=marks.frame if name == "attendance" else one.accepted,
            figures=by_table[name],
        )
        for name, one in evidence.tables.items()
    ]
    try:
        return judge(judged, suites, evidence.gates), None
    except SubmissionRefused as refusal:
        return {}, refusal


def _accepted(typed: Typed) -> pd.DataFrame:
    return typed.accepted.drop(columns=["row", "file"], errors="ignore").reset_index(drop=True)
