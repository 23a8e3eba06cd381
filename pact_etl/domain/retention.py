"""When a record must go: one clock for each class of record, and what is never touched.

A clock starts on the last day of the school year a record speaks of, so that a year is whole as long as it is there.
Which rows a class holds belongs to `pact_etl.store.retention`; the clocks to `pact_etl/law/retention.yaml` and
`config/county.yaml`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.notice import EmailStatus, LetterStatus
from pact_etl.domain.school_year import school_year_of


class RecordClass(StrEnum):
    """What has a clock of its own, in the order in which a night looks at it. Stored by value."""

    RAW_FILES = "raw_files"
    SET_ASIDE = "set_aside"
    LETTERS = "letters"
    CASES = "cases"
    ATTENDANCE = "attendance"
    PEOPLE = "people"  # last: only those go about whom nothing else is left


IN_FLIGHT_LETTERS = frozenset(
    {
        LetterStatus.PLANNED,
        LetterStatus.APPROVED,
        LetterStatus.RENDERED,
        LetterStatus.PACKAGED,
        LetterStatus.ACKNOWLEDGED,
    }
)
"""Letters on their way: whatever their age, nothing about them goes."""

IN_FLIGHT_EMAILS = frozenset({EmailStatus.PLANNED, EmailStatus.SENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What the law says of one class: months after the school year's end, at least and at most."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    citation: str
    says: str
    at_least: int
    at_most: int
    confirm: bool = False

    def allows(self, months: int) -> bool:
        """Whether a county may choose this many months."""
        return self.at_least <= months <= self.at_most


def due_through(as_of: date, months: int) -> date:
    """The last school year's last day whose records are due on a day; what speaks of later days stays.

    Args:
        as_of: the night.
        months: the class's clock, in months after the 30th of June.
    """
    year = school_year_of(as_of)
    last = date(year.first.year, 6, 30)  # the newest school year that is over
    while _months_later(last, months) > as_of:
        last = date(last.year - 1, 6, 30)
    return last


def _months_later(day: date, months: int) -> date:
    """The 30th of June some months later; February ends earlier."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, 28 if month == 2 else 30)
