"""A district's attendance over the year: who misses which day, and how.

Draws are dense by record and school day, in slices of records; what comes out are the exceptions
only. When the district gets them right is settled in `timeline.py`.
"""

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status
from pact_etl.domain.school_year import SchoolYear
from pact_etl.simulator.calendars import Calendar, dates_of
from pact_etl.simulator.enrollments import Roster
from pact_etl.simulator.families import Families
from pact_etl.simulator.marks import NO_MARK, code
from pact_etl.simulator.risk import Floats, Risk, make_risk, school_weeks, spells, weekdays
from pact_etl.simulator.students import Students
from pact_etl.simulator.timeline import Outcomes

_SLICE = 8_192  # records at a time; part of what the seed means
_UNCLEARED = 0.0015  # nobody ever says whether the absence is excused
_MISTAKE = 0.0010  # entered for the wrong student, deleted later
_RARE = {
    Status.ABSENT_UNVERIFIED: _UNCLEARED,
    Status.PARTIAL_EXCUSED: 0.0012,
    Status.INDEPENDENT_STUDY: 0.0005,
    Status.SUSPENDED_IN: 0.0001,
}
_LATE_FACTOR, _TARDY_FACTOR, _TARDY_BASE, _SUSPENDED_FACTOR = 0.10, 0.60, 0.012, 0.02
_HIGHEST = 0.85
_OUTCOMES = (
    Status.ABSENT_UNEXCUSED,
    Status.ABSENT_EXCUSED,
    Status.PARTIAL_UNEXCUSED,
    Status.TARDY,
    Status.SUSPENDED_OUT,
    *_RARE,
)
"""What a day can come to, in the order of the thresholds; after them comes a mistake."""

_CODES = np.array([*(code(status) for status in _OUTCOMES), NO_MARK], dtype=np.uint8)


def make_outcomes(
    schools: int,
    calendar: Calendar,
    roster: Roster,
    students: Students,
    families: Families,
    *,
    year: SchoolYear,
    rng: np.random.Generator,
) -> Outcomes:
    """What every exceptional day of a district's year comes to in the end, by day and record.

    Args:
        schools: how many schools the district has.
        calendar: of the district.
        roster: of the district.
        students: of the county.
        families: of the county.
        year: the school year.
        rng: the district's stream.
    """
    nights = calendar.nights
    dates = dates_of(year)[nights]
    week = (nights - nights[0] + int(weekdays(dates)[0])) // 7
    own = roster.student
    frailty = families.frailty[students.family[own]]
    risk = make_risk(frailty, students.frailty[own], students.grade[own], dates, rng)
    shared = school_weeks(schools, int(week.max()) + 1, rng)
    parts = []
    for begin in range(0, len(roster), _SLICE):
        rows = np.arange(begin, min(begin + _SLICE, len(roster)))
        place = _places(roster, calendar, rows)
        at, column, kind = _draw(risk, shared, place, rows, week, rng)
        parts.append((rows[at], column, place[at, column], _CODES[kind]))
    record, column, school, outcome = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((record, column))
    return Outcomes(
        record=record[order].astype(np.int32),
        column=column[order],
        school=school[order],
        outcome=outcome[order],
    )


def _places(
    roster: Roster, calendar: Calendar, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int16]:
    """The school of each row on each night, -1 where not enrolled or the school is closed."""
    spans, nights = roster.spans, calendar.nights
    place = np.full((len(rows), len(nights)), -1, dtype=np.int16)
    begin, end = np.searchsorted(spans.record, [rows[0], rows[-1] + 1])
    last = np.minimum(spans.last, spans.taken_over_on - 1)
    # A record has at most two spans, in order of their start; the later one is written second.
    is_second = np.append(False, spans.record[1:] == spans.record[:-1])
    for second in (False, True):
        own = np.flatnonzero(is_second[begin:end] == second) + begin
        here = (nights >= spans.start[own, None]) & (nights <= last[own, None])
        here &= calendar.open[spans.follows[own]][:, nights]
        at = spans.record[own] - rows[0]
        place[at] = np.where(here, spans.school[own, None], place[at])
    return place


def _draw(
    risk: Risk,
    shared: Floats,
    place: npt.NDArray[np.int16],
    rows: npt.NDArray[np.int64],
    week: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Exceptions: their row, their night, and which outcome they are."""
    lot = rng.random(place.shape, dtype=np.float32)
    mood = spells(len(rows), week, rng)
    trait = risk.unexcused[rows, None]
    unexcused = np.minimum(trait * mood * (risk.weekday * risk.month), _HIGHEST)
    unexcused *= shared[np.maximum(place, 0), week]
    illness = risk.illness[rows, None] * np.sqrt(mood) * risk.month
    steady = trait * (_LATE_FACTOR + _TARDY_FACTOR + _SUSPENDED_FACTOR) + _TARDY_BASE
    most = unexcused + illness + (steady + sum(_RARE.values()) + _MISTAKE)
    at, column = np.nonzero((lot < most) & (place >= 0))
    own = trait[at, 0]
    chances = [
        unexcused[at, column],
        illness[at, column],
        own * _LATE_FACTOR,
        own * _TARDY_FACTOR + _TARDY_BASE,
        own * _SUSPENDED_FACTOR,
        *(np.full_like(own, chance) for chance in _RARE.values()),
    ]
    edges = np.stack(chances).cumsum(axis=0)
    return at, column, (lot[at, column] >= edges).sum(axis=0)
