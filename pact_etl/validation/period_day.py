"""From period rows to one status per student-day. Pure; part of `canonical_day`.

The written rule, for one student and day:

1. Two statements about one period: the one kinder to the family holds (`domain.attendance.settle`).
2. A period missed counts its stated minutes, or else the school day's minutes over its number of periods.
3. All periods of the day missed (periods 1 to n of a school with n; others, such as a zero period, add nothing):
   - all without excuse: absent_unexcused, the only case that counts in U of EC 48263.6;
   - some without excuse, more than the law's 30 minutes of them: absent_mixed;
   - else, some not yet cleared: absent_unverified, because a day is excused only once all of it is;
   - else the kindest of the reasons given.
4. Part of the day missed: unexcused minutes are all wholly missed unexcused periods together, or the longest single
   lateness if that is more (short latenesses never add up to the statute's "more than a 30-minute period").
   - more than 30: partial_unexcused;
   - else, any excused, uncleared or suspended part: partial_excused (uncleared time counts for nothing until cleared);
   - else, any lateness or unexcused minutes: tardy.
5. Otherwise the kindest status stated; present makes no mark.

A student with a shorter timetable than the school's is never absent all day by this rule. That errs towards the family.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.attendance import FAVOUR, Status
from pact_etl.validation.code_map import RANK
from pact_etl.validation.faults import Mask
from pact_etl.validation.student_days import Ints, StudentDays

Ranks = npt.NDArray[np.int8]

DAY_MINUTES = {"elementary": 280, "middle": 300, "high": 360}
"""A school day's instruction: the year's minutes of EC 46207 for grades 1-3, 4-8 and 9-12 over 180 days."""

NO_MINUTES = -1
_LAST = len(FAVOUR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodRows:
    """One entry per source row: its student-day, period label, status rank and minutes missed (-1: not stated)."""

    day: Ints = field(repr=False)
    period: pd.Series = field(repr=False)
    rank: Ranks = field(repr=False)
    minutes: Ints = field(repr=False)
    days: StudentDays = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Periods:
    """One entry per distinct period of a student-day, after step 1."""

    day: Ints
    label: Ints
    rank: Ranks
    minutes: Ints

    def any(self, mask: Mask, days: int) -> Mask:
        """Student-days in which some period is in the mask."""
        return np.bincount(self.day[mask], minlength=days) > 0

    def total(self, mask: Mask, amount: Ints, days: int) -> Ints:
        """An amount summed over the periods of the mask, by student-day."""
        sums: Ints = np.bincount(self.day[mask], weights=amount[mask], minlength=days).astype(
            np.int64
        )
        return sums

    def most(self, mask: Mask, amount: Ints, days: int) -> Ints:
        """The largest amount among the periods of the mask, by student-day; -1 where there is none."""
        largest = np.full(days, NO_MINUTES, dtype=np.int64)
        np.maximum.at(largest, self.day[mask], amount[mask])
        return largest

    def kindest(self, mask: Mask, days: int) -> Ranks:
        """The smallest rank among the periods of the mask, by student-day."""
        smallest = np.full(days, _LAST, dtype=np.int8)
        np.minimum.at(smallest, self.day[mask], self.rank[mask])
        return smallest


def canonical_periods(rows: PeriodRows, schools: pd.DataFrame, limit: Ints) -> tuple[Ranks, Ints]:
    """Rank of the status of each student-day, and the minutes missed that it speaks of.

    Args:
        rows: the rows of all student-days.
        schools: columns school_code, level, periods_per_day.
        limit: by student-day, more minutes than this without excuse are an occasion.
    """
    days = len(rows.days)
    per_day, period_minutes = _timetable(rows.days, schools)
    periods, labels = _by_period(rows)
    minutes = np.where(periods.minutes > 0, periods.minutes, period_minutes[periods.day])
    unexcused = periods.rank == RANK[Status.ABSENT_UNEXCUSED]
    unverified = periods.rank == RANK[Status.ABSENT_UNVERIFIED]
    reasoned = _is(
        periods.rank,
        Status.ABSENT_EXCUSED,
        Status.SUSPENDED_OUT,
        Status.INDEPENDENT_STUDY_INCOMPLETE,
    )
    missed = unexcused | unverified | reasoned
    in_timetable = _in_timetable(labels, periods, per_day)
    whole = periods.total(missed & in_timetable, np.ones_like(minutes), days) >= per_day
    missed_unexcused = periods.total(unexcused, minutes, days)

    all_day = np.select(
        [
            ~periods.any(in_timetable & missed & ~unexcused, days),
            periods.any(unexcused, days) & (missed_unexcused > limit),
            periods.any(unverified, days),
        ],
        [RANK[Status.ABSENT_UNEXCUSED], RANK[Status.ABSENT_MIXED], RANK[Status.ABSENT_UNVERIFIED]],
        default=periods.kindest(reasoned, days),
    )
    late = _is(periods.rank, Status.TARDY, Status.PARTIAL_UNEXCUSED, Status.ABSENT_MIXED)
    stated_long = _is(periods.rank, Status.PARTIAL_UNEXCUSED, Status.ABSENT_MIXED)
    late_minutes = np.where(
        stated_long & (periods.minutes <= 0), limit[periods.day] + 1, np.maximum(periods.minutes, 0)
    )
    longest = np.maximum(missed_unexcused, periods.most(late, late_minutes, days))
    excused_part = unverified | reasoned | (periods.rank == RANK[Status.PARTIAL_EXCUSED])
    part = np.select(
        [
            longest > limit,
            periods.any(excused_part, days),
            periods.any(late | unexcused, days),
        ],
        [RANK[Status.PARTIAL_UNEXCUSED], RANK[Status.PARTIAL_EXCUSED], RANK[Status.TARDY]],
        default=periods.kindest(np.ones(len(periods.day), dtype=bool), days),
    )
    rank = np.where(whole, all_day, part).astype(np.int8)
    total = periods.total(missed, minutes, days)
    excused_total = periods.total(excused_part, minutes, days)
    of_part = np.where(rank == RANK[Status.PARTIAL_EXCUSED], excused_total, longest)
    spoken = np.where(whole, total, of_part)
    return rank, np.where(spoken > 0, spoken, NO_MINUTES)


def _is(rank: Ranks, *statuses: Status) -> Mask:
    return np.isin(rank, [RANK[status] for status in statuses])


def _timetable(days: StudentDays, schools: pd.DataFrame) -> tuple[Ints, Ints]:
    """Periods of the day and minutes of a period, at each student-day's school."""
    known = schools.set_index("school_code").reindex(days.schools)
    count = known["periods_per_day"].fillna(1).to_numpy(dtype=np.int64)
    count = np.maximum(count, 1)
    length = (
        known["level"].map(DAY_MINUTES).fillna(DAY_MINUTES["elementary"]).to_numpy(dtype=np.int64)
    )
    return count[days.school], (length // count)[days.school]


def _by_period(rows: PeriodRows) -> tuple[_Periods, pd.Index]:
    """Step 1: settle several statements about one period."""
    label, labels = pd.factorize(rows.period)
    key = rows.day * np.int64(len(labels) + 1) + label
    unique, of_row = np.unique(key, return_inverse=True)
    rank = np.full(len(unique), _LAST, dtype=np.int8)
    np.minimum.at(rank, of_row, rows.rank)
    deciding = rows.rank == rank[of_row]
    minutes = np.full(len(unique), NO_MINUTES, dtype=np.int64)
    np.maximum.at(minutes, of_row[deciding], rows.minutes[deciding])
    periods = _Periods(
        day=unique // (len(labels) + 1),
        label=unique % (len(labels) + 1),
        rank=rank,
        minutes=minutes,
    )
    return periods, pd.Index(labels)


def _in_timetable(labels: pd.Index, periods: _Periods, per_day: Ints) -> Mask:
    """Numbered periods 1 to n; where a school names its periods otherwise, every one of them."""
    numbers = pd.to_numeric(pd.Series(labels.to_numpy(dtype=object)), errors="coerce").to_numpy(
        dtype=float
    )
    number = numbers[periods.label]
    inside: Mask = np.isnan(number) | ((number >= 1) & (number <= per_day[periods.day]))
    return inside
