"""Coarse bands in place of what would point at one child."""

from datetime import date

import pandas as pd

UNKNOWN = "unknown"

_AGES = (0, 6, 10, 13, 16, 18, 200)
_AGE_BANDS = ("under_6", "6_9", "10_12", "13_15", "16_17", "18_and_over")
_GRADE_BANDS = {
    # The spans of the state's funding formula, so that days can be priced by band.
    **dict.fromkeys(("TK", "KN", "01", "02", "03"), "tk_3"),
    **dict.fromkeys(("04", "05", "06"), "4_6"),
    **dict.fromkeys(("07", "08"), "7_8"),
    **dict.fromkeys(("09", "10", "11", "12"), "9_12"),
}


def age_bands(birth_dates: "pd.Series[pd.Timestamp]", as_of: date) -> "pd.Series[str]":
    """The age band of each birth date on a day."""
    births = pd.to_datetime(birth_dates).dt
    had_birthday = (births.month * 100 + births.day) <= as_of.month * 100 + as_of.day
    ages = as_of.year - births.year - (~had_birthday)
    bands = pd.cut(ages, bins=list(_AGES), right=False, labels=list(_AGE_BANDS))
    return bands.astype("str").where(bands.notna(), UNKNOWN)


def grade_bands(grades: "pd.Series[str]") -> "pd.Series[str]":
    """The grade band of each canonical grade."""
    return grades.map(_GRADE_BANDS).fillna(UNKNOWN).astype("str")
