"""Every student's counts on every night of a school year, in one pass over the versions of the record.

The same counts as `pact_etl.store.tallies` makes night by night: a mark adds a day from the first night that knew it,
in a span known then, until the night that knew better, and without excuse only once its clearing window has passed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.policy import Policy
from pact_etl.store.replay.ages import bound_on
from pact_etl.store.replay.reading import Ints, KnownDistrict, Nights
from pact_etl.store.replay.spans import believed_spans

Counts = npt.NDArray[np.int16]

STUDENTS_AT_ONCE = 8192
"""Bounds the memory: a table of counts has a cell for each of these students on each night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyCounts:
    """Counts of some students; each table has a row per student and a column per night.

    The names of the tables are those of `Tally`.
    """

    students: pd.DataFrame
    unexcused_days: Counts
    occasions: Counts
    absent_days: Counts
    enrolled_days: Counts


def counted_marks(
    known: KnownDistrict, spans: pd.DataFrame, nights: Nights, policy: Policy
) -> pd.DataFrame:
    """Which marks count, and on which nights.

    Args:
        known: the district.
        spans: its believed spans.
        nights: of the school year.
        policy: which days are schooldays, and whom the law binds.

    Returns:
        `student` (the place among the district's students), `status`, `start` and `end` (exclusive) of the nights,
        `matures`, the night from which a day without excuse is past its window, and `is_of_age`.
    """
    weekends = policy.counting.weekend_classes_count.answer
    marks = known.marks[known.marks["start"] < known.marks["end"]]
    rows, places = _pairs(marks, spans)
    mark = {c: marks[c].to_numpy()[rows] for c in ("student_id", "day", "start", "end")}
    span = {c: spans[c].to_numpy()[places] for c in ("calendar", "entry", "exit", "start", "end")}
    day, calendar = mark["day"], span["calendar"]
    start = np.maximum(np.maximum(mark["start"], span["start"]), nights.from_day(day))
    end = np.minimum(mark["end"], span["end"])
    first_weekday = nights.year.first.weekday()
    counts = (day >= span["entry"]) & (day <= span["exit"]) & (start < end)
    counts &= known.taught[calendar, day] & (((day + first_weekday) % 7 < 5) | weekends)
    student = known.students["student_id"].to_numpy().searchsorted(mark["student_id"][counts])
    day, calendar = day[counts], calendar[counts]
    length = known.taught.shape[1]
    bound = bound_on(known.students["born"].to_numpy(), nights.year.first, length, policy.law)
    return pd.DataFrame(
        {
            "student": student,
            "status": marks["status"].array[rows[counts]],
            "start": start[counts],
            "end": end[counts],
            "matures": _matures(known, day, calendar, policy),
            "is_of_age": bound[student, day],
        }
    )


def nightly_counts(known: KnownDistrict, nights: Nights, policy: Policy) -> Iterator[NightlyCounts]:
    """The counts of a district's students, some thousands at a time.

    Args:
        known: the district.
        nights: of the school year.
        policy: by which every night counts.
    """
    spans = believed_spans(known.enrollments)
    marks = counted_marks(known, spans, nights, policy).sort_values("student", ignore_index=True)
    spans = spans.assign(student=known.students["student_id"].searchsorted(spans["student_id"]))
    counting = policy.counting
    for first in range(0, len(known.students), STUDENTS_AT_ONCE):
        students = known.students.iloc[first : first + STUDENTS_AT_ONCE]
        own = marks[_between(marks["student"], first)]
        own = own.assign(student=own["student"] - first)
        shape = (len(students), len(nights.dates))
        settled = own[own["is_of_age"]]
        settled = settled.assign(start=np.maximum(settled["start"], settled["matures"]))
        here = spans[_between(spans["student"], first)]
        exempt = _per_night(own[own["status"].isin(counting.exempt)], shape)
        enrolled = _enrolled(known, here.assign(student=here["student"] - first), shape, policy)
        yield NightlyCounts(
            students=students.reset_index(drop=True),
            unexcused_days=_per_night(settled[settled["status"].isin(counting.unexcused)], shape),
            occasions=_per_night(settled[settled["status"].isin(counting.occasions)], shape),
            absent_days=_per_night(own[own["status"].isin(counting.absent)], shape),
            enrolled_days=np.maximum(enrolled - exempt, 0),
        )


