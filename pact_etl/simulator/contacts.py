"""What each adult is to each student in one district: relation, rights, order; and the district's id for the adult."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator.adults import EMERGENCY, FIRST, SECOND, Adults
from pact_etl.simulator.enrollments import Roster
from pact_etl.simulator.families import Families, Kind
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.students import Students

_RELATIVES = ("Grandfather", "Uncle"), ("Grandmother", "Aunt")
_FRIENDS = ("Uncle", "Neighbor", "Family Friend", "Aunt")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contacts:
    """One entry per record of a district and adult of its family."""

    record: npt.NDArray[np.int64]
    adult: npt.NDArray[np.int64]
    guardian_id: "pd.Series[str]"
    relation: "pd.Series[str]"
    lives_with: npt.NDArray[np.bool_]
    has_rights: npt.NDArray[np.bool_]
    restrained: npt.NDArray[np.bool_]
    order: npt.NDArray[np.int64]


def make_contacts(
    roster: Roster, students: Students, families: Families, adults: Adults, *, slug: str, seed: int
) -> Contacts:
    """A district's contacts for every one of its records."""
    rng = stream(seed, "contacts", slug)
    counts = np.bincount(adults.family, minlength=len(families))
    starts = np.cumsum(counts) - counts
    family = students.family[roster.student]
    record = np.repeat(np.arange(len(roster)), counts[family])
    place = np.arange(len(record)) - np.repeat(
        np.cumsum(counts[family]) - counts[family], counts[family]
    )
    adult = starts[family[record]] + place
    known, number = np.unique(adult, return_inverse=True)
    ids = 10_000 + rng.permutation(len(known) * 4)[: len(known)]
    slot, kind = adults.slot[adult], families.kind[adults.family[adult]]
    # Facts of the family are drawn by family, so that two districts say the same of one adult.
    coin = families.frailty[adults.family[adult]] > 0
    shares_home = (
        (kind == Kind.TWO_PARENTS) | (kind == Kind.RELATIVES) | ((kind == Kind.TWO_HOMES) & coin)
    )
    second_has_rights = ~np.isin(kind, (Kind.TERMINATED, Kind.FOSTER)) & (
        (kind != Kind.RESTRAINED) | coin
    )
    is_surrogate = (kind == Kind.FOSTER) & coin
    return Contacts(
        record=record,
        adult=adult,
        guardian_id=pd.Series(ids[number]).astype("str"),
        relation=_relations(kind, slot, adults.is_female[adult], adult, is_surrogate),
        lives_with=(slot == FIRST) | ((slot == SECOND) & shares_home),
        has_rights=((slot == FIRST) & ~is_surrogate)
        | ((slot == SECOND) & (second_has_rights | is_surrogate)),
        restrained=(slot == SECOND) & (kind == Kind.RESTRAINED),
        order=place + 1,
    )


def _relations(
    kind: npt.NDArray[np.int8],
    slot: npt.NDArray[np.int64],
    is_female: npt.NDArray[np.bool_],
    adult: npt.NDArray[np.int64],
    is_surrogate: npt.NDArray[np.bool_],
) -> "pd.Series[str]":
    words = ("Father", "Mother", *_RELATIVES[0], *_RELATIVES[1], *_FRIENDS)
    words += (
        "Foster Parent",
        "Social Worker",
        "Educational Rights Holder",
        "Stepfather",
        "Stepmother",
    )
    female = is_female.astype(np.int64)
    parent = np.where(
        (kind == Kind.TWO_PARENTS) & (slot == SECOND) & (adult % 17 == 0), 13 + female, female
    )
    chosen = np.select(
        [
            slot == EMERGENCY,
            kind == Kind.RELATIVES,
            (kind == Kind.FOSTER) & (slot == FIRST),
            (kind == Kind.FOSTER) & is_surrogate,
            kind == Kind.FOSTER,
        ],
        [6 + adult % 4, 2 + 2 * female + adult % 2, 10, 12, 11],
        parent,
    )
    return pd.Series(list(words), dtype="str").take(chosen).reset_index(drop=True)
