"""Marks in period accounting: which periods of the day a mark is made of, and how each is told."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status
from pact_etl.simulator.marks import LONGEST_TARDY, DayMarks, code, codes

NONE: Final = 0
"""No period, no minutes."""

_PERIOD_MINUTES = {2: 165, 6: 55}
_IN_ONE_PERIOD = codes(Status.TARDY, Status.PARTIAL_UNEXCUSED, Status.PARTIAL_EXCUSED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """Marks as rows tell them: with the period, counted from 1, and the minutes missed."""

    marks: DayMarks
    period: npt.NDArray[np.int64]
    minutes: npt.NDArray[np.int64]


def by_period(marks: DayMarks, periods_by_school: npt.NDArray[np.int16]) -> Told:
    """One row per exceptional period.

    A mark of a whole day has all periods; a tardy and a partial absence have one. On a mixed day
    the later periods are excused.

    Args:
        marks: one per student and day.
        periods_by_school: how many periods a day has.
    """
    periods = periods_by_school[marks.school].astype(np.int64)
    counts = np.where(np.isin(marks.status, _IN_ONE_PERIOD), 1, periods)
    source = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows, periods = marks.take(source), periods[source]
    variant = rows.variant.astype(np.int64)
    is_single = np.isin(rows.status, _IN_ONE_PERIOD)
    period = np.where(is_single, variant % periods, nth)
    status = _status_of_period(rows.status, nth, 1 + variant % np.maximum(periods - 1, 1))
    lengths = np.array([_PERIOD_MINUTES[int(count)] for count in periods_by_school])
    is_tardy = rows.status == code(Status.TARDY)
    minutes = np.where(is_tardy, 1 + variant % LONGEST_TARDY, lengths[rows.school])
    return Told(marks=rows.with_status(status), period=period + 1, minutes=minutes)


def _status_of_period(
    status: npt.NDArray[np.uint8], nth: npt.NDArray[np.int64], unexcused: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """What one period is told as: a partial absence is an absence from its period."""
    is_mixed = status == code(Status.ABSENT_MIXED)
    is_excused = (is_mixed & (nth >= unexcused)) | (status == code(Status.PARTIAL_EXCUSED))
    is_unexcused = is_mixed | (status == code(Status.PARTIAL_UNEXCUSED))
    told = status.copy()
    told[is_unexcused] = code(Status.ABSENT_UNEXCUSED)
    told[is_excused] = code(Status.ABSENT_EXCUSED)
    return told
