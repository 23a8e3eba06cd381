"""What a record is known to lack: days nobody told of, rows set aside, changes that a lost night would have brought."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.believed import DistrictRecord, Schoolday, SetAside
from pact_etl.domain.reasons import Reason


class DayReason(StrEnum):
    """Why a day that is in the record, or ought to be, does not count; beside the reason codes of rows set aside."""

    NOT_FULL_DAY_UNEXCUSED = "not_full_day_unexcused"
    AGE = "age"  # truancy law binds from the sixth to the eighteenth birthday (EC 48200)
    IN_CLEARING_WINDOW = "in_clearing_window"  # the family may still clear it
    WEEKEND_CLASS = "weekend_class"  # no schoolday of D unless the county says so
    NOT_DELIVERED = "not_delivered"  # no delivery ever spoke of the day: it counts as present
    SCHOOL_SILENT = "school_silent"  # deliveries did, but held no row of a school that has absences
    CHANGES_LOST = (
        "changes_lost"  # told once; the nights that would have told of its changes are lost
    )
    ROWS_UNREADABLE = (
        "rows_unreadable"  # rows of the day whose id nobody could read: whose, is open
    )


_TOLD_BY_ANOTHER = frozenset({Reason.DUPLICATE_ROW, Reason.DAY_INCOMPLETE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What the record is known to lack, and on which days; without a day it may touch any of them."""

    reason: str
    days: tuple[date, ...] = ()
    code: str | None = None


def gaps_of(record: DistrictRecord) -> tuple[Gap, ...]:
    """Everything that is known to be missing, by reason and code."""
    told = {(mark.school_code, mark.day) for mark in record.marks}
    taught = {(day.school_code, day.day) for day in record.schooldays}
    found: dict[tuple[str, str | None], set[date]] = {}
    for day in record.schooldays:
        for reason in _of_day(record, day, (day.school_code, day.day) in told):
            found.setdefault((reason, None), set()).add(day.day)
    for row in record.set_aside:
        if open_by := _of_row(row, taught):
            found.setdefault((open_by, row.code), set()).update([row.day] if row.day else [])
    return tuple(Gap(reason=r, code=c, days=tuple(sorted(d))) for (r, c), d in found.items())


def _of_day(record: DistrictRecord, day: Schoolday, is_told: bool) -> Iterator[str]:
    if is_awaited(record, day.day):
        yield Reason.DISTRICT_LATE
    elif day.day in record.undelivered and not is_told:
        yield DayReason.NOT_DELIVERED
    elif day.is_silent and not is_told:
        yield DayReason.SCHOOL_SILENT
    elif changes_lost(record, day.day):
        yield DayReason.CHANGES_LOST


def _of_row(row: SetAside, taught: set[tuple[str, date]]) -> str | None:
    """What a row set aside leaves open; nothing, where another row is used or tells itself what is wrong."""
    if row.is_own:
        return None if row.reason in _TOLD_BY_ANOTHER else row.reason
    is_theirs = any(
        row.school_code in (None, school) and row.day in (None, day) for school, day in taught
    )
    return DayReason.ROWS_UNREADABLE if is_theirs else None


def changes_lost(record: DistrictRecord, day: date) -> bool:
    """Whether a night was lost that would still have told of a day, and no later one did.

    The next delivery shows how far back the lost ones would have reached.
    """
    told = [n for n, one in enumerate(record.deliveries) if one.tells_of(day)]
    if not told or told[-1] + 1 == len(record.deliveries):
        return False
    last, after = record.deliveries[told[-1]], record.deliveries[told[-1] + 1]
    reach = after.night - after.first
    return any(
        last.night < night < after.night and day >= night - reach for night in record.lost_nights
    )


def is_awaited(record: DistrictRecord, day: date) -> bool:
    """Whether a day lies after the newest data, so that it counts for nothing yet."""
    return record.newest_data is None or day > record.newest_data
