"""When reports to the agencies that refer are due, and over which days (EC 48297 names no day; the county does).

A report is due on a day of each month, over everything up to the end of the month before. What was reported is not
reported again, and no day is left out: a month that was missed is caught up with the next report.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple


class Period(NamedTuple):
    """Days, both inclusive."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BackReportSchedule:
    """The rule in force from one day on.

    Attributes:
        day_of_month: 1 to 28; on this day the report over the days up to the end of the month before is due.
        why: who says so.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    day_of_month: int
    why: str

    def __post_init__(self) -> None:
        """Refuse a day that not every month has.

        Raises:
            ValueError: it is none.
        """
        if not 1 <= self.day_of_month <= 28:
            raise ValueError("day_of_month must be 1 to 28")

    def reported_to(self, as_of: date) -> date:
        """The last day that a report should hold by now: the end of the newest month whose report is due."""
        month_end = as_of.replace(day=1) - timedelta(days=1)
        if as_of.day >= self.day_of_month:
            return month_end
        return month_end.replace(day=1) - timedelta(days=1)


def unreported(reported: Iterable[Period], first: date, last: date) -> list[Period]:
    """The periods between two days, both inclusive, that no report spoke of, oldest first."""
    left: list[Period] = []
    begin = first
    for one in sorted(reported):
        if one.first > last:
            break
        if one.first > begin:
            left.append(Period(begin, one.first - timedelta(days=1)))
        begin = max(begin, one.last + timedelta(days=1))
    if begin <= last:
        left.append(Period(begin, last))
    return left
