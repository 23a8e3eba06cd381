"""School calendars: which days are planned as instructional, and which schools closed after all.

A day is an index into the school year, 0 being 1 July. The rules are those of an ordinary
Californian calendar (about 180 days, county holidays, two or three weeks of winter break); no
district's real calendar is copied.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from pact_etl.domain.school_year import SchoolYear
from pact_etl.simulator.seeds import stream

INSTRUCTIONAL_DAYS = 180
_MONDAY, _THURSDAY = 0, 3
_SMOKE, _STORM = 0.4, 0.25  # shares of districts
_SMOKE_SEASON, _STORM_SEASON = (15, 55), (85, 110)  # in instructional days
YEAR_ROUND = frozenset({"twin-rivers-unified"})
"""Districts whose first school teaches around the year on four tracks, one of which is always on vacation."""

TRACKS = ("A", "B", "C", "D")
_TRACKED_SCHOOL = 0
_BLOCK = 15  # instructional days off at a time
_START_DELAYS = (2, 3, 7, 9, 10)  # days after the first Monday of August


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """One district's calendar: `planned` by day, `open` as it really went.

    `open` has a row for each school and, below them, one for each track that has a calendar of its own; which of the
    rows an enrollment follows is said with it. `tracks` names school and track of the rows below the schools.
    """

    planned: npt.NDArray[np.bool_]
    open: npt.NDArray[np.bool_]
    tracks: tuple[tuple[int, str], ...] = ()

    @property
    def of_schools(self) -> npt.NDArray[np.bool_]:
        """The common calendars, by school and day."""
        return self.open[: len(self.open) - len(self.tracks)]

    @property
    def nights(self) -> npt.NDArray[np.int64]:
        """Days on which a school taught, in order: the nights on which the district sends."""
        return np.flatnonzero(self.open.any(axis=0))

    @property
    def taught(self) -> npt.NDArray[np.int16]:
        """By row of `open` and day: instructional days so far, the day included."""
        return self.open.cumsum(axis=1, dtype=np.int16)

    def longest_delay(self, covers_days: int) -> npt.NDArray[np.int64]:
        """By night: how many nights later its marks can still change and be sure to be seen.

        The change must be inside the days that a nightly file covers, and still so on the night
        after it, so that one lost night does not hide it.

        Args:
            covers_days: how far back a nightly file goes.
        """
        nights = self.nights
        last_shown = np.searchsorted(nights, nights + covers_days - 1, side="right") - 1
        delay = last_shown - np.arange(len(nights)) - 1
        return np.asarray(np.maximum(delay, 0), dtype=np.int64)


def day_index(year: SchoolYear, day: date) -> int:
    """The index of a date."""
    return (day - year.first).days


def days_in(year: SchoolYear) -> int:
    """How many days the school year has, holidays and all."""
    return day_index(year, year.last) + 1


def dates_of(year: SchoolYear) -> npt.NDArray[np.datetime64]:
    """Every date of the school year, by day index."""
    return np.asarray(np.datetime64(year.first, "D") + np.arange(days_in(year)))


def make_calendar(year: SchoolYear, schools: int, *, slug: str, seed: int) -> Calendar:
    """A district's own calendar.

    Args:
        year: the school year.
        schools: how many schools the district has.
        slug: which district; it has its own dates.
        seed: of the county.
    """
    rng = stream(seed, "calendar", slug)
    delay = int(rng.choice(_START_DELAYS))
    day = _nth(year.first.year, 8, _MONDAY, 1) + timedelta(days=delay)
    off = _days_off(year, rng)
    planned = np.zeros(days_in(year), dtype=np.bool_)
    while planned.sum() < INSTRUCTIONAL_DAYS and day <= year.last:
        planned[day_index(year, day)] = day.weekday() < 5 and day not in off
        day += timedelta(days=1)
    opened = np.repeat(planned[None, :], schools, axis=0)
    _close_some(opened, rng)
    if slug not in YEAR_ROUND:
        return Calendar(planned=planned, open=opened)
    tracks = tuple((_TRACKED_SCHOOL, name) for name in TRACKS)
    own = opened[_TRACKED_SCHOOL] & ~_vacations(planned)
    return Calendar(planned=planned, open=np.concatenate([opened, own]), tracks=tracks)


def _vacations(planned: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """By track and day: off track. The tracks take turns, a block of instructional days each."""
    days = np.flatnonzero(planned)
    off = np.zeros((len(TRACKS), len(planned)), dtype=np.bool_)
    for block in range(len(days) // _BLOCK):
        off[block % len(TRACKS), days[block * _BLOCK : (block + 1) * _BLOCK]] = True
    return off


def _close_some(opened: npt.NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Close one school for smoke in some districts, every school for a storm in a few."""
    days = np.flatnonzero(opened[0])
    if rng.random() < _SMOKE:
        opened[rng.integers(opened.shape[0]), days[rng.integers(*_SMOKE_SEASON)]] = False
    if rng.random() < _STORM:
        opened[:, days[rng.integers(*_STORM_SEASON)]] = False


def _days_off(year: SchoolYear, rng: np.random.Generator) -> frozenset[date]:
    autumn, spring = year.first.year, year.last.year
    off = {_nth(autumn, 9, _MONDAY, 1), date(autumn, 11, 11), date(spring, 6, 19)}
    off |= {_nth(spring, 1, _MONDAY, 3), _nth(spring, 2, _MONDAY, 3), _last_monday_of_may(spring)}
    thanksgiving = _nth(autumn, 11, _THURSDAY, 4)
    whole_week = rng.random() < 0.8
    off |= _span(thanksgiving - timedelta(days=3), 5) if whole_week else _span(thanksgiving, 2)
    christmas = date(autumn, 12, 25)
    three_weeks = rng.random() < 0.3
    off |= _span(christmas - timedelta(days=christmas.weekday()), 19 if three_weeks else 12)
    if rng.random() < 0.4:
        off |= _span(_nth(spring, 2, _MONDAY, 3), 5)
    else:
        off.add(_nth(spring, 2, _MONDAY, 2))
    off |= _span(_nth(spring, 3, _MONDAY, 4) + timedelta(days=7 * int(rng.integers(0, 2))), 5)
    # Two days for teachers to learn.
    off.add(_nth(autumn, 10, _MONDAY, int(rng.integers(1, 4))))
    off.add(_nth(autumn, 9, _MONDAY, 3) + timedelta(days=int(rng.integers(0, 5))))
    return frozenset(off)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _span(first: date, days: int) -> set[date]:
    return {first + timedelta(days=n) for n in range(days)}
