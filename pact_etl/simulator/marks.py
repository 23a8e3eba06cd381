"""Marks of one district over a whole year, each with what the SIS said of it first and later."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status

STATUSES: Final = tuple(Status)
"""A status is held as its place in this tuple."""

NO_MARK: Final = len(STATUSES)
"""The SIS holds no mark: not entered yet, or deleted."""


def code(status: Status) -> int:
    """A status as the small number it is held as."""
    return STATUSES.index(status)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """Exceptions to being present, ordered by day and record.

    On the night of `day` and after, the SIS says `first`; from the night of `changed_on` it says `final`.
    `variant` settles which of several raw codes, periods and minutes express the mark, and never changes.
    """

    record: npt.NDArray[np.int32]
    day: npt.NDArray[np.int16]
    school: npt.NDArray[np.int16]
    first: npt.NDArray[np.uint8]
    final: npt.NDArray[np.uint8]
    changed_on: npt.NDArray[np.int16]
    variant: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        """How many marks."""
        return len(self.record)

    def between(self, first_day: int, last_day: int) -> slice:
        """The marks of some days, both inclusive."""
        return slice(
            int(np.searchsorted(self.day, first_day, side="left")),
            int(np.searchsorted(self.day, last_day, side="right")),
        )

    def said_on(self, night: int, part: slice) -> npt.NDArray[np.uint8]:
        """What the SIS says of a part of the marks on a night."""
        return np.where(self.changed_on[part] <= night, self.final[part], self.first[part])
