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


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualVolume:
    """Within which bounds a batch is as large as batches usually are; outside them its approver is warned.

    Attributes:
        weeks: how far back the batches it is held against go.
        least_batches: with fewer of them nothing can be said.
        low: under this share of their median a batch is small.
        high: above this share of their median a batch is large.
        least: fewer letters than this are never many, and against a lower median never few.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    weeks: int
    least_batches: int
    low: float
    high: float
    least: int


def usual(before: Sequence[int], bounds: UsualVolume) -> float | None:
    """The median of the batches before; None where they are too few to say."""
    return float(median(before)) if len(before) >= bounds.least_batches else None


def unusual(letters: int, median_before: float | None, bounds: UsualVolume) -> str | None:
    """`many` or `few` where a number of letters lies outside the bounds."""
    if median_before is None:
        return None
    if letters >= bounds.least and letters > bounds.high * median_before:
        return "many"
    if median_before >= bounds.least and letters < bounds.low * median_before:
        return "few"
    return None
