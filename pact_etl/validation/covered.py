"""Which days a submission's attendance speaks of, and whether it can be tonight's at all."""

from datetime import date, timedelta

import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.scope import Scope
from pact_etl.validation.cells import written_days


def covered_days(district: District, as_of: date, first: date | None = None) -> tuple[date, date]:
    """First and last day for which a file states every mark, so that a mark missing there was taken back.

    Args:
        district: whose layout says how far back a file reaches.
        as_of: the night.
        first: the school year's first day, before which no file states anything.
    """
    start = as_of - timedelta(days=district.attendance.covers_days - 1)
    return (start if first is None else max(start, first)), as_of


def window_of(scope: Scope, district: District, as_of: date, first: date) -> tuple[date, date]:
    """The days a submission states for every student: what it says itself, else what its layout says."""
    return scope.window or covered_days(district, as_of, first)


def looks_stale(attendance: pd.DataFrame, district: District, as_of: date) -> bool:
    """Whether a raw attendance table has no row of tonight."""
    texts = pd.Series(attendance["date"].unique(), dtype="str").str.strip()
    days = written_days(texts, district.date_format)
    return not bool((days == pd.Timestamp(as_of)).any())
