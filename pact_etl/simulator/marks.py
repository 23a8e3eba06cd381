"""Marks of one district over a whole year, each with what the SIS said of it first and later."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status

STATUSES: Final = tuple(Status)
"""A status is held as its place in this tuple."""

NO_MARK: Final = len(STATUSES)
"""The SIS holds no mark: not entered yet, or deleted."""

LONGEST_TARDY: Final = 30
"""Minutes; later than that is a partial absence."""


def code(status: Status) -> int:
    """A status as the small number it is held as."""
    return STATUSES.index(status)


def codes(*statuses: Status) -> list[int]:
    """Several statuses as the small numbers they are held as."""
    return [code(status) for status in statuses]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayMarks:
    """Marks as told on one night, one entry per record and day."""

    record: npt.NDArray[np.int32]
    day: npt.NDArray[np.int16]
    school: npt.NDArray[np.int16]
    status: npt.NDArray[np.uint8]
    variant: npt.NDArray[np.uint16]

    def take(self, places: npt.NDArray[np.int64]) -> Self:
        """Some of the marks, in the given order."""
        return type(self)(
            record=self.record[places],
            day=self.day[places],
            school=self.school[places],
            status=self.status[places],
            variant=self.variant[places],
        )

    def with_status(self, status: npt.NDArray[np.uint8]) -> Self:
        """The same marks, told otherwise."""
        return replace(self, status=status)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """Exceptions to being present, ordered by day and record.

    From the night of `day` on, the SIS says `first`; from the night of `changed_on`, `final`.
    `variant` settles which raw code, period and minutes express the mark, and never changes.
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

    def said_on(self, night: int, part: slice) -> DayMarks:
        """What the SIS says of a part of the marks on a night; `NO_MARK` where it is silent."""
        status = np.where(self.changed_on[part] <= night, self.final[part], self.first[part])
        return DayMarks(
            record=self.record[part],
            day=self.day[part],
            school=self.school[part],
            status=status,
            variant=self.variant[part],
        )
