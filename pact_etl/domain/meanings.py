"""On which days a code means something else than before, given two dated code maps. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import CodeMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMeaning:
    """A code whose known meaning has changed, on days that both ends include; `after` is None where it lost it."""

    code: str
    before: Status
    after: Status | None
    first: date
    last: date


def changed_meanings(
    before: Sequence[CodeMapping], after: Sequence[CodeMapping]
) -> tuple[ChangedMeaning, ...]:
    """Every code and span of days that had a meaning and has another now.

    A code that had none is not among them: whatever used it was set aside and waits.
    """
    found: list[ChangedMeaning] = []
    for code in sorted({one.code for one in before}):
        old = [one for one in before if one.code == code]
        new = [one for one in after if one.code == code]
        for first, last in _spans([*old, *new]):
            was, is_now = _status(old, first), _status(new, first)
            if was is not None and was is not is_now:
                found.append(
                    ChangedMeaning(code=code, before=was, after=is_now, first=first, last=last)
                )
    return tuple(found)


def _status(mappings: Sequence[CodeMapping], day: date) -> Status | None:
    """Of two mappings that cover a day the first holds, as in `District.status_of`."""
    return next((one.status for one in mappings if one.covers(day)), None)


def _spans(mappings: Sequence[CodeMapping]) -> list[tuple[date, date]]:
    """The days cut wherever any of the mappings begins or ends."""
    ends = {one.to + timedelta(days=1) for one in mappings if one.to not in (None, date.max)}
    starts = sorted({one.from_ for one in mappings} | ends)
    lasts = [start - timedelta(days=1) for start in starts[1:]]
    return list(zip(starts, [*lasts, date.max], strict=True))
