"""The adults of the families: one entry per person in the county, with the address and contacts every district would
hold of that person. What an adult is to a student (relation, rights, order) is in `contacts.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator import addresses
from pact_etl.simulator.families import NEVER, Families, Kind
from pact_etl.simulator.languages import LANGUAGES
from pact_etl.simulator.localities import SAFE_CITY, SAFE_STREET, SAFE_ZIP
from pact_etl.simulator.names import GROUPS, NamePool, plain
from pact_etl.simulator.seeds import stream

FIRST, SECOND, EMERGENCY = 0, 1, 2
_ALONE = (Kind.MOTHER, Kind.FATHER, Kind.SAFE_AT_HOME)
_APART = (Kind.TWO_HOMES, Kind.RESTRAINED, Kind.TERMINATED, Kind.FOSTER)
_DOMAINS = ("example.org", "example.com", "example.net")
_AREA_CODES = ("(916)", "(916)", "(916)", "(279)", "(279)", "(209)", "(530)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adults:
    """One entry per adult.

    `details` is text: names, language, contacts, the address lived at first; `later_address` is where families
    that move go, row by row as `details`.
    """

    family: npt.NDArray[np.int64]
    slot: npt.NDArray[np.int64]
    is_female: npt.NDArray[np.bool_]
    moved_on: npt.NDArray[np.int16]
    details: pd.DataFrame
    later_address: pd.DataFrame


def make_adults(
    families: Families, pools: dict[str, NamePool], slugs: Sequence[str], *, seed: int
) -> Adults:
    """Every family's adults: one or two who raise the students, some with an emergency contact besides.

    Args:
        families: the county's families.
        pools: names by group.
        slugs: the districts, in the order of `families.district`.
        seed: of the county.
    """
    rng = stream(seed, "adults")
    kinds = families.kind
    second = ~np.isin(kinds, _ALONE) & ~((kinds == Kind.RELATIVES) & (families.frailty < 0))
    family, slot = np.nonzero(
        np.stack([np.ones_like(second), second, families.emergency_contact], axis=1)
    )
    kind = kinds[family]
    at_home = (slot == FIRST) | ((slot == SECOND) & ~np.isin(kind, _APART))
    is_safe = (kind == Kind.SAFE_AT_HOME) & (slot == FIRST)
    is_female = _is_female(kind, slot, rng)
    details = _names(families, family, slot, is_female, pools, rng)
    details["language"] = _languages(families.language[family], slot, rng)
    home = (
        addresses.make_addresses(families.district, slugs, rng).iloc[family].reset_index(drop=True)
    )
    own = addresses.make_addresses(families.district[family], slugs, rng)
    new_home = addresses.make_addresses(families.district, slugs, rng)
    details = pd.concat([details, home.where(pd.Series(at_home), own)], axis=1)
    details["safe_at_home"] = _authorizations(is_safe, rng)
    details.loc[is_safe, list(addresses.COLUMNS)] = [SAFE_STREET, "", SAFE_CITY, "CA", SAFE_ZIP]
    _add_contacts(details, at_home & (slot == SECOND), rng)
    return Adults(
        family=family,
        slot=slot,
        is_female=is_female,
        moved_on=np.where(at_home & ~is_safe, families.moved_on[family], NEVER).astype(np.int16),
        details=details,
        later_address=new_home.iloc[family].reset_index(drop=True),
    )


def names_of(
    group: npt.NDArray[np.int8], lot: npt.NDArray[np.float32], lists: Sequence[Sequence[str]]
) -> "pd.Series[str]":
    """A column of names: the lot, from 0 to 1, picks from the list of each entry's group."""
    sizes = np.array([len(names) for names in lists])
    starts = np.cumsum(sizes) - sizes
    place = starts[group] + (lot * sizes[group]).astype(np.int64)
    everyone = pd.Series([name for names in lists for name in names], dtype="str")
    return everyone.take(place).reset_index(drop=True)


def _is_female(
    kind: npt.NDArray[np.int8], slot: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    first = np.select(
        [kind == Kind.MOTHER, kind == Kind.FATHER], [True, False], rng.random(len(kind)) < 0.8
    )
    alike = rng.random(len(kind)) < 0.02
    by_family = first[np.maximum.accumulate(np.where(slot == FIRST, np.arange(len(kind)), 0))]
    drawn = rng.random(len(kind)) < 0.6
    return np.asarray(
        np.select([slot == FIRST, slot == SECOND], [first, by_family ^ ~alike], drawn),
        dtype=np.bool_,
    )


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
    shares_name = (slot == FIRST) | ((slot == SECOND) & (rng.random(n) < 0.7))
    last_lot = np.where(shares_name, families.last_name[family], rng.random(n, dtype=np.float32))
    last = names_of(group, last_lot.astype(np.float32), [pools[name].last for name in GROUPS])
    return pd.DataFrame({"first_name": female.where(pd.Series(is_female), male), "last_name": last})


def _languages(
    language: npt.NDArray[np.int8], slot: npt.NDArray[np.int64], rng: np.random.Generator
) -> "pd.Series[str]":
    keeps = (slot == FIRST) | (rng.random(len(language)) < 0.85)
    codes = pd.Series([entry.code for entry in LANGUAGES], dtype="str")
    return codes.take(np.where(keeps, language, 0)).reset_index(drop=True)


def _authorizations(is_safe: npt.NDArray[np.bool_], rng: np.random.Generator) -> "pd.Series[str]":
    numbers = rng.choice(90_000, size=int(is_safe.sum()), replace=False) + 1_000
    column = pd.Series("", index=range(len(is_safe)), dtype="str")
    column[is_safe] = numbers.astype(str)
    return column


def _add_contacts(
    details: pd.DataFrame, is_partner: npt.NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Phones (555 numbers) and emails (example domains); some are missing, some partners share one email."""
    n = len(details)
    phone = (
        addresses.pick(_AREA_CODES, rng, n)
        + " 555-"
        + addresses.pick([f"{k:04d}" for k in range(10_000)], rng, n)
    )
    details["phone"] = phone.where(rng.random(n) > 0.03, "")
    first, last = (_plain(details[column]) for column in ("first_name", "last_name"))
    serial = pd.Series(rng.permutation(n)).astype("str")
    email = first + "." + last + serial + "@" + addresses.pick(_DOMAINS, rng, n)
    shared = pd.Series(is_partner & (rng.random(n) < 0.08))
    email = email.mask(shared, email.shift(1, fill_value=""))
    details["email"] = email.where(rng.random(n) > 0.15, "")


def _plain(names: "pd.Series[str]") -> "pd.Series[str]":
    return names.map({name: plain(name) for name in names.unique()}).astype("str")
