"""What every connector promises: fetch the bytes of a night, and read bytes into raw text tables.

Fetching and parsing are apart so that kept bytes can be parsed again years later. What a value means, and whether it is
right, does not belong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pandas as pd

from pact_etl.domain.district import District


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file as the district sent it."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTable:
    """One canonical table as text: canonical columns, empty cells as empty text, and `row`, the line in the file."""

    table: str
    file: str
    frame: pd.DataFrame = field(repr=False)


class Connector(Protocol):
    """One kind of source."""

    def fetch(self, district: District, as_of: date) -> list[RawFile]:
        """The files of one night.

        Raises:
            SubmissionRefused: FILE_MISSING, a required file is not there (the district is late).
            Retryable: the place where files arrive did not answer.
        """
        ...

    def parse(self, district: District, files: Sequence[RawFile]) -> list[RawTable]:
        """Raw tables out of kept bytes.

        Raises:
            SubmissionRefused: a file cannot be read as what its dialect says.
        """
        ...
