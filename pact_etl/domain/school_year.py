"""School years. A school year runs from 1 July to 30 June and is named by both, such as 2026-27."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolYear:
    """One school year, both days inclusive."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """Such as `2026-27`."""
        return f"{self.first.year}-{self.last.year % 100:02d}"


def school_year_of(day: date) -> SchoolYear:
    """The school year that a day belongs to (California's fiscal and school year, EC 37200)."""
    start = day.year if day.month >= 7 else day.year - 1
    return SchoolYear(first=date(start, 7, 1), last=date(start + 1, 6, 30))


def school_year_named(name: str) -> SchoolYear:
    """The school year of a name such as `2026-27`."""
    return school_year_of(date(int(name[:4]), 7, 1))
