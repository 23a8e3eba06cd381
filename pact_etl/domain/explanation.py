"""One district's record of one student, accounted for day by day: what counts, what does not and why, what is missing.

The rows come from the store as they were believed on one night; nothing here reads a clock or a database. The counts
must be those that evaluating made of the same record, by set-based SQL: a test holds the two against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.attendance import (
    ABSENT_ANY_REASON,
    FULL_DAY_UNEXCUSED,
    TRUANCY_OCCASIONS,
    Status,
)
from pact_etl.domain.policy import Law
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import age_on
from pact_etl.domain.truancy import Tally


class DayReason(StrEnum):
    """Why a day that is in the record, or ought to be, does not count; beside the reason codes of rows set aside."""

    NOT_FULL_DAY_UNEXCUSED = "not_full_day_unexcused"
    AGE = "age"  # truancy law binds from the sixth to the eighteenth birthday (EC 48200)
    NOT_DELIVERED = "not_delivered"  # no delivery ever spoke of the day: it counts as present
    SCHOOL_SILENT = "school_silent"  # deliveries did, but held no row of a school that has absences
    ROWS_UNREADABLE = (
        "rows_unreadable"  # rows of the day whose id nobody could read: whose, is open
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BelievedMark:
    """A mark as believed that night; `night` is that of the submission that stated it."""

    id: int
    school_code: str
    day: date
    status: Status
    is_instructional: bool
    submission: int
    night: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An enrollment as believed that night, cut where a later one of the same district begins; no last day is open."""

    school_code: str
    school: str
    entry_date: date
    exit_date: date | None
    night: date

    def covers(self, school_code: str, day: date) -> bool:
        """Whether the student was enrolled at a school on a day."""
        within = self.entry_date <= day and (self.exit_date is None or day <= self.exit_date)
        return within and school_code == self.school_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Schoolday:
    """A day on which the student's school taught; silent where every delivery of it named the school as silent."""

    school_code: str
    day: date
    is_silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Rows in quarantine that no later delivery has stated anew.

    `code` is the raw code where nobody has explained it; `is_own` tells a row that names this student from one whose
    id could not be read; a row of a roster has no date.
    """

    table: str
    reason: Reason
    day: date | None
    school_code: str | None
    code: str | None
    night: date
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictRecord:
    """Everything one district's record held about one student on a night.

    `schooldays` reach from the school year's start or the student's entry to the night; those after `newest_data`
    are still awaited. `undelivered` are the district's schooldays of which no delivery spoke.
    """

    birth_date: date
    newest_data: date | None
    marks: Sequence[BelievedMark] = ()
    spans: Sequence[Span] = ()
    schooldays: Sequence[Schoolday] = ()
    undelivered: frozenset[date] = frozenset()
    set_aside: Sequence[SetAside] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UncountedDay:
    """A day that does not count, with what is said of it and why."""

    day: date
    status: str
    reason: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What the record is known to lack, and on which days; without a day it may touch any of them."""

    reason: str
    days: tuple[date, ...] = ()
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account of one district: the counts, every day behind them, and the gaps."""

    tally: Tally
    counted: tuple[BelievedMark, ...]
    uncounted: tuple[UncountedDay, ...]
    gaps: tuple[Gap, ...]


def account(record: DistrictRecord, law: Law) -> Account:
    """Count one district's record, and say of every other day why it does not count."""
    counted: dict[date, BelievedMark] = {}
    occasions: set[date] = set()
    absences: set[date] = set()
    uncounted: list[UncountedDay] = []
    for mark in record.marks:
        reason = why_not(record, mark, law)
        if reason in {None, DayReason.AGE} and mark.status in ABSENT_ANY_REASON:
            absences.add(mark.day)
        if reason is None and mark.status in TRUANCY_OCCASIONS:
            occasions.add(mark.day)
        if reason is None and mark.status in FULL_DAY_UNEXCUSED:
            counted.setdefault(mark.day, mark)
        else:
            said = reason or DayReason.NOT_FULL_DAY_UNEXCUSED
            uncounted.append(
                UncountedDay(day=mark.day, status=mark.status.value, reason=said.value)
            )
    uncounted += [
        UncountedDay(day=row.day, status="quarantined", reason=row.reason.value, code=row.code)
        for row in record.set_aside
        if row.is_own and row.day is not None
    ]
    gaps = gaps_of(record)
    unheard = {DayReason.NOT_DELIVERED, DayReason.SCHOOL_SILENT}
    uncounted += [
        UncountedDay(day=day, status=Status.PRESENT.value, reason=gap.reason)
        for gap in gaps
        if gap.reason in unheard
        for day in gap.days
    ]
    tally = Tally(
        unexcused_days=len(counted),
        occasions=len(occasions),
        absent_days=len(absences),
        enrolled_days=sum(not _is_awaited(record, day.day) for day in record.schooldays),
    )
    return Account(
        tally=tally,
        counted=tuple(counted[day] for day in sorted(counted)),
        uncounted=tuple(sorted(set(uncounted), key=lambda u: (u.day, u.status, u.reason))),
        gaps=gaps,
    )


def why_not(record: DistrictRecord, mark: BelievedMark, law: Law) -> Reason | DayReason | None:
    """Why a mark cannot count on its day, whatever its status; None where it can."""
    if not mark.is_instructional:
        return Reason.NO_SCHOOL_THAT_DAY
    if not any(span.covers(mark.school_code, mark.day) for span in record.spans):
        return Reason.OUTSIDE_ENROLLMENT
    age = age_on(record.birth_date, mark.day)
    if not law.compulsory_from_age <= age < law.compulsory_until_age:
        return DayReason.AGE
    return None


def gaps_of(record: DistrictRecord) -> tuple[Gap, ...]:
    """Everything that is known to be missing, in the order in which it matters."""
    told = {(mark.school_code, mark.day) for mark in record.marks}
    days: dict[tuple[str, str | None], set[date]] = {}

    def add(reason: str, day: date | None, code: str | None = None) -> None:
        days.setdefault((reason, code), set()).update([] if day is None else [day])

    for day in record.schooldays:
        if _is_awaited(record, day.day):
            add(Reason.DISTRICT_LATE, day.day)
        elif (day.school_code, day.day) not in told:
            if day.day in record.undelivered:
                add(DayReason.NOT_DELIVERED, day.day)
            elif day.is_silent:
                add(DayReason.SCHOOL_SILENT, day.day)
    taught = {(day.school_code, day.day) for day in record.schooldays}
    for row in record.set_aside:
        if row.is_own and row.reason is not Reason.DUPLICATE_ROW:
            add(row.reason, row.day, row.code)
        elif not row.is_own and _may_be_about(row, taught):
            add(DayReason.ROWS_UNREADABLE, row.day)
    return tuple(Gap(reason=r, code=c, days=tuple(sorted(d))) for (r, c), d in days.items())


def _is_awaited(record: DistrictRecord, day: date) -> bool:
    return record.newest_data is None or day > record.newest_data


def _may_be_about(row: SetAside, taught: set[tuple[str, date]]) -> bool:
    """Whether a row whose id could not be read lies on a day and in a school of the student."""
    return any(
        row.school_code in (None, school) and row.day in (None, day) for school, day in taught
    )
