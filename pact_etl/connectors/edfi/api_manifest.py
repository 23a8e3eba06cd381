"""`pull.json`: what a pull asked for and got, kept beside the resources so that nobody need be asked again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pact_etl.connectors.json_pages import json_value
from pact_etl.connectors.protocol import Cursor, RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope, StudentSpan

NAME = "pull.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of one resource: rows the source says it has, rows received, elements in the file (a row may stand twice)."""

    total: int
    received: int
    elements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A pull.

    Attributes:
        mode: "full" or "delta".
        year_start: first day asked for.
        agency: the district's id in the source.
        scope: what the pull states whole.
        resources: by name.
        cursor: for the next night.
    """

    mode: str
    year_start: date
    agency: str
    scope: Scope
    resources: Mapping[str, Counts] = field(default_factory=dict)
    cursor: Cursor | None = None

    def file(self) -> RawFile:
        """Itself as a file; the same pull gives the same bytes."""
        scope = self.scope
        said = {
            "mode": self.mode,
            "year_start": self.year_start.isoformat(),
            "agency": self.agency,
            "window": [day.isoformat() for day in scope.window or ()],
            "student_days": sorted(
                [s.local_id, s.first.isoformat(), s.last.isoformat()] for s in scope.student_days
            ),
            "whole_roster": scope.whole_roster,
            "rosters_of": sorted(scope.rosters_of),
            "resources": {
                name: {"total": c.total, "received": c.received, "elements": c.elements}
                for name, c in self.resources.items()
            },
            "cursor": self.cursor,
        }
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, indent=1)
        return RawFile(name=NAME, content=text.encode() + b"\n")


def read_manifest(files: Sequence[RawFile]) -> Manifest:
    """The pull these files came from.

    Raises:
        SubmissionRefused: FILE_MISSING or FILE_MALFORMED.
    """
    file = next((f for f in files if f.name == NAME), None)
    if file is None:
        raise SubmissionRefused(Reason.FILE_MISSING, file=NAME)
    said = json_value(file.content, NAME)
    try:
        first, last = (date.fromisoformat(day) for day in said["window"])
        return Manifest(
            mode=str(said["mode"]),
            year_start=date.fromisoformat(said["year_start"]),
            agency=str(said["agency"]),
            scope=Scope(
                window=(first, last),
                student_days=tuple(
                    StudentSpan(local_id, date.fromisoformat(start), date.fromisoformat(end))
                    for local_id, start, end in said["student_days"]
                ),
                whole_roster=bool(said["whole_roster"]),
                rosters_of=frozenset(said["rosters_of"]),
            ),
            resources={name: Counts(**counts) for name, counts in said["resources"].items()},
            cursor=said["cursor"],
        )
    except (KeyError, TypeError, ValueError):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=NAME) from None
