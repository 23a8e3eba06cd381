"""What the county has agreed with its print vendor: working days, cut-off and package limits; local time, dated."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from pact_etl.domain.packaging import PackageLimits
from pact_etl.domain.working_days import is_working_day

_LONGEST_PAUSE = 30  # days without any working day: more is a calendar mistyped


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorHours:
    """The hours in force from one day on.

    Attributes:
        cut_off: local time of a working day by which an approver must have answered.
        release_minutes_before: approved letters wait, and can be pulled, until so many minutes before the cut-off.
        why: who says so.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    cut_off: time
    release_minutes_before: int
    why: str

    def __post_init__(self) -> None:
        """Refuse a wait that would end after the cut-off."""
        if self.release_minutes_before < 0:
            raise ValueError("release_minutes_before is at least 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A weekday on which the vendor does not work."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    date: date
    name: str


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """The print vendor's calendar and terms."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    hours: list[VendorHours]
    holidays: list[Holiday]
    package_limits: list[PackageLimits] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse a calendar without hours: there would be no cut-off."""
        if not self.hours:
            raise ValueError("the vendor's hours are missing")

    @cached_property
    def days_off(self) -> frozenset[date]:
        """Its holidays as plain dates, for `working_days`."""
        return frozenset(holiday.date for holiday in self.holidays)

    def knows_year(self, year: int) -> bool:
        """Whether any holiday of a year is listed; one without means that the list has run out."""
        return any(day.year == year for day in self.days_off)

    def limits_on(self, day: date) -> PackageLimits | None:
        """The most that one package may hold on a day; None where nothing was agreed."""
        in_force = [one for one in self.package_limits if one.from_ <= day]
        return max(in_force, key=lambda one: one.from_, default=None)

    def hours_on(self, day: date) -> VendorHours:
        """The hours in force on a day; before the first entry, those of the first."""
        ordered = sorted(self.hours, key=lambda one: one.from_)
        return [ordered[0], *(one for one in ordered if one.from_ <= day)][-1]

    def next_cut_off(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first cut-off after a moment, as an instant in UTC.

        Args:
            now: an aware instant.
            zone: the county's. A wall-clock time that a clock change skips or repeats is read as if the clock had
                not been changed yet.

        Raises:
            ValueError: the calendar leaves no working day within a month.
        """
        day = now.astimezone(zone).date()
        for _ in range(_LONGEST_PAUSE):
            at = datetime.combine(day, self.hours_on(day).cut_off, zone).astimezone(UTC)
            if is_working_day(day, self.days_off) and at > now:
                return at
            day += timedelta(days=1)
        raise ValueError(f"no working day of the vendor within {_LONGEST_PAUSE} days")

    def release_from(self, cut_off: datetime, zone: ZoneInfo) -> datetime:
        """From when on letters approved for a cut-off are handed over."""
        hours = self.hours_on(cut_off.astimezone(zone).date())
        return cut_off - timedelta(minutes=hours.release_minutes_before)
