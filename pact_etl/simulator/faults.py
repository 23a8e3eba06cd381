"""The fault menu: what can be wrong with one district's files on one night, and how to ask for it.

A fault touches that night's files only, so the next night heals it through the days its file covers. What each fault
does to rows and bytes is in `sabotage.py`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from pact_etl.domain.errors import UsageError

FAULTS: Final = {
    "file_missing": "the attendance file is not there",
    "district_missing": "nothing is there at all",
    "file_truncated": "the attendance file ends in the middle of a row",
    "file_empty": "the attendance file has no bytes",
    "duplicate_rows": "some attendance rows are there twice",
    "unknown_code": "some attendance rows of one school carry a code that nobody has mapped",
    "header_renamed": "the attendance file has the student id under another header",
    "ids_mangled": "a spreadsheet has eaten leading zeros and turned ids into 1.23E+09",
    "wrong_encoding": "the attendance file is in UTF-16",
    "stale_file": "every file is the one of the night before",
    "attendance_not_entered": "one school's students are all absent without excuse on the day",
    "unknown_students": "some attendance rows are of students who are not in the roster",
}
"""Every fault by name, with what it looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault as asked for. No district: a seeded choice of one; no night: the last one the district sends on."""

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
    """A fault as it was applied, for `faults.json`."""

    name: str
    district: str
    date: str
    school: str | None
    rows: int
