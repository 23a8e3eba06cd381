"""A district's attendance over the year: who misses which day, how, and when the district gets it right.

Draws are dense by record and school day, in slices of records; what comes out are the exceptions only (`marks.Marks`).
"""

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District, Form
from pact_etl.domain.school_year import SchoolYear
from pact_etl.simulator.calendars import Calendar
from pact_etl.simulator.enrollments import Roster
from pact_etl.simulator.families import Families
from pact_etl.simulator.marks import NO_MARK, Marks, code
from pact_etl.simulator.risk import Risk, make_risk, school_weeks, spells
from pact_etl.simulator.schools import Schools
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.students import Students
from pact_etl.simulator.timeline import settle_timeline

_SLICE = 8_192
_MISTAKE = 0.0010  # marks entered for the wrong student, deleted later
_UNCLEARED = 0.0015  # nobody ever says whether the absence is excused
_PARTIAL_EXCUSED, _STUDY, _SUSPENDED_IN = 0.0012, 0.0005, 0.0001
_LATE_FACTOR, _TARDY_FACTOR, _TARDY_BASE, _SUSPENDED_FACTOR = 0.10, 0.60, 0.012, 0.02
_KINDS = (
    Status.ABSENT_UNEXCUSED,
    Status.ABSENT_EXCUSED,
    Status.PARTIAL_UNEXCUSED,
    Status.TARDY,
    Status.SUSPENDED_OUT,
    Status.ABSENT_UNVERIFIED,
    Status.PARTIAL_EXCUSED,
    Status.INDEPENDENT_STUDY,
    Status.SUSPENDED_IN,
)
"""What a day can come to, in the order of the thresholds; one more stands for a mark that is a mistake."""

_CODES = np.array([*(code(kind) for kind in _KINDS), NO_MARK], dtype=np.uint8)


def make_marks(
    district: District,
    schools: Schools,
    calendar: Calendar,
    roster: Roster,
    students: Students,
    families: Families,
    *,
    year: SchoolYear,
    seed: int,
) -> Marks:
    """Every mark of a district's year, with its timeline.

    Args:
        district: whose dialect decides how late a correction may come and what a mark can say.
        schools: of the district.
        calendar: of the district.
        roster: of the district.
        students: of the county.
        families: of the county.
        year: the school year.
        seed: of the county.
    """
    rng = stream(seed, "attendance", district.slug)
    nights = calendar.nights
    dates = np.datetime64(year.first, "D") + nights
    week = (nights - nights[0] + int(_weekday(dates)[0])) // 7
    grade = students.grade[roster.student]
    family = families.frailty[students.family[roster.student]]
    months = (dates.astype("M8[M]") - np.datetime64(year.first, "M")).astype(np.int64)
    risk = make_risk(family, students.frailty[roster.student], grade, _weekday(dates), months, rng)
    shared = school_weeks(len(schools.codes), int(week.max()) + 1, rng)
    parts = []
    for begin in range(0, len(roster), _SLICE):
        rows = np.arange(begin, min(begin + _SLICE, len(roster)))
        place = _places(roster, calendar, rows, nights)
        at, day, kind = _draw(risk, shared, place, rows, week, rng)
        parts.append((rows[at], day, place[at, day], kind))
    record, column, school, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((record, column))
    return settle_timeline(
        record=record[order].astype(np.int32),
        column=column[order],
        school=school[order],
        outcome=_CODES[kind[order]],
        nights=nights,
        covers_days=district.attendance.covers_days,
        has_mixed_days=district.attendance.form is Form.PERIODS,
        rng=rng,
    )


def _weekday(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Monday is 0; 1 January 1970 was a Thursday."""
    return (dates.astype("M8[D]").astype(np.int64) + 3) % 7


def _places(
    roster: Roster, calendar: Calendar, rows: npt.NDArray[np.int64], nights: npt.NDArray[np.int64]
) -> npt.NDArray[np.int16]:
    """The school of each row on each school day, -1 where not enrolled or the school is closed."""
    spans = roster.spans
    place = np.full((len(rows), len(nights)), -1, dtype=np.int16)
    begin, end = np.searchsorted(spans.record, [rows[0], rows[-1] + 1])
    # Spans of one record are in order of their start, and at most two; the later one is written second.
    is_second = np.append(False, spans.record[1:] == spans.record[:-1])
    for second in (False, True):
        own = np.flatnonzero(is_second[begin:end] == second) + begin
        here = (nights >= spans.start[own, None]) & (nights <= spans.counted_last[own, None])
        at = spans.record[own] - rows[0]
        taught = calendar.open[spans.school[own]][:, nights]
        place[at] = np.where(here & taught, spans.school[own, None], place[at])
    return place


def _draw(
    risk: Risk,
    shared: npt.NDArray[np.float32],
    place: npt.NDArray[np.int16],
    rows: npt.NDArray[np.int64],
    week: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which row has what on which day: row, day and kind, one entry per exception."""
    lot = rng.random(place.shape, dtype=np.float32)
    mood = spells(len(rows), week, rng)
    trait = risk.unexcused[rows, None]
    unexcused = np.minimum(trait * mood * (risk.weekday * risk.month), 0.85)
    unexcused *= shared[np.maximum(place, 0), week]
    illness = risk.illness[rows, None] * np.sqrt(mood) * risk.month
    late = trait * _LATE_FACTOR
    tardy = trait * _TARDY_FACTOR + _TARDY_BASE
    total = unexcused + illness + late + tardy
    total += (
        trait * _SUSPENDED_FACTOR
        + _UNCLEARED
        + _PARTIAL_EXCUSED
        + _STUDY
        + _SUSPENDED_IN
        + _MISTAKE
    )
    at, day = np.nonzero((lot < total) & (place >= 0))
    shape = np.ones_like(unexcused[at, day])
    chances = np.stack(
        [
            unexcused[at, day],
            illness[at, day],
            late[at, 0],
            tardy[at, 0],
            trait[at, 0] * _SUSPENDED_FACTOR,
            shape * _UNCLEARED,
            shape * _PARTIAL_EXCUSED,
            shape * _STUDY,
            shape * _SUSPENDED_IN,
        ]
    ).cumsum(axis=0)
    kind = (lot[at, day] >= chances).sum(axis=0)
    return at, day, kind
