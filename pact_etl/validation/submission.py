"""Judge one district's submission of one night: type it, set faulty rows aside, settle days, pass the batch gates.

The order matters: students and schools first, because everything else is held against them.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.reasons import Reason
from pact_etl.validation.attendance_checks import check_attendance, stated_rows
from pact_etl.validation.books import check_books, quarantined_rows
from pact_etl.validation.canonical_day import Marks, canonical_marks
from pact_etl.validation.columns import TABLES
from pact_etl.validation.covered import covered_days
from pact_etl.validation.gates import Judged, judge
from pact_etl.validation.roster import (
    Roster,
    overlay_calendar,
    overlay_enrollments,
    overlay_schools,
    overlay_students,
)
from pact_etl.validation.row_checks import (
    check_birth_dates,
    check_in_year,
    check_keys,
    check_school_known,
    check_student_known,
)
from pact_etl.validation.school_days import (
    marks_taken_back,
    on_school_days,
    outliers,
    school_day_shares,
    silent_schools,
)
from pact_etl.validation.summary import Evidence, figures
from pact_etl.validation.typed import Typed, type_table
from pact_etl.validation.values import Gates, Reference, SourceTable, Validated, Year


def validate_submission(
    *,
    district: District,
    as_of: date,
    year: Year,
    tables: Sequence[SourceTable],
    reference: Reference,
    gates: Gates,
    suites: Path | None,
) -> Validated:
    """Judge one submission.

    Args:
        district: whose.
        as_of: the night.
        year: the school year of that night.
        tables: raw tables as the connector read them.
        reference: what the record knows of the district.
        gates: the county's limits.
        suites: folder of the expectation suites; None leaves the batch gates out, for tests of everything else.

    Raises:
        SubmissionRefused: a batch gate failed; nothing of the submission may be recorded.
        InvariantBroken: rows got lost.
    """
    typed = _typed(tables, district)
    roster = _check_roster(typed, reference, as_of, year)
    attendance = typed["attendance"]
    check_attendance(attendance, district, roster, year, as_of)
    heard = attendance.frame.loc[:, ["local_id", "school_code", "date"]]
    marks = _settle(attendance, district, roster, reference, gates)
    covered = covered_days(district, as_of, year.first)
    silent = silent_schools(reference.open_marks, heard["school_code"], gates)
    stated = heard.dropna().drop_duplicates()
    taken_back = marks_taken_back(reference.open_marks, stated, silent, as_of)
    evidence = Evidence(
        tables=typed,
        roster=roster,
        reference=reference,
        taken_back=taken_back,
        as_of=as_of,
        gates=gates,
    )
    counts = _pass_gates(evidence, marks, suites) if suites is not None else {}
    quarantined = quarantined_rows(list(typed.values()))
    received = {name: len(one.frame) for name, one in typed.items()}
    accepted = {name: int(one.faults.clean.sum()) for name, one in typed.items()}
    accepted["attendance"] = int(marks.frame["rows"].sum()) + marks.present_rows
    check_books(received, accepted, quarantined)
    return Validated(
        schools=_accepted(typed["schools"]),
        students=_accepted(typed["students"]),
        enrollments=_accepted(typed["enrollments"]),
        guardians=_accepted(typed["guardians"]),
        calendar=_accepted(typed["calendar"]),
        marks=marks.frame,
        present_rows=marks.present_rows,
        quarantined=quarantined,
        received=received,
        covered=covered,
        silent_schools=silent,
        suites=counts,
    )


class _Absent:
    """A table that the district did not send: no rows."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.file = ""
        self.frame = pd.DataFrame({"row": pd.Series(dtype="int64")})


def _typed(tables: Sequence[SourceTable], district: District) -> dict[str, Typed]:
    sent: dict[str, SourceTable] = {table.table: table for table in tables}
    return {name: type_table(sent.get(name) or _Absent(name), district) for name in TABLES}


def _check_roster(typed: dict[str, Typed], reference: Reference, as_of: date, year: Year) -> Roster:
    """Check the roster tables and overlay the record with what stands of them."""
    schools, students = typed["schools"], typed["students"]
    check_keys(schools)
    known_schools = overlay_schools(reference, schools.accepted)
    check_keys(students)
    check_birth_dates(students, as_of)
    known_students = overlay_students(reference, students.accepted)
    for name in ("enrollments", "guardians"):
        check_student_known(typed[name], known_students)
    for name in ("enrollments", "calendar"):
        check_school_known(typed[name], known_schools)
    check_in_year(typed["calendar"], year)
    for name in ("enrollments", "guardians", "calendar"):
        check_keys(typed[name])
    return Roster(
        schools=known_schools,
        students=known_students,
        enrollments=overlay_enrollments(reference, typed["enrollments"].accepted),
        calendar=overlay_calendar(reference, typed["calendar"].accepted),
    )


def _settle(
    attendance: Typed, district: District, roster: Roster, reference: Reference, gates: Gates
) -> Marks:
    """Settle days, and settle again without the school-days that are not believed."""
    form = district.attendance.form
    stated = stated_rows(attendance, district)
    marks = canonical_marks(stated.rows, stated.days, form, roster.schools)
    shares = school_day_shares(marks.frame, roster.enrollments)
    doubted = outliers(shares, reference.absence_history, gates)
    if doubted.empty:
        return marks
    mask = np.zeros(len(attendance.frame), dtype=bool)
    mask[stated.positions] = on_school_days(stated.days, doubted)[stated.days.of_row]
    attendance.faults.add(mask, Reason.SCHOOL_DAY_OUTLIER, "date")
    stated = stated_rows(attendance, district)
    return canonical_marks(stated.rows, stated.days, form, roster.schools)


def _pass_gates(evidence: Evidence, marks: Marks, suites: Path) -> dict[str, int]:
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
    return judge(judged, suites, evidence.gates)


def _accepted(typed: Typed) -> pd.DataFrame:
    return typed.accepted.drop(columns="row").reset_index(drop=True)
