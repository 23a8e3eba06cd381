"""The adults of the families: one entry per person in the county.

Holds what every district would hold of that person: name, language, address, email, phone. What
an adult is to a student (relation, rights, order) is in `contacts.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator.addresses import make_addresses
from pact_etl.simulator.families import NEVER, Families, Kind
from pact_etl.simulator.languages import LANGUAGES
from pact_etl.simulator.names import GROUPS, NamePool, plain
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.texts import chosen, drawn

FIRST, SECOND, EMERGENCY = 0, 1, 2
_ALONE = (Kind.MOTHER, Kind.FATHER, Kind.SAFE_AT_HOME)
_APART = (Kind.TWO_HOMES, Kind.RESTRAINED, Kind.TERMINATED, Kind.FOSTER)
_DOMAINS = ("example.org", "example.com", "example.net")
_AREA_CODES = ("(916)", "(916)", "(916)", "(279)", "(279)", "(209)", "(530)")
_MOTHER_COMES_FIRST, _ALIKE = 0.8, 0.02
_SHARES_NAME, _SHARES_LANGUAGE, _SHARES_EMAIL = 0.7, 0.85, 0.08
_NO_PHONE, _NO_EMAIL = 0.03, 0.15
_AUTHORIZATIONS = (1_000, 90_000)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adults:
    """One entry per adult, ordered by family.

    `details` is text: names, language, contacts and the address lived at first. `later_address`
    is where families that move go on `moved_on`. On `restrained_on` a court order takes effect,
    on `safe_on` the Safe at Home address; `authorization` is that program's number.
    """

    family: npt.NDArray[np.int64]
    slot: npt.NDArray[np.int64]
    is_female: npt.NDArray[np.bool_]
    moved_on: npt.NDArray[np.int16]
    restrained_on: npt.NDArray[np.int16]
    safe_on: npt.NDArray[np.int16]
    authorization: "pd.Series[str]"
    details: pd.DataFrame
    later_address: pd.DataFrame


def make_adults(
    families: Families, pools: dict[str, NamePool], slugs: Sequence[str], *, seed: int
) -> Adults:
    """Every family's adults: those who raise the students, some with an emergency contact besides.

    Args:
        families: the county's families.
        pools: names by group.
        slugs: the districts, in the order of `families.district`.
        seed: of the county.
    """
    rng = stream(seed, "adults")
    kinds = families.kind
    has_second = ~np.isin(kinds, _ALONE) & ~((kinds == Kind.RELATIVES) & families.coin)
    present = [np.ones_like(has_second), has_second, families.emergency_contact]
    family, slot = np.nonzero(np.stack(present, axis=1))
    kind = kinds[family]
    at_home = (slot == FIRST) | ((slot == SECOND) & ~np.isin(kind, _APART))
    is_restrained = (kind == Kind.RESTRAINED) & (slot == SECOND)
    is_safe = (kind == Kind.SAFE_AT_HOME) & (slot == FIRST)
    is_female = _is_female(kind, slot, rng)
    home = make_addresses(families.district, slugs, rng).iloc[family].reset_index(drop=True)
    own = make_addresses(families.district[family], slugs, rng)
    later = make_addresses(families.district, slugs, rng).iloc[family].reset_index(drop=True)
    details = _names(families, family, slot, is_female, pools, rng)
    details["language"] = _languages(families.language[family], slot, rng)
    _add_contacts(details, at_home & (slot == SECOND), rng)
    return Adults(
        family=family,
        slot=slot,
        is_female=is_female,
        moved_on=np.where(at_home, families.moved_on[family], NEVER).astype(np.int16),
        restrained_on=np.where(is_restrained, families.protected_on[family], np.int16(NEVER)),
        safe_on=np.where(is_safe, families.protected_on[family], np.int16(NEVER)),
        authorization=_authorizations(is_safe, rng),
        details=pd.concat([details, home.where(pd.Series(at_home), own)], axis=1),
        later_address=later,
    )


def names_of(
    group: npt.NDArray[np.int8], lot: npt.NDArray[np.float32], lists: Sequence[Sequence[str]]
) -> "pd.Series[str]":
    """A column of names: the lot, from 0 to 1, picks from the list of each entry's group."""
    sizes = np.array([len(names) for names in lists])
    starts = np.cumsum(sizes) - sizes
    place = starts[group] + (lot * sizes[group]).astype(np.int64)
    return chosen([name for names in lists for name in names], place)


