"""The brake on voids: a district of whose letters unusually many are undone at once waits for a person.

Excuses come late for one student and another. A tenth of a district's letters undone in one night is, in practice, a
file that broke: codes that changed their meaning, a window that was cut short, enrollments that were lost.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidBrake:
    """The county's bound, from one day on.

    Attributes:
        most: so many letters of a district may become void at once, whatever the share.
        share: beyond `most`, so large a part of the district's letters of the year that are out may.
        why: where the numbers come from.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    most: int
    share: float
    why: str

    def holds(self, undone: int, out: int) -> bool:
        """Whether a person must look first.

        Args:
            undone: letters of a district that were undone at once.
            out: its letters of the year that are out, these among them.
        """
        return undone > self.most and undone > self.share * out


class VoidAnswer(StrEnum):
    """What a named person says of letters whose voids wait. Stored by value."""

    APPROVED = "approved"  # the days are rightly gone: the letters become void
    DECLINED = "declined"  # the district's record is wrong: the letters stand
