"""Postal addresses of invented people, a few of them missing or useless, as districts have them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator.localities import BAD_STREETS, ELSEWHERE, PLACES, UNITS, street_names
from pact_etl.simulator.texts import chosen, drawn

COLUMNS = ("street", "unit", "city", "state", "zip")
_PO_BOX, _MISSING, _BAD_STREET, _BAD_ZIP = 0.02, 0.008, 0.006, 0.004
_UNIT = 0.24
_BAD_ZIPS = ("00000", "9581", "95", "99999")
_HOUSES = [str(100 + 4 * number) for number in range(2400)]
_BOXES = [f"PO Box {500 + 3 * number}" for number in range(3000)]
_DOORS = [pattern.format(number) for pattern in UNITS for number in range(1, 60)]


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
    places = [PLACES.get(slug, ELSEWHERE) for slug in slugs]
    sizes = np.array([len(own) for own in places])
    starts = np.cumsum(sizes) - sizes
    place = starts[district] + (rng.random(n) * sizes[district]).astype(np.int64)
    everywhere = [pair for own in places for pair in own]
    addresses = pd.DataFrame(
        {
            "street": drawn(_HOUSES, rng, n) + " " + drawn(street_names(), rng, n),
            "unit": drawn(_DOORS, rng, n).where(rng.random(n) < _UNIT, ""),
            "city": chosen([city for city, _ in everywhere], place),
            "state": chosen(["CA"], np.zeros(n, dtype=np.int64)),
            "zip": chosen([code for _, code in everywhere], place),
        }
    )
    _spoil(addresses, rng)
    return addresses


def _spoil(addresses: pd.DataFrame, rng: np.random.Generator) -> None:
    """Turn some into post office boxes, and make some useless."""
    n = len(addresses)
    fate = rng.random(n)
    edges = np.cumsum([0, _PO_BOX, _MISSING, _BAD_STREET, _BAD_ZIP])
    box, missing, bad_street, bad_zip = (
        (fate >= edges[k]) & (fate < edges[k + 1]) for k in range(4)
    )
    addresses["street"] = addresses["street"].mask(box, drawn(_BOXES, rng, n))
    addresses["unit"] = addresses["unit"].mask(box, "")
    addresses["street"] = addresses["street"].mask(bad_street, drawn(BAD_STREETS, rng, n))
    addresses["zip"] = addresses["zip"].mask(bad_zip, drawn(_BAD_ZIPS, rng, n))
    addresses.loc[missing, list(COLUMNS)] = ""
