"""How likely a student is to be absent on a day.

One trait for absence without excuse, one for illness, and the rhythms both share: weekday, season,
school week, spells. The trait has a beta distribution (0.42, 17) and correlates within a family;
spells are an autoregressive process over weeks. With these, about 40 % of students reach 3
unexcused days in a year and about 10 % ever reach a tenth of their days.

A known true effect of a letter or a meeting belongs here: it multiplies `unexcused` of one record
from one day on. `attendance.py` compares these chances with numbers that do not depend on them,
so an effect only removes absences and changes nothing else in the county.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_TRAIT = (0.42, 17.0)
_LEVEL = 1.08
_WITHIN_FAMILY = 0.5
_GRADES = (1.15, 1.1, 0.85, 0.75, 0.7, 0.7, 0.7, 0.75, 0.9, 1.0, 1.3, 1.4, 1.5, 1.65)
_WEEKDAYS = (1.15, 0.93, 0.9, 0.95, 1.1, 1.0, 1.0)  # from Monday
_MONTHS = (1.0, 0.75, 0.85, 0.95, 1.05, 1.25, 1.1, 1.05, 1.0, 1.05, 1.15, 1.3)  # from July
_SPELL_MEMORY, _SPELL_SIZE = 0.8, 0.6
_SCHOOL_WEEK_SIZE = 0.12
_ILLNESS_SHAPE, _ILLNESS_RATE = 2.2, 0.037
_REFERENCE = 100_000

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Risk:
    """Chances per record (`unexcused`, `illness`, before rhythms) and the rhythm of the days."""

    unexcused: Floats
    illness: Floats
    weekday: Floats
    month: Floats


def make_risk(
    family: Floats,
    student: Floats,
    grade: npt.NDArray[np.int8],
    dates: npt.NDArray[np.datetime64],
    rng: np.random.Generator,
) -> Risk:
    """Draw the traits of a district's records.

    Args:
        family: a standard normal number per record, shared within its family.
        student: a standard normal number per record, its own.
        grade: of each record.
        dates: the school days.
        rng: the district's stream.
    """
    mixed = _WITHIN_FAMILY**0.5 * family + (1 - _WITHIN_FAMILY) ** 0.5 * student
    reference = np.sort(rng.standard_normal(_REFERENCE, dtype=np.float32))
    trait = np.sort(rng.beta(*_TRAIT, size=_REFERENCE).astype(np.float32))
    rank = np.minimum(np.searchsorted(reference, mixed), _REFERENCE - 1)
    illness = rng.gamma(_ILLNESS_SHAPE, _ILLNESS_RATE / _ILLNESS_SHAPE, len(grade))
    months = dates.astype("M8[M]").astype(np.int64) + 6  # 1970 began in January
    return Risk(
        unexcused=trait[rank] * (np.array(_GRADES, dtype=np.float32) * np.float32(_LEVEL))[grade],
        illness=illness.astype(np.float32),
        weekday=np.array(_WEEKDAYS, dtype=np.float32)[weekdays(dates)],
        month=np.array(_MONTHS, dtype=np.float32)[months % 12],
    )


def weekdays(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Monday is 0; the first day of 1970 was a Thursday."""
    return np.asarray((dates.astype("M8[D]").astype(np.int64) + 3) % 7)


def spells(records: int, week: npt.NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """A factor per record and school day that rises and falls over weeks; its mean is 1."""
    level = rng.standard_normal(records, dtype=np.float32)
    factors = np.empty((records, int(week.max()) + 1), dtype=np.float32)
    for number in range(factors.shape[1]):
        factors[:, number] = np.exp(_SPELL_SIZE * level - _SPELL_SIZE**2 / 2)
        fresh = rng.standard_normal(records, dtype=np.float32)
        level = _SPELL_MEMORY * level + (1 - _SPELL_MEMORY**2) ** 0.5 * fresh
    return factors[:, week]


def school_weeks(schools: int, weeks: int, rng: np.random.Generator) -> Floats:
    """A factor per school and week: what a whole school shares."""
    shared = rng.standard_normal((schools, weeks), dtype=np.float32)
    return np.asarray(np.exp(_SCHOOL_WEEK_SIZE * shared), dtype=np.float32)
