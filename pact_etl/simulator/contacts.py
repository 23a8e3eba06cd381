"""What each adult is to each student in one district, and the district's own id for the adult."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator.adults import EMERGENCY, FIRST, SECOND, Adults
from pact_etl.simulator.enrollments import Roster
from pact_etl.simulator.families import Families, Kind
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.students import Students
from pact_etl.simulator.texts import chosen

_LOWEST_ID = 10_000
_RELATIONS = {
    "parent": ("Father", "Mother"),
    "step": ("Stepfather", "Stepmother"),
    "relative": ("Grandfather", "Grandmother", "Uncle", "Aunt"),
    "friend": ("Uncle", "Aunt", "Neighbor", "Family Friend"),
    "foster": ("Foster Parent",),
    "surrogate": ("Educational Rights Holder",),
    "office": ("Social Worker",),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contacts:
    """One entry per record of a district and adult of its family."""

    record: npt.NDArray[np.int64]
    adult: npt.NDArray[np.int64]
    guardian_id: "pd.Series[str]"
    relation: "pd.Series[str]"
    lives_with: npt.NDArray[np.bool_]
    has_rights: npt.NDArray[np.bool_]
    order: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """How many contacts."""
        return len(self.record)


def make_contacts(
    roster: Roster,
    students: Students,
    families: Families,
    adults: Adults,
    *,
    slug: str,
    seed: int,
) -> Contacts:
    """A district's contacts for every one of its records."""
    rng = stream(seed, "contacts", slug)
    counts = np.bincount(adults.family, minlength=len(families))
    starts = np.cumsum(counts) - counts
    family = students.family[roster.student]
    wanted = counts[family]
    record = np.repeat(np.arange(len(roster)), wanted)
    nth = np.arange(len(record)) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    adult = starts[family[record]] + nth
    known, number = np.unique(adult, return_inverse=True)
    ids = _LOWEST_ID + rng.permutation(len(known) * 4)[: len(known)]
    kind, coin = families.kind[adults.family[adult]], families.coin[adults.family[adult]]
    is_first, is_second = adults.slot[adult] == FIRST, adults.slot[adult] == SECOND
    shares_home = np.isin(kind, (Kind.TWO_PARENTS, Kind.RELATIVES))
    shares_home |= (kind == Kind.TWO_HOMES) & coin
    # A foster family's second adult holds the educational rights, or is a social worker.
    is_surrogate = (kind == Kind.FOSTER) & coin
    keeps_rights = ~np.isin(kind, (Kind.TERMINATED, Kind.FOSTER, Kind.RESTRAINED))
    keeps_rights |= is_surrogate | ((kind == Kind.RESTRAINED) & coin)
    return Contacts(
        record=record,
        adult=adult,
        guardian_id=pd.Series(ids[number]).astype("str"),
        relation=_relations(kind, adults.slot[adult], adults.is_female[adult], adult, is_surrogate),
        lives_with=is_first | (is_second & shares_home),
        has_rights=(is_first & ~is_surrogate) | (is_second & keeps_rights),
        order=nth + 1,
    )


def _relations(
    kind: npt.NDArray[np.int8],
    slot: npt.NDArray[np.int64],
    is_female: npt.NDArray[np.bool_],
    adult: npt.NDArray[np.int64],
    is_surrogate: npt.NDArray[np.bool_],
) -> "pd.Series[str]":
    words = [word for group in _RELATIONS.values() for word in group]
    sizes = [len(group) for group in _RELATIONS.values()]
    begins = dict(zip(_RELATIONS, np.cumsum(sizes) - sizes, strict=True))
    female = is_female.astype(np.int64)
    is_foster, is_second = kind == Kind.FOSTER, slot == SECOND
    place = np.select(
        [
            slot == EMERGENCY,
            kind == Kind.RELATIVES,
            is_foster & ~is_second,
            is_foster & is_surrogate,
            is_foster,
            (kind == Kind.TWO_PARENTS) & is_second & (adult % 17 == 0),
        ],
        [
            begins["friend"] + adult % 4,
            begins["relative"] + female + 2 * (adult % 2),
            begins["foster"],
            begins["surrogate"],
            begins["office"],
            begins["step"] + female,
        ],
        begins["parent"] + female,
    )
    return chosen(words, place)
