"""Ages in completed years, as the statutes count them."""

from datetime import date


def age_on(birth_date: date, day: date) -> int:
    """Completed years on a day; a child born on 29 February has the birthday on 1 March in other years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
