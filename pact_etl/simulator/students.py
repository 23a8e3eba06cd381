"""The students of the county, each once, whatever number of districts knows the student."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.school_year import SchoolYear
from pact_etl.simulator.adults import names_of
from pact_etl.simulator.families import Families, Kind
from pact_etl.simulator.languages import LANGUAGES
from pact_etl.simulator.names import GROUPS, NamePool
from pact_etl.simulator.schools import grade_weights
from pact_etl.simulator.seeds import stream

_HOMELESS, _DO_NOT_SEND, _A_YEAR_OLDER = 0.025, 0.003, 0.05
_ON_THEIR_OWN, _SUPPORT_PENDING = 0.1, 0.01  # of homeless students; of all
_FIRST_SSID = 1_000_000_000
_FEEDERS = (  # a district, one that feeds it, and the share of students with a family there
    ("galt-joint-union-high", "galt-joint-union-elementary", 0.25),
    ("galt-joint-union-high", "arcohe-union-elementary", 0.04),
    ("twin-rivers-unified", "robla-elementary", 0.012),
    ("twin-rivers-unified", "elverta-joint-elementary", 0.002),
)
_SIBLING_ELSEWHERE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Students:
    """One entry per student. `birth` is days since 1970; the birthdays are day indexes of the school year."""

    district: npt.NDArray[np.int8]
    family: npt.NDArray[np.int64]
    grade: npt.NDArray[np.int8]
    sixth_birthday: npt.NDArray[np.int32]
    eighteenth_birthday: npt.NDArray[np.int32]
    is_foster: npt.NDArray[np.bool_]
    is_homeless: npt.NDArray[np.bool_]
    is_unaccompanied: npt.NDArray[np.bool_]
    support_pending: npt.NDArray[np.bool_]
    do_not_send: npt.NDArray[np.bool_]
    frailty: npt.NDArray[np.float32]
    birth: npt.NDArray[np.datetime64]
    details: pd.DataFrame

    def __len__(self) -> int:
        """How many students."""
        return len(self.family)


def make_students(
    districts: Sequence[District],
    families: Families,
    family: npt.NDArray[np.int64],
    district: npt.NDArray[np.int8],
    pools: dict[str, NamePool],
    *,
    year: SchoolYear,
    seed: int,
) -> Students:
    """Every student of the county.

    Args:
        districts: in the order of `district`.
        families: the county's families.
        family: each student's family.
        district: each student's district at the start of the year.
        pools: names by group.
        year: the school year, which birthdays are counted in.
        seed: of the county.
    """
    rng, care = stream(seed, "students"), stream(seed, "students", "care")
    n = len(family)
    family = _with_siblings_elsewhere(families, family, district, [d.slug for d in districts], rng)
    grade = np.zeros(n, dtype=np.int8)
    for number, settings in enumerate(districts):
        own = np.flatnonzero(district == number)
        weights = grade_weights(settings)
        grade[own] = rng.choice(len(weights), size=len(own), p=weights)
    birth = _births(grade, year, rng)
    group = families.names[family]
    female = rng.random(n) < 0.49
    lot = rng.random(n, dtype=np.float32)
    names = [
        names_of(group, lot, [getattr(pools[name], sex) for name in GROUPS])
        for sex in ("female", "male")
    ]
    language = pd.Series([entry.code for entry in LANGUAGES], dtype="str").take(
        families.language[family]
    )
    details = pd.DataFrame(
        {
            "ssid": pd.Series(_FIRST_SSID + 7 * rng.permutation(n * 3)[:n]).astype("str"),
            "first_name": names[0].where(pd.Series(female), names[1]),
            "last_name": names_of(
                group, families.last_name[family], [pools[name].last for name in GROUPS]
            ),
            "home_language": language.reset_index(drop=True),
        }
    )
    return Students(
        district=district,
        family=family,
        grade=grade,
        sixth_birthday=_birthday(birth, 6, year),
        eighteenth_birthday=_birthday(birth, 18, year),
        is_foster=families.kind[family] == Kind.FOSTER,
        is_homeless=(is_homeless := rng.random(n) < _HOMELESS),
        is_unaccompanied=is_homeless & (care.random(n) < _ON_THEIR_OWN),
        support_pending=care.random(n) < _SUPPORT_PENDING,
        do_not_send=rng.random(n) < _DO_NOT_SEND,
        frailty=rng.standard_normal(n, dtype=np.float32),
        birth=birth,
        details=details,
    )


def _with_siblings_elsewhere(
    families: Families,
    family: npt.NDArray[np.int64],
    district: npt.NDArray[np.int8],
    slugs: Sequence[str],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Give some students a family of another district, as where the elementary and the high district differ."""
    joined = family.copy()
    anywhere = rng.random(len(family)) < _SIBLING_ELSEWHERE
    joined[anywhere] = rng.integers(0, len(families), int(anywhere.sum()))
    for slug, partner, share in _FEEDERS:
        if slug in slugs and partner in slugs:
            own = np.flatnonzero(district == slugs.index(slug))
            moving = own[rng.random(len(own)) < share]
            partners = np.flatnonzero(families.district == slugs.index(partner))
            joined[moving] = rng.choice(partners, size=len(moving))
    return joined


def _births(
    grade: npt.NDArray[np.int8], year: SchoolYear, rng: np.random.Generator
) -> npt.NDArray[np.datetime64]:
    """Four years old on 1 September in transitional kindergarten, and so on up; a few a year older."""
    age = 4 + grade.astype(np.int64) + (rng.random(len(grade)) < _A_YEAR_OLDER)
    born_after = np.datetime64(f"{year.first.year}-09", "M") - 12 * (age + 1)
    births = born_after.astype("M8[D]") + 1 + rng.integers(0, 365, len(grade))
    return np.asarray(births)


def _birthday(
    births: npt.NDArray[np.datetime64], age: int, year: SchoolYear
) -> npt.NDArray[np.int32]:
    """The day index of a birthday; someone born on 29 February turns a year older on 1 March of other years."""
    month = births.astype("M8[M]")
    day = births - month.astype("M8[D]")
    birthday = (month + 12 * age).astype("M8[D]") + day
    return np.asarray((birthday - np.datetime64(year.first, "D")).astype(np.int32))
