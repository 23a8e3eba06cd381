"""From a district's rows to one status per student, school and day. Pure frame functions; no I/O, no clock.

**Whole-day rows** (daily and positive forms). Late or away with minutes given: more than the law of that day allows
(EC 48260(a)) without excuse is an occasion, else a tardy, whatever the code's name. Several rows of one day are settled
by `domain.attendance.settle`: the one kinder to the family holds. See `period_day` for rows that state periods.

Present makes no mark, nor does attendance recovery. A mark keeps the raw codes it came from (sorted, joined by "|"),
the first source row and how many rows it stands for, so that the books of a submission add up.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.attendance import FAVOUR, MAKES_NO_MARK, Status
from pact_etl.domain.district import Form
from pact_etl.domain.policy import OccasionLimits
from pact_etl.validation.code_map import RANK
from pact_etl.validation.period_day import PeriodRows, canonical_periods
from pact_etl.validation.student_days import Ints, StudentDays, to_days
from pact_etl.validation.values import TEXT

NO_MINUTES = -1

_NAMES = np.array([status.value for status in FAVOUR], dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """The marks of a submission, and how many source rows said nothing more than that a student was there."""

    frame: pd.DataFrame = field(repr=False)
    present_rows: int


def canonical_marks(
    rows: pd.DataFrame,
    days: StudentDays,
    form: Form,
    schools: pd.DataFrame,
    limits: OccasionLimits,
) -> Marks:
    """One mark per student-day that is not simply present.

    Args:
        rows: columns rank (see `code_map`), period, minutes, code, row.
        days: the rows' student-days.
        form: how the district's rows state a day.
        schools: columns school_code, level, periods_per_day.
        limits: more minutes than the law of a day says are an occasion of that day.
    """
    limit = limits_of(days, limits)
    minutes = rows["minutes"].fillna(NO_MINUTES).to_numpy(dtype=np.int64)
    rank = by_minutes(rows["rank"].to_numpy(dtype=np.int8), minutes, limit[days.of_row])
    if form is Form.PERIODS:
        stated = PeriodRows(
            day=days.of_row,
            period=rows["period"].fillna("1"),
            rank=rank,
            minutes=minutes,
            days=days,
        )
        day_rank, day_minutes = canonical_periods(stated, schools, limit)
    else:
        day_rank, day_minutes = settle_days(days.of_row, rank, minutes, len(days))
    counts = np.bincount(days.of_row, minlength=len(days))
    marked = ~np.isin(day_rank, [RANK[status] for status in MAKES_NO_MARK])
    present_rows = int(counts[~marked].sum())
    frame = pd.DataFrame(
        {
            "local_id": days.students.take(days.student[marked]),
            "school_code": days.schools.take(days.school[marked]),
            "date": days.dates()[marked].to_numpy(),
            "status": pd.Series(_NAMES[day_rank[marked]], dtype=TEXT),
            "raw_code": _joined_codes(rows["code"], days)[marked].to_numpy(),
            "minutes": _nullable(day_minutes[marked]),
            "source_row": _first(rows["row"], days)[marked],
            "rows": counts[marked].astype(np.int64),
        }
    )
    return Marks(frame=frame.astype({"raw_code": TEXT}), present_rows=present_rows)


def limits_of(days: StudentDays, limits: OccasionLimits) -> Ints:
    """The minutes that each student-day must exceed to be an occasion, by the law of its own day."""
    since = to_days(pd.Series([pd.Timestamp(one.from_) for one in limits.limits]))
    minutes = np.array([one.minutes for one in limits.limits], dtype=np.int64)
    # A day before the oldest entry is read by it; such a day is set aside as outside the school year anyway.
    at = np.maximum(np.searchsorted(since, days.day, "right") - 1, 0)
    return minutes[at]


def by_minutes(rank: npt.NDArray[np.int8], minutes: Ints, limit: Ints) -> npt.NDArray[np.int8]:
    """Let stated minutes decide between tardy and an occasion; without minutes the code's word stands."""
    tardy, partial = RANK[Status.TARDY], RANK[Status.PARTIAL_UNEXCUSED]
    long = (rank == tardy) & (minutes > limit)
    short = (rank == partial) & (minutes != NO_MINUTES) & (minutes <= limit)
    return np.where(long, partial, np.where(short, tardy, rank)).astype(np.int8)


def settle_days(
    of_row: Ints, rank: npt.NDArray[np.int8], minutes: Ints, days: int
) -> tuple[npt.NDArray[np.int8], Ints]:
    """`domain.attendance.settle` for every group at once, and the most minutes among the rows that decided."""
    settled = np.full(days, len(FAVOUR), dtype=np.int8)
    np.minimum.at(settled, of_row, rank)
    deciding = rank == settled[of_row]
    most = np.full(days, NO_MINUTES, dtype=np.int64)
    np.maximum.at(most, of_row[deciding], minutes[deciding])
    return settled, most


def _first(source_rows: pd.Series, days: StudentDays) -> Ints:
    first = np.full(len(days), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, days.of_row, source_rows.to_numpy(dtype=np.int64))
    return first


def _joined_codes(codes: pd.Series, days: StudentDays) -> pd.Series:
    """The distinct codes of each student-day in one text."""
    at, names = pd.factorize(codes, sort=True)
    pairs = np.unique(days.of_row * np.int64(len(names) + 1) + at)
    owner, name = pairs // (len(names) + 1), pairs % (len(names) + 1)
    joined = np.empty(len(days), dtype=object)
    single = np.bincount(owner, minlength=len(days)) == 1
    texts = np.asarray(names, dtype=object)
    joined[owner] = texts[name]
    # Days with several codes are few; days with the same several codes share one text.
    several = ~single[owner]
    for day, group in pd.Series(name[several]).groupby(owner[several]):
        joined[day] = "|".join(texts[group.to_numpy()])
    return pd.Series(joined)


def _nullable(minutes: Ints) -> "pd.arrays.IntegerArray":
    return pd.arrays.IntegerArray(minutes, minutes == NO_MINUTES)
