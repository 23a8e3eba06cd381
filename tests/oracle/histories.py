"""Random student-years: whatever can happen to enrollment, calendar, birthday and record, more often than in life."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.oracle.plain_loop import History, Stay

STATUSES = (
    *("absent_unexcused",) * 6,
    *("partial_unexcused",) * 3,
    *("absent_excused",) * 3,
    "absent_unverified",
    "absent_mixed",
    "tardy",
    "partial_excused",
    "suspended_out",
    "suspended_in",
    "independent_study",
    "independent_study_incomplete",
    "exempt",
)
RATES = (0.0, 0.01, 0.03, 0.08, 0.12, 0.25)
SCHOOLS = {"north": ("0000001", "0000002", "0000003"), "south": ("0000004", "0000005")}


@dataclass(frozen=True, kw_only=True)
class Student:
    """One child, and what each district says of it."""

    number: int
    born: date
    histories: dict[str, History]


@dataclass(frozen=True, kw_only=True)
class World:
    """Two districts' students and calendars as they stand on one night, and the last day each has delivered."""

    first: date
    students: tuple[Student, ...]
    calendars: dict[str, set[date]]
    delivered: dict[str, date]


def make_world(
    rng: random.Random, start: int, size: int, nights: Sequence[date], numbered_from: int = 0
) -> list[World]:
    """The same students on several nights: each brings new days, late corrections, closures and moves.

    Args:
        rng: where everything comes from.
        start: the year in which the school year begins.
        size: students.
        nights: ascending, within the school year.
        numbered_from: the first student's number.
    """
    first = date(start, 7, 1)
    calendars = {c: _calendar(rng, start) for codes in SCHOOLS.values() for c in codes}
    students = tuple(_student(rng, numbered_from + n, start) for n in range(size))
    whole = [_with_marks(rng, student, calendars, nights[-1]) for student in students]
    worlds = []
    for place, night in enumerate(nights):
        if place:
            calendars = {c: _with_closures(rng, days) for c, days in calendars.items()}
            whole = [
                _corrected(rng, s, calendars, night) if rng.random() < 0.2 else s for s in whole
            ]
        delivered = {
            "north": night,
            "south": night - timedelta(days=rng.choice((0, 0, 1, 3)) if place else 0),
        }
        worlds.append(
            World(
                first=first,
                students=tuple(_until(s, delivered) for s in whole),
                calendars=calendars,
                delivered=delivered,
            )
        )
    return worlds


def _calendar(rng: random.Random, start: int) -> set[date]:
    """Weekdays from August to June but for breaks and holidays, and now and then a Saturday or Sunday."""
    opening = date(start, 8, rng.randrange(3, 20))
    closing = date(start + 1, rng.choice((5, 6)), rng.randrange(1, 25))
    days = [opening + timedelta(days=n) for n in range((closing - opening).days + 1)]
    pause = date(start, 12, rng.randrange(18, 24))
    breaks = {pause + timedelta(days=n) for n in range(14)}
    return {
        day
        for day in days
        if day not in breaks and rng.random() < (0.97 if day.weekday() < 5 else 0.1)
    }


def _with_closures(rng: random.Random, days: set[date]) -> set[date]:
    """Smoke closes a school for a day; another day is made up for it."""
    closed = set(rng.sample(sorted(days), 2))
    made_up = {day + timedelta(days=rng.randrange(1, 12)) for day in closed}
    return (days - closed) | made_up


def _student(rng: random.Random, number: int, start: int) -> Student:
    born = _birthday(rng, start)
    districts = rng.choices((("north",), ("south",), ("north", "south")), (5, 4, 3))[0]
    histories = {
        name: History(born=born, stays=_stays(rng, SCHOOLS[name], start), marks={})
        for name in districts
    }
    return Student(number=number, born=born, histories=histories)


def _birthday(rng: random.Random, start: int) -> date:
    """Any age, but often a child who turns six or eighteen within the year, or was born on a leap day."""
    lot = rng.random()
    if lot < 0.15:
        return date(start - 6, 7, 1) + timedelta(days=rng.randrange(366))
    if lot < 0.3:
        return date(start - 18, 7, 1) + timedelta(days=rng.randrange(366))
    if lot < 0.35:
        return date((start - rng.choice((6, 10, 14, 18))) // 4 * 4, 2, 29)
    return date(start - 19, 1, 1) + timedelta(days=rng.randrange(15 * 365))


def _stays(rng: random.Random, schools: Sequence[str], start: int) -> tuple[Stay, ...]:
    """One to three stays: from earlier years, from mid-year, with gaps, overlapping, back at a school left before."""
    opening, stays = date(start, 8, 1), []
    entry = opening - timedelta(days=rng.choice((0, 0, 30, 400, 800)))
    if rng.random() < 0.25:
        entry = opening + timedelta(days=rng.randrange(290))
    for _ in range(rng.choices((1, 2, 3), (6, 3, 1))[0]):
        school = rng.choice(schools)
        leaves = entry + timedelta(days=rng.randrange(-1, 330))
        last = leaves if rng.random() < 0.5 else None
        stays.append(Stay(school=school, first=entry, last=last, calendar=school))
        entry = max(leaves, entry) + timedelta(days=rng.choice((1, 1, 3, 20)))
        if last is None:
            entry = stays[-1].first + timedelta(days=rng.randrange(1, 200))
    return tuple(stays)


def _with_marks(
    rng: random.Random, student: Student, calendars: dict[str, set[date]], last: date
) -> Student:
    """Marks on schooldays of the stays, and some on days or at schools that do not count."""
    rate = rng.choice(RATES)
    histories = {}
    for name, history in student.histories.items():
        marks = {}
        for stay in history.stays:
            for day in calendars[stay.calendar]:
                if day <= last and rng.random() < rate:
                    marks[stay.school, day] = rng.choice(STATUSES)
        if rng.random() < 0.2:
            stray = last - timedelta(days=rng.randrange(60))
            marks[rng.choice(SCHOOLS[name]), stray] = "absent_unexcused"
        histories[name] = replace(history, marks=marks)
    return replace(student, histories=histories)


def _corrected(
    rng: random.Random, student: Student, calendars: dict[str, set[date]], night: date
) -> Student:
    """Excuses arrive, marks vanish or appear late, and an exit date turns up."""
    histories = {}
    for name, history in student.histories.items():
        marks = dict(history.marks)
        for key in rng.sample(sorted(marks), min(len(marks), rng.randrange(4))):
            if rng.random() < 0.5:
                marks[key] = rng.choice(STATUSES)
            else:
                del marks[key]
        stays = list(history.stays)
        school_days = sorted(d for d in calendars[stays[-1].calendar] if d <= night)
        if school_days and rng.random() < 0.5:
            marks[stays[-1].school, rng.choice(school_days)] = rng.choice(STATUSES)
        if rng.random() < 0.2 and stays[-1].last is None:
            last = stays[-1].first + timedelta(days=rng.randrange(300))
            stays[-1] = replace(stays[-1], last=last)
        histories[name] = replace(history, marks=marks, stays=tuple(stays))
    return replace(student, histories=histories)


def _until(student: Student, delivered: dict[str, date]) -> Student:
    """What the districts can have said by then."""
    histories = {
        name: replace(
            history,
            marks={key: s for key, s in history.marks.items() if key[1] <= delivered[name]},
        )
        for name, history in student.histories.items()
    }
    return replace(student, histories=histories)
