"""Deadlines that follow or precede an event: dated by data, computed here. Who is reminded of them is not asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Something that is due so many calendar days after an event, or before it where the number is negative.

    Attributes:
        why: the statute or the practice it comes from.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    name: str
    event: str
    days: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A timer set: the last day on which its thing is done in time."""

    name: str
    on: date
    why: str


def due_dates(events: Mapping[str, date], timers: Sequence[Timer]) -> tuple[Due, ...]:
    """The deadlines that known events set, earliest first.

    Args:
        events: date of each event that happened or is planned.
        timers: the county's and the statutes'; one whose event is not known sets nothing.
    """
    due = [
        Due(name=t.name, on=events[t.event] + timedelta(days=t.days), why=t.why)
        for t in timers
        if t.event in events
    ]
    return tuple(sorted(due, key=lambda one: (one.on, one.name)))
