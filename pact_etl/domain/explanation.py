"""One district's record of one student, accounted for day by day: what counts, what does not and why, what is missing.

The rows come from the store as they were believed on one night; nothing here reads a clock or a database. The counts
must be those that evaluating made of the same record, by set-based SQL: a test holds the two against each other.
"""

from dataclasses import dataclass
from datetime import date

from pact_etl.domain.attendance import Status
from pact_etl.domain.believed import BelievedMark, DistrictRecord
from pact_etl.domain.gaps import DayReason, Gap, gaps_of, is_awaited
from pact_etl.domain.policy import Policy
from pact_etl.domain.reasons import Reason
from pact_etl.domain.truancy import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class UncountedDay:
    """A day that does not count, with what is said of it and why."""

    day: date
    status: str
    reason: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account of one district: the counts, every day behind them, and the gaps.

    `waiting` are whole days without excuse that do not count yet, because they are in their clearing window.
    """

    tally: Tally
    waiting: tuple[date, ...]
    occasions: tuple[date, ...]
    counted: tuple[BelievedMark, ...]
    uncounted: tuple[UncountedDay, ...]
    gaps: tuple[Gap, ...]


def account(record: DistrictRecord, policy: Policy) -> Account:
    """Count one district's record, and say of every other day why it does not count."""
    counted: dict[date, BelievedMark] = {}
    occasions: set[date] = set()
    absences: set[date] = set()
    waiting: set[date] = set()
    exempt: set[date] = set()
    counting = policy.counting
    uncounted: list[UncountedDay] = []
    for mark in record.marks:
        reason = why_not(record, mark, policy)
        in_school = reason in {None, DayReason.AGE, DayReason.IN_CLEARING_WINDOW}
        if in_school and mark.status in counting.absent:
            absences.add(mark.day)
        if in_school and mark.status in counting.exempt:
            exempt.add(mark.day)
        if reason is DayReason.IN_CLEARING_WINDOW and mark.status in counting.unexcused:
            waiting.add(mark.day)
        if reason is None and mark.status in counting.occasions:
            occasions.add(mark.day)
        if reason is None and mark.status in counting.unexcused:
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
    taught = sum(
        not is_awaited(record, day.day) and is_schoolday(day.day, policy)
        for day in record.schooldays
    )
    tally = Tally(
        unexcused_days=len(counted),
        occasions=len(occasions),
        absent_days=len(absences),
        enrolled_days=max(taught - len(exempt), 0),
    )
    return Account(
        tally=tally,
        waiting=tuple(sorted(waiting)),
        occasions=tuple(sorted(occasions)),
        counted=tuple(counted[day] for day in sorted(counted)),
        uncounted=tuple(sorted(set(uncounted), key=lambda u: (u.day, u.status, u.reason))),
        gaps=gaps,
    )


def is_schoolday(day: date, policy: Policy) -> bool:
    """Whether a day on which a school taught counts: a weekend class only where the county says so."""
    return day.isoweekday() < 6 or policy.counting.weekend_classes_count.answer


def why_not(
    record: DistrictRecord, mark: BelievedMark, policy: Policy
) -> Reason | DayReason | None:
    """Why a mark cannot count as a day without excuse; None where it can, if its status is one of them."""
    if not mark.is_instructional:
        return Reason.NO_SCHOOL_THAT_DAY
    if not is_schoolday(mark.day, policy):
        return DayReason.WEEKEND_CLASS
    if not any(span.covers(mark.school_code, mark.day) for span in record.spans):
        return Reason.OUTSIDE_ENROLLMENT
    if not policy.law.binds(record.birth_date, mark.day):
        return DayReason.AGE
    since = mark.schooldays_since
    if policy.counting.weekend_classes_count.answer:
        since += mark.weekend_classes_since
    may_be_cleared = mark.status in policy.counting.occasions
    if may_be_cleared and policy.counting.in_clearing_window(since):
        return DayReason.IN_CLEARING_WINDOW
    return None
