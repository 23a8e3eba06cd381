"""Postal addresses of invented people, a few of them missing or useless, as districts have them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator.localities import BAD_STREETS, ELSEWHERE, PLACES, UNITS, street_names

COLUMNS = ("street", "unit", "city", "state", "zip")
_PO_BOX, _MISSING, _BAD_STREET, _BAD_ZIP = 0.02, 0.008, 0.006, 0.004
_UNIT_SHARE = 0.24


def make_addresses(
    district: npt.NDArray[np.int8], slugs: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    """One address per entry, in the area of the given district.

    Args:
        district: the number of each entry's district.
        slugs: the districts by number.
        rng: the stream to draw from.
    """
    n = len(district)
    fate = rng.random(n)
    number = pick([f"{100 + 4 * house}" for house in range(2400)], rng, n)
    street = number + " " + pick(street_names(), rng, n)
    box = "PO Box " + pick([f"{500 + 3 * box}" for box in range(3000)], rng, n)
    unit = pick([pattern.format(door) for pattern in UNITS for door in range(1, 60)], rng, n)
    unit = unit.where(rng.random(n) < _UNIT_SHARE, "")
    places = [PLACES.get(slug, ELSEWHERE) for slug in slugs]
    starts = np.cumsum([0, *(len(own) for own in places[:-1])])
    sizes = np.array([len(own) for own in places])
    place = starts[district] + (rng.random(n) * sizes[district]).astype(np.int64)
    everywhere = [pair for own in places for pair in own]
    addresses = pd.DataFrame(
        {
            "street": street,
            "unit": unit,
            "city": _text([city for city, _ in everywhere]).take(place).reset_index(drop=True),
            "state": _text(["CA"]).take(np.zeros(n, dtype=np.int64)).reset_index(drop=True),
            "zip": _text([code for _, code in everywhere]).take(place).reset_index(drop=True),
        }
    )
    is_box = fate < _PO_BOX
    addresses["street"] = street.mask(is_box, box)
    addresses["unit"] = unit.mask(is_box, "")
    edges = np.cumsum([_PO_BOX, _MISSING, _BAD_STREET, _BAD_ZIP])
    missing, bad_street, bad_zip = ((fate >= edges[k]) & (fate < edges[k + 1]) for k in range(3))
    addresses.loc[missing, list(COLUMNS)] = ""
    addresses["street"] = addresses["street"].mask(bad_street, pick(BAD_STREETS, rng, n))
    addresses["zip"] = addresses["zip"].mask(
        bad_zip, pick(("00000", "9581", "95", "99999"), rng, n)
    )
    return addresses


def pick(choices: Sequence[str], rng: np.random.Generator, n: int) -> "pd.Series[str]":
    """A column of n texts drawn from the choices."""
    return _text(choices).take(rng.integers(0, len(choices), n)).reset_index(drop=True)


def _text(values: Sequence[str]) -> "pd.Series[str]":
    return pd.Series(list(values), dtype="str")
