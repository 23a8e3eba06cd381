"""The fault menu: what can be wrong with one district's files on one night, and asking for it.

A fault touches that night's files only, so the next night heals it through the days its file
covers. A row of the oldest day of a file is told for the last time, so what a fault does to it
nothing heals. What the faults do to rows is in `sabotage.py`, to bytes in `file_damage.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import numpy as np

from pact_etl.domain.errors import UsageError
from pact_etl.simulator.calendars import day_index
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.seeds import stream

FAULTS: Final = {
    "file_missing": "the attendance file is not there",
    "district_missing": "nothing is there at all",
    "file_truncated": "the attendance file ends in the middle of a row",
    "file_empty": "the attendance file has no bytes",
    "duplicate_rows": "some attendance rows are there twice",
    "unknown_code": "some attendance rows of one school carry a code that nobody has mapped",
    "header_renamed": "the attendance file has the student id under another header",
    "ids_mangled": "a spreadsheet ate leading zeros in the attendance file and wrote ids as 1.23E+09",
    "wrong_encoding": "the attendance file is in UTF-16",
    "stale_file": "every file is the one of the night before",
    "attendance_not_entered": "one school's students are all absent without excuse on the day",
    "unknown_students": "some attendance rows are of students who are not in the roster",
}
"""Every fault by name, with what it looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault as asked for.

    No district: a seeded choice of one; no night: the last one on which the district sends.
    """

    name: str
    district: str | None = None
    night: date | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME[:DISTRICT[:DATE]]`; an empty DISTRICT is no district.

        Raises:
            UsageError: the name is not on the menu, or the date is not one.
        """
        name, district, night = [*text.split(":", 2), "", ""][:3]
        if name not in FAULTS:
            raise UsageError(f"unknown fault {name!r}; there are: {', '.join(FAULTS)}")
        try:
            day = date.fromisoformat(night) if night else None
        except ValueError:
            raise UsageError(f"fault {name}: {night!r} is not a date") from None
        return cls(name=name, district=district or None, night=day)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFault:
    """A fault as it struck, for `faults.json`; `rows` counts rows touched or lost."""

    name: str
    district: str
    date: str
    school: str | None
    rows: int


def place_faults(
    faults: Sequence[Fault], county: County, nights: range, *, seed: int
) -> dict[str, dict[int, list[str]]]:
    """Which faults strike which district on which night.

    Args:
        faults: as asked for.
        county: whose districts and calendars they must fit.
        nights: the nights that are written.
        seed: of the county; chooses districts where none is named.

    Raises:
        UsageError: there is no such district, or it sends nothing on the night.
    """
    placed: dict[str, dict[int, list[str]]] = {}
    for number, fault in enumerate(faults):
        districts = [d for d in county.districts if fault.district in (None, d.settings.slug)]
        possible = [
            (d, night) for d in districts if (night := _night(fault, d, county, nights)) is not None
        ]
        if not possible:
            where = fault.district or "every district"
            raise UsageError(f"fault {fault.name}: {where} is unknown or sends nothing then")
        rng = stream(seed, "fault", fault.name, str(number))
        district, night = possible[int(rng.integers(len(possible)))]
        struck = placed.setdefault(district.settings.slug, {}).setdefault(night, [])
        struck += [fault.name] if fault.name not in struck else []
    return placed


def _night(fault: Fault, district: SimulatedDistrict, county: County, nights: range) -> int | None:
    """The night of a fault in a district; None where the district sends nothing then."""
    sent = district.calendar.nights
    sent = sent[(sent >= nights.start) & (sent < nights.stop)]
    # A stale file needs a night before it.
    sent = sent[1:] if fault.name == "stale_file" else sent
    if fault.night is not None:
        sent = sent[sent == np.int64(day_index(county.year, fault.night))]
    return int(sent[-1]) if len(sent) else None
