"""A school year's careers: late entries, exits, moves within a district, transfers to another.

One row per span of enrollment. Nothing here knows local ids or files.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.simulator.calendars import Calendar
from pact_etl.simulator.families import ALWAYS, NEVER, Families
from pact_etl.simulator.schools import Schools, level_of_grade
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.students import Students

_STAYS, _LATE, _LEAVES, _MOVES, _OVERLAPS, _RETURNS, _TRANSFERS = range(7)
_SHARES = (0.859, 0.06, 0.045, 0.017, 0.003, 0.004, 0.012)
_EXITS = (_LEAVES, _MOVES, _OVERLAPS, _RETURNS, _TRANSFERS)
_TOLD_LATE = 0.3  # of those who leave: the district hears of it days later
_FIRST_TURN, _LAST_TURN = 12, 25  # nothing happens so near to the first and the last day
_NIGHTS_AWAY = 20


def make_careers(
    districts: Sequence[District],
    schools: Sequence[Schools],
    calendars: Sequence[Calendar],
    families: Families,
    students: Students,
    *,
    seed: int,
) -> pd.DataFrame:
    """Every span of enrollment in the county, at most two for a student in one district.

    Returns:
        `district`, `student`, `school`, `start`, `last`, `known_on`, `exit_known_on`, `transfers`.
    """
    rng = stream(seed, "careers")
    careers: list[pd.DataFrame] = []
    for number, district in enumerate(districts):
        own = np.flatnonzero(students.district == number)
        placed = _place(district, schools[number], families, students, own)
        begun = _begun(district, number, own, placed, schools[number], calendars[number], rng)
        careers.append(begun)
    begun = pd.concat(careers)
    leavers = begun[begun["transfers"]]
    weights = np.array([float(district.enrollment) for district in districts])
    goal = rng.choice(len(districts), size=len(leavers), p=weights / weights.sum())
    # Somebody whose goal is the district just left is never seen again.
    goal = np.where(goal == leavers["district"].to_numpy(), -1, goal)
    wished = leavers["last"].to_numpy() + rng.integers(1, 8, len(leavers))
    for number, district in enumerate(districts):
        here = goal == number
        own = leavers["student"].to_numpy()[here]
        placed = _place(district, schools[number], families, students, own)
        careers.append(_arrived(number, own, placed, wished[here], calendars[number]))
    return pd.concat(careers, ignore_index=True)


def _place(
    district: District,
    schools: Schools,
    families: Families,
    students: Students,
    own: npt.NDArray[np.int64],
) -> npt.NDArray[np.int16]:
    """Each student's school, the same for siblings of one level; -1 where nobody teaches it."""
    lot = families.school_lot[students.family[own]]
    placed = np.full(len(own), -1, dtype=np.int16)
    for grade, level in enumerate(level_of_grade(district)):
        if level:
            here = students.grade[own] == grade
            candidates = schools.teaching(level)
            placed[here] = candidates[(lot[here] * len(candidates)).astype(np.int64)]
    return placed


def _begun(
    district: District,
    number: int,
    own: npt.NDArray[np.int64],
    placed: npt.NDArray[np.int16],
    schools: Schools,
    calendar: Calendar,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The spans of those who begin the year in a district."""
    nights, n = calendar.nights, len(own)
    fate = rng.choice(len(_SHARES), size=n, p=_SHARES)
    turn = rng.integers(_FIRST_TURN, len(nights) - _LAST_TURN, n)
    gap = rng.integers(1, 4, n)
    other = _another_school(placed, schools, rng)
    fate[(fate == _OVERLAPS) & (other == placed)] = _STAYS
    is_late, is_exit = fate == _LATE, np.isin(fate, _EXITS)
    # Where spans overlap, the old school states its exit some days after the new one began.
    extra = np.where(fate == _OVERLAPS, 1 + gap, 0)
    told_late = np.isin(fate, (_LEAVES, _TRANSFERS)) & (rng.random(n) < _TOLD_LATE)
    most = calendar.longest_delay(district.attendance.covers_days)[turn + 1]
    known = turn + 1 + extra + np.where(told_late, np.minimum(gap, most), 0)
    start = np.where(is_late, nights[turn], nights[0])
    first = pd.DataFrame(
        {
            "district": number,
            "student": own,
            "school": placed,
            "start": start,
            "last": np.where(is_exit, nights[turn + extra], NEVER),
            "known_on": np.where(is_late, start, ALWAYS),
            "exit_known_on": np.where(is_exit, nights[known], NEVER),
            "transfers": fate == _TRANSFERS,
        }
    )
    again = np.isin(fate, (_MOVES, _OVERLAPS, _RETURNS))
    away = np.select([fate == _OVERLAPS, fate == _RETURNS], [1, _NIGHTS_AWAY], gap)
    school = np.where(fate == _RETURNS, placed, other)
    second = _open_spans(number, own[again], school[again], nights[turn + away][again])
    return pd.concat([first, second], ignore_index=True)


def _arrived(
    number: int,
    own: npt.NDArray[np.int64],
    placed: npt.NDArray[np.int16],
    wished: npt.NDArray[np.int64],
    calendar: Calendar,
) -> pd.DataFrame:
    """The spans of those who come from another district, where their grade is taught."""
    nights = calendar.nights
    at = np.searchsorted(nights, wished)
    fits = (placed >= 0) & (at < len(nights))
    return _open_spans(number, own[fits], placed[fits], nights[at[fits]])


def _open_spans(
    number: int,
    student: npt.NDArray[np.int64],
    school: npt.NDArray[np.int16],
    start: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """Spans that begin within the year, known from the first day on, and last."""
    return pd.DataFrame(
        {
            "district": number,
            "student": student,
            "school": school,
            "start": start,
            "last": NEVER,
            "known_on": start,
            "exit_known_on": NEVER,
            "transfers": False,
        }
    )


def _another_school(
    placed: npt.NDArray[np.int16], schools: Schools, rng: np.random.Generator
) -> npt.NDArray[np.int16]:
    """Another school of the same level where there is one, else the same."""
    other = placed.copy()
    for level in sorted(set(schools.levels)):
        candidates = schools.teaching(level)
        here = np.isin(placed, candidates)
        if len(candidates) > 1:
            step = rng.integers(1, len(candidates), int(here.sum()))
            at = np.searchsorted(candidates, placed[here])
            other[here] = candidates[(at + step) % len(candidates)]
    return other
