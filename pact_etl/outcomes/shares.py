"""How much of a day each canonical status misses.

Follows the same two lists that the law's counts use, so that a metric and a finding never disagree
about a day. A district that sends shares of days may fill the two columns itself.
"""

import pandas as pd

from pact_etl.domain.attendance import ABSENT_ANY_REASON, FULL_DAY_UNEXCUSED


def day_shares(statuses: "pd.Series[str]") -> pd.DataFrame:
    """The share of the day missed without excuse (U) and for any reason (X).

    Args:
        statuses: canonical statuses by value.

    Returns:
        Columns `unexcused` and `absent`, aligned with the input; U is never above X.
    """
    unexcused = statuses.isin([status.value for status in FULL_DAY_UNEXCUSED])
    absent = statuses.isin([status.value for status in ABSENT_ANY_REASON])
    return pd.DataFrame({"unexcused": unexcused.astype(float), "absent": absent.astype(float)})
