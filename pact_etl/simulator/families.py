"""Families: who lives with whom, and which adults hold which rights. By family, before names.

Adults are added in `adults.py`, students in `students.py`. A family lives in one district's area;
its students may go to school in several districts.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from pact_etl.simulator.languages import language_shares, name_groups
from pact_etl.simulator.names import GROUPS
from pact_etl.simulator.seeds import stream

NEVER = 10_000
"""A day index past every school year."""

ALWAYS = -NEVER
"""A day index before every school year: what was so all along."""


class Kind(IntEnum):
    """Who the adults are."""

    TWO_PARENTS = 0
    MOTHER = 1
    FATHER = 2
    TWO_HOMES = 3
    RELATIVES = 4
    RESTRAINED = 5  # a court order keeps the second adult away
    TERMINATED = 6  # the second adult's rights have ended
    FOSTER = 7
    SAFE_AT_HOME = 8


_KIND_SHARES = (0.565, 0.19, 0.035, 0.14, 0.043, 0.009, 0.007, 0.008, 0.003)
_CHILDREN = (0.55, 0.32, 0.10, 0.03)
_EMERGENCY_CONTACT = 0.2
_MOVES, _PROTECTED_LATER = 0.04, 0.3
_SEASON = (50, 330)  # days of the school year on which a family's circumstances change


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Families:
    """One entry per family.

    `coin` decides facts that every district must tell alike. `moved_on` and `protected_on` are
    the days of a new address, and of a restraining order or an enrollment in Safe at Home.
    """

    district: npt.NDArray[np.int8]
    language: npt.NDArray[np.int8]
    names: npt.NDArray[np.int8]
    last_name: npt.NDArray[np.float32]
    kind: npt.NDArray[np.int8]
    coin: npt.NDArray[np.bool_]
    emergency_contact: npt.NDArray[np.bool_]
    frailty: npt.NDArray[np.float32]
    school_lot: npt.NDArray[np.float32]
    moved_on: npt.NDArray[np.int16]
    protected_on: npt.NDArray[np.int16]

    def __len__(self) -> int:
        """How many families."""
        return len(self.kind)


def make_families(
    slug: str, district: int, students: int, *, seed: int
) -> tuple[Families, npt.NDArray[np.int64]]:
    """A district's families, and the family of each of its students.

    Args:
        slug: of the district.
        district: its number in the county.
        students: how many students to spread over families.
        seed: of the county.
    """
    rng = stream(seed, "families", slug)
    sizes = rng.choice(len(_CHILDREN), size=students, p=_CHILDREN) + 1
    family = np.repeat(np.arange(students), sizes)[:students]
    n = int(family[-1]) + 1
    shares = language_shares(slug)
    language = rng.choice(len(shares), size=n, p=shares).astype(np.int8)
    kind = rng.choice(len(_KIND_SHARES), size=n, p=_KIND_SHARES).astype(np.int8)
    moved_on = np.where(rng.random(n) < _MOVES, rng.integers(*_SEASON, n), NEVER)
    protected_on = np.where(rng.random(n) < _PROTECTED_LATER, rng.integers(*_SEASON, n), ALWAYS)
    is_protected = np.isin(kind, (Kind.RESTRAINED, Kind.SAFE_AT_HOME))
    families = Families(
        district=np.full(n, district, dtype=np.int8),
        language=language,
        names=name_groups(language, rng, GROUPS),
        last_name=rng.random(n, dtype=np.float32),
        kind=kind,
        coin=rng.random(n) < 0.5,
        emergency_contact=(rng.random(n) < _EMERGENCY_CONTACT) & (kind != Kind.FOSTER),
        frailty=rng.standard_normal(n, dtype=np.float32),
        school_lot=rng.random(n, dtype=np.float32),
        moved_on=moved_on.astype(np.int16),
        protected_on=np.where(is_protected, protected_on, NEVER).astype(np.int16),
    )
    return families, family


def join_families(parts: list[Families]) -> Families:
    """The districts' families as one list, in district order."""
    return Families(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Families.__slots__
        }
    )
