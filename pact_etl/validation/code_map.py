"""A district's dated code map over whole columns. A code that nobody has explained for that day has no status."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.attendance import FAVOUR
from pact_etl.domain.district import CodeMapping
from pact_etl.validation.values import DAY

RANK = {status: rank for rank, status in enumerate(FAVOUR)}
"""Statuses as small numbers in the order of favour to the family, so that settling is taking the smallest."""

UNKNOWN = -1


def statuses_of(
    codes: pd.Series, dates: pd.Series, mappings: Sequence[CodeMapping]
) -> npt.NDArray[np.int8]:
    """The rank of each row's status, or UNKNOWN.

    Args:
        codes: raw codes.
        dates: as many days.
        mappings: the district's; of two that cover a day the first holds.
    """
    code_at, code_names = pd.factorize(codes)
    date_at, days = pd.factorize(dates.astype(DAY))
    # One cell per distinct code and day, filled from the last mapping to the first so that the first one stays.
    grid = np.full((len(code_names) + 1, len(days) + 1), UNKNOWN, dtype=np.int8)
    known = pd.Index(code_names)
    for mapping in reversed(mappings):
        at = known.get_indexer([mapping.code])[0]
        if at < 0:
            continue
        covered = np.asarray(pd.DatetimeIndex(days) >= pd.Timestamp(mapping.from_))
        if mapping.to is not None:
            covered &= np.asarray(pd.DatetimeIndex(days) <= pd.Timestamp(mapping.to))
        grid[at, :-1][covered] = RANK[mapping.status]
    return grid[code_at, date_at]
