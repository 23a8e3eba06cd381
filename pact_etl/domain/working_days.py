"""Working days of a counterpart such as the print vendor: weekdays, until a county needs its holidays too."""

from datetime import date, timedelta


def working_days_before(day: date, count: int) -> date:
    """The date that lies a number of working days before another.

    Args:
        day: from where to count back; itself not counted.
        count: at least 0.
    """
    while count > 0:
        day -= timedelta(days=1)
        count -= day.weekday() < 5
    return day


def working_day_on_or_after(day: date) -> date:
    """The day itself, or the first working day after it."""
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day
