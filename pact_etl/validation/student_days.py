"""Attendance rows gathered by student, school and date, as numbers instead of texts: the ground for fast checks.

Pure arrays; decides nothing.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudentDays:
    """One entry per distinct student, school and date; `of_row` says which entry a row belongs to.

    `student` and `school` are positions in the two lists of names, `day` counts days since 1970.
    """

    of_row: Ints = field(repr=False)
    student: Ints = field(repr=False)
    school: Ints = field(repr=False)
    day: Ints = field(repr=False)
    students: pd.Index = field(repr=False)
    schools: pd.Index = field(repr=False)

    def __len__(self) -> int:
        """Number of student-days."""
        return len(self.day)

    def dates(self) -> pd.Series:
        """The dates as timestamps."""
        return to_dates(self.day)

    def school_day(self) -> tuple[Ints, Ints]:
        """Which school-day each student-day belongs to, and the first student-day of each school-day."""
        key = self.school * _SPAN + self.day
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        return inverse.astype(np.int64), first.astype(np.int64)


_SPAN = 1_000_000  # days; more than any date this system reads


def to_days(dates: pd.Series, missing: int = -1) -> Ints:
    """Days since 1970."""
    days = dates.to_numpy(dtype="datetime64[D]").astype(np.int64)
    return np.where(dates.isna().to_numpy(), np.int64(missing), days)


def to_dates(days: Ints) -> pd.Series:
    """The other way round."""
    return pd.Series(days.astype("datetime64[D]").astype("datetime64[s]"))


def gather(frame: pd.DataFrame) -> StudentDays:
    """Group rows that have student, school and date.

    Args:
        frame: columns local_id, school_code, date; none missing.
    """
    student, students = pd.factorize(frame["local_id"])
    school, schools = pd.factorize(frame["school_code"])
    day = to_days(frame["date"])
    key = (student.astype(np.int64) * (len(schools) + 1) + school) * _SPAN + day
    _, first, of_row = np.unique(key, return_index=True, return_inverse=True)
    return StudentDays(
        of_row=of_row.astype(np.int64),
        student=student[first].astype(np.int64),
        school=school[first].astype(np.int64),
        day=day[first],
        students=pd.Index(students),
        schools=pd.Index(schools),
    )


def taught(days: StudentDays, calendar: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether the school of each student-day kept school on that date."""
    open_days = calendar[calendar["instructional"].to_numpy(dtype=bool)]
    school = days.schools.get_indexer(pd.Index(open_days["school_code"]))
    key = school.astype(np.int64) * _SPAN + to_days(open_days["date"])
    return np.isin(days.school * _SPAN + days.day, key[school >= 0])


def enrolled(days: StudentDays, enrollments: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether some enrollment of the student at that school covers each student-day, both ends inclusive."""
    student = days.students.get_indexer(pd.Index(enrollments["local_id"])).astype(np.int64)
    school = days.schools.get_indexer(pd.Index(enrollments["school_code"])).astype(np.int64)
    relevant = (student >= 0) & (school >= 0)
    spans = enrollments[relevant]
    pair = student[relevant] * (len(days.schools) + 1) + school[relevant]
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    entry = to_days(spans["entry_date"])[order]
    exit_day = to_days(spans["exit_date"], missing=_SPAN)[order]
    wanted = days.student * (len(days.schools) + 1) + days.school
    start, stop = np.searchsorted(pair, wanted, "left"), np.searchsorted(pair, wanted, "right")
    covered = np.zeros(len(days), dtype=bool)
    # Nearly everybody has one span at a school, so this loop runs once or twice.
    for step in range(int((stop - start).max(initial=0))):
        at = np.minimum(start + step, max(len(pair) - 1, 0))
        covered |= (start + step < stop) & (entry[at] <= days.day) & (days.day <= exit_day[at])
    return covered


def enrolled_count(schools: pd.Series, days: Ints, enrollments: pd.DataFrame) -> Ints:
    """How many students are enrolled at each school on each day.

    Args:
        schools: school codes.
        days: as many days since 1970.
        enrollments: spans, exit inclusive; a span that ends before it begins counts nobody.
    """
    entry, exit_day = (
        to_days(enrollments["entry_date"]),
        to_days(enrollments["exit_date"], missing=_SPAN),
    )
    real = exit_day >= entry
    by_school = enrollments["school_code"].to_numpy(dtype=object)
    counts = np.zeros(len(days), dtype=np.int64)
    asked = schools.to_numpy(dtype=object)
    groups = pd.Series(np.flatnonzero(real)).groupby(by_school[real]).indices if real.any() else {}
    positions = np.flatnonzero(real)
    for school in pd.unique(schools):
        if school not in groups:
            continue
        at = positions[groups[school]]
        here = asked == school
        begun = np.searchsorted(np.sort(entry[at]), days[here], "right")
        ended = np.searchsorted(np.sort(exit_day[at]), days[here], "left")
        counts[here] = begun - ended
    return counts
