"""What one call about a notice came to, and the tasks of what holds it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from pact_etl.domain.reasons import HOLDS, Reason
from pact_etl.domain.served_notice import HELD_BY_RESTRAINT, NoticeStatus
from pact_etl.steps.served_notice_look import Looked
from pact_etl.store.served_notices import notice_code
from pact_etl.store.tasks import close_tasks_of_notice, open_task_of_notice
from pact_etl.wiring import Collaborators

NOTICE_HOLDS = HOLDS | {HELD_BY_RESTRAINT}
"""Reasons for which a notice can be held: the letters' and one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeResult:
    """What became of one call, in codes and counts.

    Attributes:
        forbidden_by: why there is no notice at all.
        held_by: why a person must act first.
        missing: with `ladder_incomplete`, the steps that nobody can show.
        persons: on how many persons it is, or would be, served.
    """

    status: NoticeStatus | None
    notice: int | None
    as_of: date
    persons: int = 0
    pages: int = 0
    last_day: date | None = None
    forbidden_by: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_stopped(self) -> bool:
        """Whether something forbids or holds it."""
        return bool(self.forbidden_by or self.held_by)

    def as_dict(self) -> dict[str, Any]:
        """JSON-safe; opaque codes only."""
        return {
            "notice": notice_code(self.notice) if self.notice is not None else None,
            "status": self.status.value if self.status else None,
            "as_of": self.as_of.isoformat(),
            "persons": self.persons,
            "pages": self.pages,
            "languages": dict(self.languages),
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "forbidden_by": list(self.forbidden_by),
            "held_by": list(self.held_by),
            "missing": list(self.missing),
        }


def settle_holds(
    using: Collaborators,
    connection: Connection,
    number: int,
    holds: Sequence[Reason],
    as_of: date,
) -> None:
    """A task for everything that holds a notice, and none for what no longer does."""
    close_tasks_of_notice(connection, number, NOTICE_HOLDS - set(holds), as_of)
    for hold in holds:
        owner, due_on = using.county.duty_on(hold, as_of)
        open_task_of_notice(connection, number, hold, owner, as_of, due_on, again=True)


def told(
    looked: Looked, as_of: date, status: NoticeStatus | None, number: int | None
) -> NoticeResult:
    """What a look came to, as it is told."""
    judged = looked.judged
    return NoticeResult(
        status=status,
        notice=number,
        as_of=as_of,
        persons=len(looked.letters),
        pages=sum(letter.page_count for letter in looked.letters),
        last_day=looked.last_day,
        forbidden_by=tuple(one.value for one in judged.refusals),
        held_by=tuple(one.value for one in looked.holds),
        missing=tuple(one.value for one in judged.missing),
        languages=counted([letter.language for letter in looked.letters]),
    )


def counted(languages: Sequence[str]) -> dict[str, int]:
    """How many pieces there are in each language."""
    return dict(sorted(Counter(languages).items()))
