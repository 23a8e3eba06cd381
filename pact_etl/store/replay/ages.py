"""Compulsory age for many students and days at once: `Law.binds` as columns. A test holds the two to each other."""

from datetime import date

import numpy as np
import numpy.typing as npt

from pact_etl.domain.policy import Law

Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.int64]

_EPOCH = date(1970, 1, 1)


def bound_on(born: Days, first: date, count: int, law: Law) -> Flags:
    """Whether the law binds students on the days of a span.

    Args:
        born: birth dates, in days since 1970-01-01.
        first: first day of the span.
        count: its days.
        law: with the ages of every day.

    Returns:
        By student and day.
    """
    distinct, place = np.unique(born, return_inverse=True)
    start = (first - _EPOCH).days
    days = np.arange(start, start + count)
    ages = _years(days)[None, :] - _years(distinct)[:, None]
    ages -= _place_in_year(days)[None, :] < _place_in_year(distinct)[:, None]
    bound = np.zeros(ages.shape, dtype=bool)
    for span in law.age_spans():
        own = (days >= (span.first - _EPOCH).days) & (days <= (span.last - _EPOCH).days)
        bound |= own[None, :] & (ages >= span.from_age) & (ages < span.until_age)
    return np.asarray(bound[place])


def _years(days: Days) -> Days:
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[Y]").astype("int64"))


def _place_in_year(days: Days) -> Days:
    """Month and day as one number; a 29 February, where there is none, comes with 1 March."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return np.asarray(months.astype("int64") % 12 * 100 + (dates - months).astype("int64"))
