"""Rows of the guardian file in all their versions: families move, and come under protection."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator import texts
from pact_etl.simulator.addresses import COLUMNS
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.families import NEVER
from pact_etl.simulator.localities import SAFE_ADDRESS

_DETAILS = ("first_name", "last_name", "language", "email", "phone")


def guardian_rows(county: County, district: SimulatedDistrict) -> pd.DataFrame:
    """Canonical rows with `shown_from` and `shown_to`, the nights on which a version holds."""
    contacts, adults, settings = district.contacts, county.adults, district.settings
    known_on = district.roster.known_on[contacts.record]
    events = [
        np.maximum(days[contacts.adult], known_on)
        for days in (adults.moved_on, adults.restrained_on, adults.safe_on)
    ]
    begins = np.sort(np.stack([known_on, *events], axis=1), axis=1)
    ends = np.append(begins[:, 1:], np.full((len(contacts), 1), NEVER, dtype=np.int16), axis=1)
    contact, version = np.nonzero((begins < ends) & (begins < NEVER))
    begin = begins[contact, version]
    adult = contacts.adult[contact]
    is_safe = adults.safe_on[adult] <= begin
    rows = pd.DataFrame(
        {
            "local_id": district.roster.local_id.take(contacts.record[contact]).to_numpy(),
            "guardian_id": contacts.guardian_id.take(contact).to_numpy(),
            "relation": contacts.relation.take(contact).to_numpy(),
            "lives_with": texts.flags("lives_with", contacts.lives_with[contact], settings),
            "has_rights": texts.flags("has_rights", contacts.has_rights[contact], settings),
            "restrained": texts.flags("restrained", adults.restrained_on[adult] <= begin, settings),
            "contact_order": texts.chosen([str(n) for n in range(9)], contacts.order[contact]),
            "safe_at_home": _where(is_safe, adults.authorization, adult),
            "shown_from": begin,
            "shown_to": ends[contact, version],
        }
    )
    for column in _DETAILS:
        rows[column] = adults.details[column].take(adult).to_numpy()
    has_moved = pd.Series(adults.moved_on[adult] <= begin)
    for column in COLUMNS:
        first = adults.details[column].take(adult).reset_index(drop=True)
        later = adults.later_address[column].take(adult).reset_index(drop=True)
        rows[column] = first.mask(has_moved, later).mask(pd.Series(is_safe), SAFE_ADDRESS[column])
    return rows


def _where(
    wanted: npt.NDArray[np.bool_], words: "pd.Series[str]", place: npt.NDArray[np.int64]
) -> "pd.Series[str]":
    return words.take(place).reset_index(drop=True).where(pd.Series(wanted), "")
