"""Positions in the schools' own calendars: which instructional day comes how many after a date.

One sorted array of integers holds every instructional day of every school and school year, so that
a position is a binary search and a count is a subtraction, for any number of letters at once.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FAR = 900_000
"""A day number after every real one; a real one is some 20,000 days after 1970-01-01."""

_YEARS = 10_000
_DAYS = 1_000_000


def day_numbers(dates: "pd.Series[Any]") -> Ints:
    """Dates as days since 1970-01-01; a missing date is far in the future."""
    days = pd.to_datetime(dates).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), FAR, days.astype(np.int64)).astype(np.int64)


def school_years(dates: "pd.Series[Any]") -> Ints:
    """The calendar year in which the school year of each date began, on 1 July."""
    moments = pd.to_datetime(dates).dt
    began = moments.year.to_numpy() - (moments.month.to_numpy() < 7)
    return began.astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDays:
    """Every instructional day, sorted by school, school year and date.

    Attributes:
        keys: one integer a day, ascending.
        is_submitted: whether the day's attendance has been submitted, by position.
        submitted_before: how many days before each position are submitted; one entry more.
        schools: the schools; a school's code is its place here.
    """

    keys: Ints
    is_submitted: Bools
    submitted_before: Ints
    schools: "pd.Index[Any]"

    @classmethod
    def from_calendar(cls, calendar: pd.DataFrame) -> Self:
        """Sort a calendar.

        Args:
            calendar: one row per school and instructional day: `school_id`, `date`, `is_submitted`.
        """
        codes, schools = pd.factorize(calendar["school_id"], sort=True)
        years, days = school_years(calendar["date"]), day_numbers(calendar["date"])
        keys = _keys(codes.astype(np.int64), years, days)
        order = np.argsort(keys, kind="stable")
        submitted = calendar["is_submitted"].to_numpy(dtype=bool)[order]
        return cls(
            keys=keys[order],
            is_submitted=submitted,
            submitted_before=np.concatenate([[0], np.cumsum(submitted, dtype=np.int64)]),
            schools=pd.Index(schools),
        )

    @property
    def days(self) -> Ints:
        """The day number of each position."""
        return self.keys % _DAYS

    def codes(self, schools: "pd.Series[Any]") -> Ints:
        """The code of each school; it must be one of `schools`."""
        return self.schools.get_indexer(pd.Index(schools)).astype(np.int64)

    def first_on_or_after(self, codes: Ints, years: Ints, days: Ints) -> Ints:
        """The position of a school year's first instructional day on or after a day.

        Before the year it is the year's first, after the year it is one past the year's last.
        """
        return np.searchsorted(self.keys, _keys(codes, years, days), side="left")

    def first_after(self, codes: Ints, years: Ints, days: Ints) -> Ints:
        """As `first_on_or_after`, without the day itself."""
        return np.searchsorted(self.keys, _keys(codes, years, days), side="right")


def _keys(codes: Ints, years: Ints, days: Ints) -> Ints:
    keys: Ints = (codes * _YEARS + years) * _DAYS + days
    return keys
