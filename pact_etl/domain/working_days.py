"""Working days of a counterpart such as the print vendor: weekdays that are none of its holidays."""

from collections.abc import Collection
from datetime import date, timedelta

_SATURDAY = 5


def is_working_day(day: date, holidays: Collection[date]) -> bool:
    """Whether the counterpart works on a day."""
    return day.weekday() < _SATURDAY and day not in holidays


def working_days_before(day: date, count: int, holidays: Collection[date]) -> date:
    """The date that lies a number of working days before another.

    Args:
        day: from where to count back; itself not counted.
        count: at least 0.
        holidays: on which the counterpart does not work.
    """
    while count > 0:
        day -= timedelta(days=1)
        count -= is_working_day(day, holidays)
    return day


def working_day_on_or_after(day: date, holidays: Collection[date]) -> date:
    """The day itself, or the first working day after it."""
    while not is_working_day(day, holidays):
        day += timedelta(days=1)
    return day
