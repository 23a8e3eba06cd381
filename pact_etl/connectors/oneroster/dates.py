"""Dates of the standard (`2026-08-12`) and of districts that write them otherwise, as days and back as text."""

from typing import Final

import pandas as pd

from pact_etl.domain.district import District

ISO = "%Y-%m-%d"
_DAY: Final = "datetime64[s]"


def days_of(texts: pd.Series, district: District) -> pd.Series:
    """Days; missing where a text is no date."""
    days = pd.to_datetime(texts, format=ISO, errors="coerce").astype(_DAY)
    if district.date_format == ISO:
        return days
    own = pd.to_datetime(texts, format=district.date_format, errors="coerce").astype(_DAY)
    return days.where(days.notna(), own).astype(_DAY)


def as_text(days: pd.Series, district: District) -> pd.Series:
    """Days as the district's tables write dates; a missing one is empty."""
    texts: pd.Series = days.dt.strftime(district.date_format).fillna("").astype("str")
    return texts


def rewritten(texts: pd.Series, district: District) -> pd.Series:
    """Texts as the district's tables write dates; what is no date stays as it is, for validation to judge."""
    days = days_of(texts, district)
    return texts.where(days.isna(), as_text(days, district)).astype("str")
