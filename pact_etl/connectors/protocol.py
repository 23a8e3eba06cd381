"""What every connector promises: fetch the bytes of a night, and read bytes into raw text tables.

Fetching and parsing are apart so that kept bytes can be parsed again years later. What a value means, and whether it is
right, does not belong here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.scope import Scope

Cursor = Mapping[str, str | int]
"""Where a source's list of changes was read up to; means something to its own connector alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file as the district sent it."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What is asked of a source.

    Attributes:
        as_of: the night.
        year_start: first day of its school year; nothing older is asked for.
        since: the cursor of the district's last recorded submission; None asks for everything of the school year.
    """

    as_of: date
    year_start: date
    since: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a source answered: bytes to keep, and the cursor for the next night (None where it has none)."""

    files: list[RawFile]
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTable:
    """One canonical table as text: canonical columns, empty cells as empty text, and `row`, the line in the file.

    Where rows stand in several files, a column `file` names each row's; `file` here is then the one most stand in.
    """

    table: str
    file: str
    frame: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parsed:
    """Raw tables, and what their silence means."""

    tables: list[RawTable]
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What this installation knows about getting at districts.

    Attributes:
        drop: URL or path of the folder under which districts' files arrive.
        credentials: a district's slug to its secrets (see `docs/settings.md`).

    The second raises SettingsError where a district has none or they cannot be read.
    """

    drop: str
    credentials: Callable[[str], Mapping[str, str]] = field(repr=False)


class Connector(Protocol):
    """One kind of source."""

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """The bytes of one night.

        Raises:
            SubmissionRefused: FILE_MISSING, a required file is not there (the district is late); or the source's
                answer cannot be used, such as totals that do not agree.
            Retryable: the source did not answer.
            Permanent: the source refused us.
        """
        ...

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """Raw tables out of kept bytes, without asking anybody.

        Raises:
            SubmissionRefused: a file cannot be read as what its dialect says.
        """
        ...
