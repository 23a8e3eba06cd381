"""The values validation takes and gives. Frames are compared by nobody, so these classes have no equality.

Dates are `datetime64[s]` at midnight in every frame here, texts the `str` dtype, numbers that may be missing `Int64`.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

import pandas as pd

from pact_etl.domain.errors import SubmissionRefused

DAY: Final = "datetime64[s]"
TEXT: Final = "str"


class SourceTable(Protocol):
    """A raw table as a connector yields it: text columns and `row`."""

    @property
    def table(self) -> str:
        """Canonical table name."""
        ...

    @property
    def file(self) -> str:
        """Name of the file it stood in."""
        ...

    @property
    def frame(self) -> pd.DataFrame:
        """The cells."""
        ...


class Year(Protocol):
    """The school year that tonight belongs to, both days inclusive."""

    @property
    def first(self) -> date:
        """First day."""
        ...

    @property
    def last(self) -> date:
        """Last day."""
        ...


def _empty(**columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _no_schools() -> pd.DataFrame:
    return _empty(school_code=TEXT, level=TEXT, periods_per_day="Int64")


def _no_students() -> pd.DataFrame:
    return _empty(local_id=TEXT)


def _nobody_elsewhere() -> pd.DataFrame:
    return _empty(district=TEXT, local_id=TEXT, birth_date=DAY)


def _no_enrollments() -> pd.DataFrame:
    return _empty(local_id=TEXT, school_code=TEXT, entry_date=DAY, exit_date=DAY, track=TEXT)


def _no_calendar() -> pd.DataFrame:
    return _empty(school_code=TEXT, track=TEXT, date=DAY, instructional="bool")


def _no_marks() -> pd.DataFrame:
    return _empty(school_code=TEXT, date=DAY, marks="int64")


def _no_history() -> pd.DataFrame:
    shares = {"median_share_absent": "float64", "median_share_unexcused": "float64"}
    return _empty(school_code=TEXT, **shares, days="int64")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What the record already knows of the district; empty on its first night.

    `exit_date` is inclusive. `track` is empty for the common calendar, and may be left out where there are no tracks.
    `open_marks` counts believed marks in the covered days, by school and, where the column is
    there, by date. `absence_history` is each school's share absent, and share absent without excuse, on its median day.
    `students` may have birth dates; `elsewhere`, students of the county's other districts, is filled on a first night.
    """

    schools: pd.DataFrame = field(default_factory=_no_schools, repr=False)
    students: pd.DataFrame = field(default_factory=_no_students, repr=False)
    elsewhere: pd.DataFrame = field(default_factory=_nobody_elsewhere, repr=False)
    enrollments: pd.DataFrame = field(default_factory=_no_enrollments, repr=False)
    calendar: pd.DataFrame = field(default_factory=_no_calendar, repr=False)
    open_marks: pd.DataFrame = field(default_factory=_no_marks, repr=False)
    absence_history: pd.DataFrame = field(default_factory=_no_history, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The county's limits; each is written with its reason in `config/county.yaml` or `expectations/`.

    Shares are between 0 and 1. The suites read these by name, so that a limit stands in one place.
    """

    max_fault_share: float = 0.05
    min_fault_rows: float = 20
    school_day_absent_share: float = 0.6
    school_day_absent_ratio: float = 3.0
    school_day_unexcused_share: float = 0.4
    school_day_unexcused_ratio: float = 5.0
    school_day_unexcused_min_enrolled: float = 30
    school_day_min_enrolled: float = 10
    school_day_min_history: float = 5  # days of a school's own past before its median says anything
    max_deleted_share: float = 0.5
    min_deleted_marks: float = 20
    max_removed_share: float = 0.1
    min_removed_enrollments: float = 20
    min_silent_marks: float = (
        5  # fewer marks than this may well all have been taken back in one night
    )
    min_enrolled_for_silence: float = (
        200  # from here on a day or window without one mark is no coincidence
    )
    min_share_with_guardian: float = 0.8
    min_share_known: float = 0.2
    min_share_same_birth_date: float = 0.5
    max_share_elsewhere: float = 0.5
    min_students_compared: float = 20
    min_students_for_shares: float = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Validated:
    """One submission, judged: what is accepted, what is set aside, and the books that prove nothing got lost.

    `ladder` is None where the district sent none. For attendance, received rows are `marks.rows` summed, plus
    `present_rows`, plus quarantined rows.
    """

    schools: pd.DataFrame = field(repr=False)
    students: pd.DataFrame = field(repr=False)
    enrollments: pd.DataFrame = field(repr=False)
    guardians: pd.DataFrame = field(repr=False)
    calendar: pd.DataFrame = field(repr=False)
    marks: pd.DataFrame = field(repr=False)
    present_rows: int
    quarantined: pd.DataFrame = field(repr=False)
    received: dict[str, int]
    covered: tuple[date, date]
    silent_schools: tuple[str, ...]
    suites: dict[str, int]
    ladder: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """One submission, judged, whether it may be used or not. Of a refused one only the quarantine may be shown."""

    validated: Validated
    refusal: SubmissionRefused | None
