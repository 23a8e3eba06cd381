"""Checks of attendance rows against the roster and the calendar, by student and day.

Every mask is spread from student-days to rows, because what is wrong with a day is wrong with all its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District, Form
from pact_etl.domain.reasons import Reason
from pact_etl.validation.code_map import RANK, statuses_of
from pact_etl.validation.columns import TABLES
from pact_etl.validation.faults import Mask
from pact_etl.validation.membership import among
from pact_etl.validation.roster import Roster
from pact_etl.validation.student_days import StudentDays, enrolled, gather, to_days
from pact_etl.validation.tracks import taught_to
from pact_etl.validation.typed import Typed
from pact_etl.validation.values import Year

_KEY = ("local_id", "school_code", "date")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stated:
    """The rows that stand after all checks: positions in the table, their student-days, and their status."""

    rows: pd.DataFrame = field(repr=False)
    positions: "np.typing.NDArray[np.intp]" = field(repr=False)
    days: StudentDays = field(repr=False)


def check_attendance(
    attendance: Typed, district: District, roster: Roster, year: Year, as_of: date
) -> None:
    """Give a reason to every row that cannot become part of a mark, most basic reason first."""
    _check_periods(attendance, district, roster)
    _check_repeats(attendance, district)
    faults, frame = attendance.faults, attendance.frame
    clean = np.flatnonzero(faults.clean)
    days = gather(frame.iloc[clean])

    rank = statuses_of(frame["code"], frame["date"], district.codes)
    # Missed days are made up on days without school, too.
    made_up = rank == RANK[Status.ATTENDANCE_RECOVERY]

    def by_day(mask: Mask, reason: Reason, column: str) -> None:
        rows = np.zeros(len(frame), dtype=bool)
        rows[clean] = mask[days.of_row]
        if reason is Reason.NO_SCHOOL_THAT_DAY:
            rows &= ~made_up
        faults.add(rows, reason, column)

    checks: tuple[tuple[Callable[[], Mask], Reason, str], ...] = (
        (
            lambda: ~among(days.students, roster.students)[days.student],
            Reason.UNKNOWN_STUDENT,
            "local_id",
        ),
        (
            lambda: ~among(days.schools, roster.schools["school_code"])[days.school],
            Reason.UNKNOWN_SCHOOL,
            "school_code",
        ),
        (lambda: days.day > _number(as_of), Reason.FUTURE_DATE, "date"),
        (
            lambda: (days.day < _number(year.first)) | (days.day > _number(year.last)),
            Reason.OUTSIDE_SCHOOL_YEAR,
            "date",
        ),
        (
            lambda: ~taught_to(days, roster.calendar, roster.enrollments),
            Reason.NO_SCHOOL_THAT_DAY,
            "date",
        ),
        (lambda: ~enrolled(days, roster.enrollments), Reason.OUTSIDE_ENROLLMENT, "date"),
    )
    for mask, reason, column in checks:
        by_day(mask(), reason, column)
    faults.add(rank < 0, Reason.UNKNOWN_CODE, "code")
    _check_whole_days(attendance)


def stated_rows(attendance: Typed, district: District) -> Stated:
    """The rows without a fault, with the rank of their status in column `rank`."""
    positions = np.flatnonzero(attendance.faults.clean)
    rows = attendance.frame.iloc[positions].reset_index(drop=True)
    rows["rank"] = statuses_of(rows["code"], rows["date"], district.codes)
    return Stated(rows=rows, positions=positions, days=gather(rows))


def _check_periods(attendance: Typed, district: District, roster: Roster) -> None:
    """A row without a period speaks of the whole day, which is only clear where a day is one period."""
    if district.attendance.form is not Form.PERIODS:
        return
    schools = roster.schools
    one = schools.loc[schools["periods_per_day"].fillna(1).to_numpy(dtype=int) <= 1, "school_code"]
    frame = attendance.frame
    missing = frame["period"].isna().to_numpy() & ~among(frame["school_code"], one)
    attendance.faults.add(missing, Reason.MISSING_FIELD, "period")


def _check_repeats(attendance: Typed, district: District) -> None:
    """The same statement twice counts once; a different code for the same day or period is settled later."""
    key = list(TABLES["attendance"].key)
    clean = attendance.faults.clean
    mask = clean.copy()
    mask[clean] = attendance.frame.loc[clean, key].duplicated(keep="first").to_numpy()
    attendance.faults.add(mask, Reason.DUPLICATE_ROW, "local_id")


def _check_whole_days(attendance: Typed) -> None:
    """A day is settled from all its rows: where one cannot be used, the others would tell of another day.

    The row that is missing may be the one kinder to the family, or a period of an absence already excused.
    """
    faults, frame = attendance.faults, attendance.frame
    unused = (
        faults.found & ~faults.has(Reason.DUPLICATE_ROW) & ~faults.has(Reason.NO_SCHOOL_THAT_DAY)
    )
    if not unused.any():
        return
    readable = np.flatnonzero(frame.loc[:, list(_KEY)].notna().all(axis=1))
    days = gather(frame.iloc[readable])
    incomplete = np.zeros(len(days), dtype=bool)
    incomplete[days.of_row[unused[readable]]] = True
    mask = np.zeros(len(frame), dtype=bool)
    mask[readable] = incomplete[days.of_row]
    faults.add(mask, Reason.DAY_INCOMPLETE, "date")


def _number(day: date) -> int:
    return int(to_days(pd.Series([pd.Timestamp(day)]))[0])
