"""Who must be treated with care, and since when: what `truth/protected.csv` lists."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.simulator.calendars import dates_of
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.families import ALWAYS, NEVER, Kind

_SINCE_ALWAYS = {"rights_terminated": Kind.TERMINATED, "two_homes": Kind.TWO_HOMES}
_SINCE_A_DAY = {"restrained_adult": Kind.RESTRAINED, "safe_at_home": Kind.SAFE_AT_HOME}


def protected(county: County) -> pd.DataFrame:
    """One row per district, student and kind; `since` is empty where it was so all along.

    For `turns_18` it is the birthday; `under_6` are those who turn six after school begins, and
    their `since` is empty.
    """
    parts = []
    for district in county.districts:
        for kind, since in sorted(_kinds(county, district).items()):
            record = np.flatnonzero(since < NEVER)
            parts.append(
                pd.DataFrame(
                    {
                        "district": district.settings.slug,
                        "local_id": district.roster.local_id.take(record).to_numpy(),
                        "kind": kind,
                        "since": _iso(county, since[record]),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def _kinds(county: County, district: SimulatedDistrict) -> dict[str, npt.NDArray[np.int64]]:
    """For each kind, since when it holds of each record of a district."""
    own, students = district.roster.student, county.students
    family = students.family[own]
    kind, protected_on = county.families.kind[family], county.families.protected_on[family]
    first_day = district.calendar.nights[0]
    is_adult_within = students.eighteenth_birthday[own] < district.calendar.open.shape[1]
    flags = {
        "do_not_send": students.do_not_send[own],
        "foster": students.is_foster[own],
        "homeless": students.is_homeless[own],
        "support_pending": students.support_pending[own],
        "unaccompanied": students.is_unaccompanied[own],
        "under_6": students.sixth_birthday[own] > first_day,
    } | {name: kind == value for name, value in _SINCE_ALWAYS.items()}
    kinds = {name: np.where(flag, ALWAYS, NEVER) for name, flag in flags.items()}
    for name, value in _SINCE_A_DAY.items():
        kinds[name] = np.where(kind == value, protected_on, NEVER)
    kinds["turns_18"] = np.where(is_adult_within, students.eighteenth_birthday[own], NEVER)
    return kinds


def _iso(county: County, days: npt.NDArray[np.int64]) -> list[str]:
    dates = dates_of(county.year)
    return [str(dates[day]) if day >= 0 else "" for day in days]