def _is_female(
    kind: npt.NDArray[np.int8], slot: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    n = len(kind)
    drawn_first = rng.random(n) < _MOTHER_COMES_FIRST
    first = np.select([kind == Kind.MOTHER, kind == Kind.FATHER], [True, False], drawn_first)
    first_of_family = np.maximum.accumulate(np.where(slot == FIRST, np.arange(n), 0))
    second = first[first_of_family] ^ (rng.random(n) >= _ALIKE)
    other = rng.random(n) < 0.5
    chosen_sex = np.select([slot == FIRST, slot == SECOND], [first, second], other)
    return np.asarray(chosen_sex, dtype=np.bool_)


def _names(
    families: Families,
    family: npt.NDArray[np.int64],
    slot: npt.NDArray[np.int64],
    is_female: npt.NDArray[np.bool_],
    pools: dict[str, NamePool],
    rng: np.random.Generator,
) -> pd.DataFrame:
    n = len(family)
    group = families.names[family]
    lot = rng.random(n, dtype=np.float32)
    female = names_of(group, lot, [pools[name].female for name in GROUPS])
    male = names_of(group, lot, [pools[name].male for name in GROUPS])
    shares_name = (slot == FIRST) | ((slot == SECOND) & (rng.random(n) < _SHARES_NAME))
    own = rng.random(n, dtype=np.float32)
    last_lot = np.where(shares_name, families.last_name[family], own)
    last = names_of(group, last_lot, [pools[name].last for name in GROUPS])
    first = female.where(pd.Series(is_female), male)
    return pd.DataFrame({"first_name": first, "last_name": last})


def _languages(
    language: npt.NDArray[np.int8], slot: npt.NDArray[np.int64], rng: np.random.Generator
) -> "pd.Series[str]":
    """The family's language, or English."""
    keeps = (slot == FIRST) | (rng.random(len(language)) < _SHARES_LANGUAGE)
    return chosen([entry.code for entry in LANGUAGES], np.where(keeps, language, 0))


def _authorizations(is_safe: npt.NDArray[np.bool_], rng: np.random.Generator) -> "pd.Series[str]":
    lowest, many = _AUTHORIZATIONS
    numbers = rng.choice(many, size=int(is_safe.sum()), replace=False) + lowest
    column = pd.Series("", index=range(len(is_safe)), dtype="str")
    column[is_safe] = numbers.astype(str)
    return column


def _add_contacts(
    details: pd.DataFrame, is_partner: npt.NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Phones (555 numbers) and emails (example domains); some partners share one email."""
    n = len(details)
    phone = drawn(_AREA_CODES, rng, n) + drawn([f" 555-{k:04d}" for k in range(10_000)], rng, n)
    details["phone"] = phone.where(rng.random(n) >= _NO_PHONE, "")
    serial = pd.Series(rng.permutation(n)).astype("str")
    name = _plain(details["first_name"]) + "." + _plain(details["last_name"])
    email = name + serial + "@" + drawn(_DOMAINS, rng, n)
    shared = is_partner & (rng.random(n) < _SHARES_EMAIL)
    email = email.mask(pd.Series(shared), email.shift(1, fill_value=""))
    details["email"] = email.where(rng.random(n) >= _NO_EMAIL, "")


def _plain(names: "pd.Series[str]") -> "pd.Series[str]":
    return names.map({name: plain(name) for name in names.unique()}).astype("str")
