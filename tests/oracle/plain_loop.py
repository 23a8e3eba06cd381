"""The slow oracle: truancy counted by walking through the days of a year, one student at a time.

Written from the statutes (EC 48200, 48260, 48263.6, 60901) and the county's reading of them, sharing no code with the
product: what the set-based SQL says must be what a person with a calendar and a pencil would say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

FULL_DAY = {"absent_unexcused"}
OCCASION = {"absent_unexcused", "partial_unexcused", "absent_mixed"}
ABSENT = {
    "absent_unexcused",
    "absent_excused",
    "absent_unverified",
    "absent_mixed",
    "suspended_out",
    "independent_study_incomplete",
}


@dataclass(frozen=True, kw_only=True)
class Stay:
    """A student at a school from its first day through its last; `calendar` names the one that holds for the student.

    Where all of a school's students share one calendar, that is the school; with tracks it is one for each track.
    """

    school: str
    first: date
    last: date | None
    calendar: str


@dataclass(frozen=True, kw_only=True)
class History:
    """What one district says of one student; stays are in order of their first day."""

    born: date
    stays: Sequence[Stay]
    marks: Mapping[tuple[str, date], str]  # by school and day


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a county reads what the statutes leave open, and what may come to be asked.

    `clearing_days`: a day without excuse counts only once so many further schooldays have been taught and delivered, by
    the calendar that the student had on the day, whether or not the student has left since.
    `ages`: from which day on, from which birthday until which, education is compulsory.
    """

    partial_absences_in_u: bool = False
    incomplete_study_in_u: bool = False
    weekend_classes_count: bool = False
    clearing_days: int = 0
    ages: Sequence[tuple[date, int, int]] = ((date.min, 6, 18),)


@dataclass(kw_only=True)
class Count:
    """U, occasions, absences for any reason, and D."""

    unexcused: int = 0
    occasions: int = 0
    absent: int = 0
    enrolled: int = 0


@dataclass(kw_only=True)
class _Walk:
    count: Count = field(default_factory=Count)
    calendar_on: dict[date, str] = field(default_factory=dict)
    unexcused_on: list[date] = field(default_factory=list)
    occasions_on: list[date] = field(default_factory=list)


def count_days(
    history: History,
    calendars: Mapping[str, set[date]],
    first: date,
    last: date,
    reading: Reading,
) -> Count:
    """Walk through the days.

    Args:
        history: of one student in one district.
        calendars: days on which school was kept.
        first: first day of the school year.
        last: last day whose attendance the district has delivered.
        reading: the county's.
    """
    walk = _Walk()
    day = first
    while day <= last:
        _look_at(day, history, calendars, reading, walk)
        day += timedelta(days=1)
    settled = {
        d for d, own in walk.calendar_on.items() if _has_settled(d, last, calendars[own], reading)
    }
    walk.count.unexcused = sum(d in settled for d in walk.unexcused_on)
    walk.count.occasions = sum(d in settled for d in walk.occasions_on)
    return walk.count


def _has_settled(day: date, last: date, taught: set[date], reading: Reading) -> bool:
    further = 0
    while day < last:
        day += timedelta(days=1)
        further += day in taught and (day.weekday() < 5 or reading.weekend_classes_count)
    return further >= reading.clearing_days


def _look_at(
    day: date,
    history: History,
    calendars: Mapping[str, set[date]],
    reading: Reading,
    walk: _Walk,
) -> None:
    stay = stay_on(day, history.stays)
    if stay is None or day not in calendars[stay.calendar]:
        return
    if day.weekday() >= 5 and not reading.weekend_classes_count:
        return
    status = history.marks.get((stay.school, day))
    if status == "exempt":
        return
    walk.count.enrolled += 1
    if status in ABSENT:
        walk.count.absent += 1
    _, from_age, until_age = [one for one in reading.ages if one[0] <= day][-1]
    if not from_age <= years_old(history.born, day) < until_age:
        return
    in_u = status in FULL_DAY
    in_u |= reading.partial_absences_in_u and status in OCCASION
    in_u |= reading.incomplete_study_in_u and status == "independent_study_incomplete"
    if in_u:
        walk.unexcused_on.append(day)
    if in_u or status in OCCASION:
        walk.occasions_on.append(day)
        walk.calendar_on[day] = stay.calendar


def stay_on(day: date, stays: Sequence[Stay]) -> Stay | None:
    """Where a student was on a day: whoever enrolled the student last has the student, until that stay ends."""
    begun = [stay for stay in stays if stay.first <= day]
    if not begun:
        return None
    newest = begun[-1]
    return newest if newest.last is None or day <= newest.last else None


def years_old(born: date, day: date) -> int:
    """Birthdays that have come, a 29 February coming on 1 March where there is none."""
    age = 0
    while True:
        year = born.year + age + 1
        try:
            birthday = born.replace(year=year)
        except ValueError:
            birthday = date(year, 3, 1)
        if birthday > day:
            return age
        age += 1


def lines_over(
    count: Count,
    *,
    minimum_unexcused: int = 3,
    minimum_enrolled: int = 20,
    invited_from_occasions: int | None = None,
) -> set[str]:
    """Which lines a count is over: truant, the county's invitation line, chronic absentee.

    Args:
        count: of one student in one district.
        minimum_unexcused: the county's, beside ten per cent.
        minimum_enrolled: the county's.
        invited_from_occasions: where the county invites by the number of days instead of ten per cent.
    """
    over = set()
    if count.occasions >= 3:
        over.add("truant")
    if invited_from_occasions is not None:
        invited = count.occasions >= invited_from_occasions
    else:
        tenth = count.unexcused * 10 >= count.enrolled
        invited = (
            tenth and count.unexcused >= minimum_unexcused and count.enrolled >= minimum_enrolled
        )
    if invited:
        over.add("chronic_truant_candidate")
    if count.absent * 10 >= count.enrolled and count.enrolled >= minimum_enrolled:
        over.add("chronic_absentee")
    return over
