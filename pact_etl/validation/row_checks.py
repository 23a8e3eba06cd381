"""Checks of a row against its neighbours and against what is known, for every table but attendance.

Attendance is judged by student and day; see `attendance_checks`. Each check gives a reason to the rows it sets aside.
"""

from datetime import date

import pandas as pd

from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope
from pact_etl.validation.columns import TABLES
from pact_etl.validation.membership import among
from pact_etl.validation.roster import (
    Roster,
    overlay_calendar,
    overlay_enrollments,
    overlay_schools,
    overlay_students,
    removed_enrollments,
)
from pact_etl.validation.typed import Typed
from pact_etl.validation.values import Reference, Year


def check_roster(
    typed: dict[str, Typed], reference: Reference, as_of: date, year: Year, scope: Scope
) -> Roster:
    """Check the roster tables and overlay the record with what stands of them."""
    schools, students = typed["schools"], typed["students"]
    check_keys(schools)
    known_schools = overlay_schools(reference, schools.accepted)
    check_birth_dates(students, as_of)
    check_keys(students)
    known_students = overlay_students(reference, students.accepted)
    for name in ("enrollments", "guardians"):
        check_student_known(typed[name], known_students)
    for name in ("enrollments", "calendar"):
        check_school_known(typed[name], known_schools)
    check_in_year(typed["calendar"], year)
    for name in ("enrollments", "guardians", "calendar"):
        check_keys(typed[name])
    if "ladder" in typed:
        check_ladder(typed["ladder"], known_students, year, as_of)
    enrollments = overlay_enrollments(reference, typed["enrollments"].accepted, scope)
    return Roster(
        schools=known_schools,
        students=known_students,
        enrollments=enrollments,
        removed_enrollments=removed_enrollments(reference, enrollments, scope),
        calendar=overlay_calendar(reference, typed["calendar"].accepted),
    )


def check_keys(typed: Typed) -> None:
    """Of several rows with one key the last holds, as in a file read from the top; the others are duplicates."""
    key = list(TABLES[typed.table].key)
    clean = typed.faults.clean
    repeated = typed.frame.loc[clean].duplicated(key, keep="last")
    mask = clean.copy()
    mask[clean] = repeated.to_numpy()
    typed.faults.add(mask, Reason.DUPLICATE_ROW, key[0])


def check_birth_dates(students: Typed, as_of: date) -> None:
    """Nobody who goes to school is born after tonight."""
    unborn = students.frame["birth_date"] > pd.Timestamp(as_of)
    students.faults.add(unborn.to_numpy(), Reason.FUTURE_DATE, "birth_date")


def check_student_known(typed: Typed, known: pd.Index) -> None:
    """The record has, or tonight brings, the student a row speaks of."""
    unknown = ~among(typed.frame["local_id"], known)
    typed.faults.add(unknown, Reason.UNKNOWN_STUDENT, "local_id")


def check_school_known(typed: Typed, schools: pd.DataFrame) -> None:
    """The record has, or tonight brings, the school a row speaks of."""
    unknown = ~among(typed.frame["school_code"], schools["school_code"])
    typed.faults.add(unknown, Reason.UNKNOWN_SCHOOL, "school_code")


def check_ladder(ladder: Typed, students: pd.Index, year: Year, as_of: date) -> None:
    """Steps of known students, taken in this school year and not after tonight."""
    check_student_known(ladder, students)
    late = ladder.frame["date"] > pd.Timestamp(as_of)
    ladder.faults.add(late.to_numpy(), Reason.FUTURE_DATE, "date")
    check_in_year(ladder, year)
    check_keys(ladder)


def check_in_year(typed: Typed, year: Year) -> None:
    """The row's date lies in the school year that tonight belongs to."""
    inside = typed.frame["date"].between(pd.Timestamp(year.first), pd.Timestamp(year.last))
    typed.faults.add(~inside.to_numpy(), Reason.OUTSIDE_SCHOOL_YEAR, "date")
