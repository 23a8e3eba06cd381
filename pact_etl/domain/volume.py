"""The volume brake: a district whose new findings jump far above its own recent past waits for a person.

Far more new truants in one night than usual is, in practice, attendance that was not entered correctly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeBrake:
    """The county's limits.

    Attributes:
        ratio: how many times the median of the nights before is a jump.
        least: fewer new findings than this are never one.
        nights: how many evaluated nights before are looked at.
        least_nights: with fewer nights than this nothing can be said: a first load brings a year's findings at once.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    ratio: float
    least: int
    nights: int
    least_nights: int


def jumps(new: int, before: Sequence[int], brake: VolumeBrake) -> bool:
    """Whether a night's new findings of one district are a jump.

    Args:
        new: findings of that night.
        before: findings of each night before, newest last.
        brake: the limits.
    """
    recent = list(before)[-brake.nights :]
    if new < brake.least or len(recent) < brake.least_nights:
        return False
    return new > brake.ratio * max(median(recent), 1)
