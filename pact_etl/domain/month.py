"""Calendar months, such as the one a scorecard is about."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from pact_etl.domain.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Month:
    """One calendar month; `name` is such as `2026-10`."""

    first: date

    def __post_init__(self) -> None:
        """A month is told by its first day only."""
        if self.first.day != 1:
            raise ValueError("a month begins on its first day")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-10`.

        Raises:
            UsageError: it is no month.
        """
        try:
            return cls(first=date.fromisoformat(f"{text}-01"))
        except ValueError:
            raise UsageError(f"{text!r} is no month; write it as 2026-10") from None

    @classmethod
    def before(cls, day: date) -> Self:
        """The last whole month before a day."""
        last = day.replace(day=1) - timedelta(days=1)
        return cls(first=last.replace(day=1))

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def previous(self) -> "Month":
        """The month before it."""
        return Month.before(self.first)

    @property
    def name(self) -> str:
        """Such as `2026-10`."""
        return f"{self.first:%Y-%m}"

    @property
    def mondays(self) -> list[date]:
        """Mondays of its weeks. A week belongs to the month of its Wednesday, so that each is in exactly one."""
        first = self.first - timedelta(days=self.first.weekday())
        weeks = [first + timedelta(days=7 * n) for n in range(6)]
        return [day for day in weeks if self.first <= day + timedelta(days=2) <= self.last]
