"""Simulated drops to measure on, and which school days to take. Run as a module it writes one drop."""

import argparse
import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.context import Context
from benchmarks.measuring import run
from pact_etl.districts import load_districts
from pact_etl.domain.school_year import SchoolYear, school_year_of
from pact_etl.simulator.calendars import make_calendar

Days = npt.NDArray[np.bool_]

YEAR_OF = date(2026, 9, 1)
_LONGEST_WINDOW = 14
_WEEKDAYS_IN_WINDOW = 10
_FULL_ENOUGH = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDay:
    """A day to measure, the school day before it, and its number in the largest district."""

    day: date
    before: date
    number: int


@dataclass(frozen=True)
class SchoolDays:
    """The county's calendar, as far as choosing a fair day needs it."""

    config: Path
    seed: int

    @cached_property
    def _planned(self) -> Days:
        """By district and day of the school year: whether the district plans to teach; the largest comes first."""
        districts = sorted(load_districts(self.config).values(), key=lambda d: -d.enrollment)
        calendars = [make_calendar(self._year, 1, slug=d.slug, seed=self.seed) for d in districts]
        return np.stack([calendar.planned for calendar in calendars])

    @property
    def _year(self) -> SchoolYear:
        return school_year_of(YEAR_OF)

    @property
    def first(self) -> date:
        """The first day of the school year."""
        return self._year.first

    def near(self, number: int) -> SchoolDay:
        """The first school day from a number on whose file covers about as many school days as a file ever does.

        So that a night after a holiday, which has less to do, is not compared with an ordinary one. Every district
        teaches on it and on the day before.
        """
        planned = self._planned
        taught = np.cumsum(planned[0])
        everywhere: Days = np.asarray(planned.all(axis=0))
        full = _FULL_ENOUGH * _WEEKDAYS_IN_WINDOW * len(planned)
        for day in range(int(np.searchsorted(taught, number)), len(taught)):
            covered = planned[:, day - _LONGEST_WINDOW + 1 : day + 1].sum()
            if everywhere[day] and everywhere[self._before(day)] and covered >= full:
                before = self._date(self._before(day))
                return SchoolDay(day=self._date(day), before=before, number=int(taught[day]))
        raise ValueError(f"no ordinary school day from number {number} on")

    def _before(self, day: int) -> int:
        return int(np.flatnonzero(np.asarray(self._planned.any(axis=0))[:day])[-1])

    def _date(self, day: int) -> date:
        return self._year.first + timedelta(days=day)


def make_drop(context: Context, first: date, last: date) -> Path:
    """A drop of some nights, written once and then found again.

    Args:
        context: whose scale and seed decide what is in it.
        first: first night; it holds the year to date.
        last: last night.
    """
    name = f"{context.scale:g}-{context.seed}-{first}-{last}"
    out = context.work / "drops" / name
    if not (out / "complete").exists():
        context.say(f"simulating {first} to {last} at scale {context.scale:g} ...")
        options = [
            "--scale",
            f"{context.scale}",
            "--seed",
            f"{context.seed}",
            "--config",
            f"{context.config}",
        ]
        made = run(["-m", "benchmarks.drops", str(out), f"{first}", f"{last}", *options])
        (out / "complete").touch()
        context.say(f"  {made.seconds:.0f} s")
    return out


def main() -> None:
    """Write one drop."""
    from pact_etl.simulator import simulate

    parser = argparse.ArgumentParser(description="Write one simulated drop.")
    parser.add_argument("out", type=Path)
    parser.add_argument("first", type=date.fromisoformat)
    parser.add_argument("last", type=date.fromisoformat)
    parser.add_argument("--scale", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True)
    options = parser.parse_args()
    summary = simulate(
        options.out,
        list(load_districts(options.config).values()),
        scale=options.scale,
        seed=options.seed,
        first=options.first,
        last=options.last,
    )
    print(json.dumps({"nights": summary.nights}))


if __name__ == "__main__":
    main()
