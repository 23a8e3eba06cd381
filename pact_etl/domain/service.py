"""Who was served with a notice of a meeting: the two ways there are, and when each person was served in time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.case import Way


class Manner(StrEnum):
    """How a piece was served: the two ways that the statute knows. Stored by value."""

    PERSONAL = "personal"
    CERTIFIED_MAIL = "certified_mail"


WAY: Mapping[Manner, Way] = {
    Manner.PERSONAL: Way.IN_PERSON,
    Manner.CERTIFIED_MAIL: Way.CERTIFIED_MAIL,
}
"""Manner of service to the way that a case's `notice_given` names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """That one piece was served, or that such an entry is taken back.

    Attributes:
        person: number of the piece in its notice.
        retracts: number of the entry that this one takes back.
    """

    id: int
    person: int
    how: Manner | None
    on: date | None
    receipt: str = ""
    retracts: int | None = None


def standing(services: Sequence[Service]) -> tuple[Service, ...]:
    """Entries of service that nobody took back, as they were entered."""
    back = {one.retracts for one in services if one.retracts is not None}
    return tuple(one for one in services if one.retracts is None and one.id not in back)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """How far an issued notice is: numbers of persons, and the day and way once all are served in time."""

    in_time: tuple[int, ...]
    too_late: tuple[int, ...]
    unserved: tuple[int, ...]
    given: tuple[date, Way] | None

    @property
    def word(self) -> str:
        """In one word, for lists."""
        if self.given is not None:
            return "served"
        if self.too_late:
            return "served_too_late"
        return "served_in_part" if self.in_time else "not_served"


def service_state(
    persons: Collection[int], services: Sequence[Service], last_day: date
) -> ServiceState:
    """Who was served in time, too late, or not at all.

    Args:
        persons: numbers of the pieces of the notice.
        services: all entries, retracted ones too.
        last_day: the last day on which service is in time.
    """
    first: dict[int, Service] = {}
    for one in sorted(standing(services), key=lambda s: (s.on or date.max, s.id)):
        first.setdefault(one.person, one)
    in_time = tuple(sorted(p for p, s in first.items() if s.on is not None and s.on <= last_day))
    late = tuple(sorted(set(first) - set(in_time)))
    unserved = tuple(sorted(set(persons) - set(first)))
    given = None
    if in_time and not late and not unserved:
        last = max((first[p] for p in in_time), key=lambda s: (s.on or date.min, s.id))
        assert last.on is not None  # a standing entry has both
        assert last.how is not None
        given = (last.on, WAY[last.how])
    return ServiceState(in_time=in_time, too_late=late, unserved=unserved, given=given)
