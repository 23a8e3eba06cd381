"""`pull.json` of an Aeries submission: what was asked, so that kept bytes can be read again without asking anybody.

An answer about attendance does not say which school it is of, so the order of the pages of each resource is kept here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pact_etl.connectors.json_pages import Object, elements, json_value
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

PULL = "pull.json"

Placed = tuple[int, str, Object]
"""Position in its file, the school (or the list of changes) that was asked for, and the element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pull covers.

    Attributes:
        as_of: the night.
        window: days whose attendance was read for every student of every school.
        year_start: first day of the attendance of single students.
        students: ids, as the source writes them, of students who were read on their own; None after a full read.
        pages: by resource, in order: the school asked for, and how many elements came.
        cursor: where the list of changes was read up to.
    """

    as_of: date
    window: tuple[date, date]
    year_start: date
    students: tuple[str, ...] | None = field(repr=False)
    pages: Mapping[str, Sequence[tuple[str, int]]]
    cursor: str

    def file(self) -> RawFile:
        """The manifest as a file. Aeries states no totals, so `total` is null."""
        first, last = self.window
        span = [self.year_start.isoformat(), self.as_of.isoformat()]
        students = sorted(self.students or ())
        content = {
            "as_of": self.as_of.isoformat(),
            "mode": "full" if self.students is None else "delta",
            "window": [first.isoformat(), last.isoformat()],
            "year_start": self.year_start.isoformat(),
            "whole_roster": self.students is None,
            "rosters_of": students,
            "student_days": [[student, *span] for student in students],
            "resources": {
                name: {"total": None, "received": sum(n for _, n in pages), "pages": list(pages)}
                for name, pages in self.pages.items()
            },
            "cursor": self.cursor,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return RawFile(name=PULL, content=text.encode())


def read_manifest(files: Mapping[str, RawFile]) -> Manifest:
    """The manifest among kept files.

    Raises:
        SubmissionRefused: FILE_MISSING, FILE_MALFORMED.
    """
    if PULL not in files:
        raise SubmissionRefused(Reason.FILE_MISSING, file=PULL)
    found = json_value(files[PULL].content, PULL)
    try:
        return _manifest(found)
    except (KeyError, TypeError, ValueError):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=PULL) from None


def _manifest(found: Any) -> Manifest:
    first, last = (date.fromisoformat(day) for day in found["window"])
    pages = {
        name: [(str(school), int(count)) for school, count in resource["pages"]]
        for name, resource in found["resources"].items()
    }
    return Manifest(
        as_of=date.fromisoformat(found["as_of"]),
        window=(first, last),
        year_start=date.fromisoformat(found["year_start"]),
        students=None if found["mode"] == "full" else tuple(map(str, found["rosters_of"])),
        pages=pages,
        cursor=str(found["cursor"]),
    )


def placed(files: Mapping[str, RawFile], manifest: Manifest, resource: str) -> Iterator[Placed]:
    """Every element of a resource with its position and its school; none where the resource was not asked for.

    Raises:
        SubmissionRefused: FILE_MISSING; FILE_TRUNCATED, other elements than the manifest says; as `elements`.
    """
    if resource not in manifest.pages:
        return
    name = f"{resource}.json-seq"
    if name not in files:
        raise SubmissionRefused(Reason.FILE_MISSING, file=name)
    found = elements(files[name])
    for school, count in manifest.pages[resource]:
        for _ in range(count):
            try:
                place, element = next(found)
            except StopIteration:
                raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name) from None
            yield place, school, element
    if next(found, None) is not None:
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="more than received")