def _between(students: "pd.Series[int]", first: int) -> slice:
    """Where the next students lie in a sorted column."""
    ends = students.searchsorted([first, first + STUDENTS_AT_ONCE])
    return slice(int(ends[0]), int(ends[1]))


def _pairs(marks: pd.DataFrame, spans: pd.DataFrame) -> tuple[Ints, Ints]:
    """Every mark with every span of the same student at the same school, whatever the days."""
    both = pd.MultiIndex.from_frame(spans[["student_id", "school_id"]])
    distinct = both.drop_duplicates()
    keys = distinct.get_indexer(both)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    wanted = distinct.get_indexer(pd.MultiIndex.from_frame(marks[["student_id", "school_id"]]))
    left, right = ordered.searchsorted(wanted), ordered.searchsorted(wanted, side="right")
    many = np.where(wanted < 0, 0, right - left)
    rows = np.repeat(np.arange(len(marks)), many)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    return rows, order[np.repeat(left, many) + within]


def _matures(known: KnownDistrict, day: Ints, calendar: Ints, policy: Policy) -> Ints:
    """The first night on which enough schooldays after each day had been submitted."""
    counting = policy.counting
    numbers = known.weekdays + (known.weekends if counting.weekend_classes_count.answer else 0)
    through = np.where(known.last_day < 0, 0, known.last_day)
    wait = next(n for n in count() if not counting.in_clearing_window(n))
    matures = np.empty(numbers.shape, dtype="int64")
    for place, own in enumerate(numbers):
        reached = np.maximum.accumulate(np.where(known.last_day < 0, -1, own[through]))
        matures[place] = reached.searchsorted(own + wait)
    return matures[calendar, day]


def _enrolled(
    known: KnownDistrict, spans: pd.DataFrame, shape: tuple[int, int], policy: Policy
) -> Counts:
    """Schooldays taught between enrollment and the last submitted day, exempt days still among them."""
    with_weekends = policy.counting.weekend_classes_count.answer
    numbers = known.weekdays + (known.weekends if with_weekends else 0)
    spans = spans[spans["exit"] >= 0]
    calendar, entry = spans["calendar"].to_numpy(), spans["entry"].to_numpy()
    before = np.where(entry > 0, numbers[calendar, np.clip(entry - 1, 0, numbers.shape[1] - 1)], 0)
    through = np.minimum(spans["exit"].to_numpy()[:, None], known.last_day[None, :])
    days = numbers[calendar[:, None], np.maximum(through, 0)] - np.maximum(before, 0)[:, None]
    night = np.arange(shape[1])[None, :]
    is_known = (spans["start"].to_numpy()[:, None] <= night) & (
        night < spans["end"].to_numpy()[:, None]
    )
    days = np.where(is_known & (through >= entry[:, None]), np.maximum(days, 0), 0)
    enrolled = np.zeros(shape, dtype="int16")
    np.add.at(enrolled, spans["student"].to_numpy(), days.astype("int16"))
    return enrolled


def _per_night(marks: pd.DataFrame, shape: tuple[int, int]) -> Counts:
    """How many marks count on each night."""
    marks = marks[marks["start"] < marks["end"]]
    width = shape[1] + 1
    student = marks["student"].to_numpy() * width
    size = shape[0] * width
    begins = np.bincount(student + marks["start"].to_numpy(), minlength=size)
    ends = np.bincount(student + marks["end"].to_numpy(), minlength=size)
    changes = (begins - ends).reshape(shape[0], width)[:, :-1]
    return changes.cumsum(axis=1).astype("int16")
