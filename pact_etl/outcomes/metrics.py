"""Rates and changes over many letters: ratios of sums, never means of ratios."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pact_etl.outcomes.follow_up import FollowUp

NOT_AN_EFFECT = "not an effect"
"""Stands beside every raw change: a letter that does nothing shows a drop of a quarter as well."""


def unexcused_rate(
    unexcused: "pd.Series[float]", enrolled: "pd.Series[float]"
) -> "pd.Series[float]":
    """Days missed without excuse per 100 enrolled days; missing where nobody was enrolled."""
    return 100 * _ratio(unexcused, enrolled)


def attendance_rate(absent: "pd.Series[float]", enrolled: "pd.Series[float]") -> "pd.Series[float]":
    """Attended share of the enrolled days in per cent; missing where nobody was enrolled."""
    return 100 * (1 - _ratio(absent, enrolled))


def raw_change(outcomes: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Rates before and after mailing, and how many letters they speak for.

    Args:
        outcomes: rows of `measure_windows`, with any columns to group by.
        by: columns to group by besides the window.

    Returns:
        One row per window and group: `letters` (void ones left out), `mature`, `complete`,
        `attrition_pct` (short among mature), the four rates over complete letters, the two changes
        in percentage points, and `label`, which says that they are not an effect.
    """
    keys = ["window_days", *by]
    counted = outcomes[outcomes["status"] != FollowUp.VOID]
    is_complete = counted["status"] == FollowUp.COMPLETE
    is_short = counted["status"] == FollowUp.SHORT
    flags = counted[keys].assign(letters=1, mature=is_complete | is_short, complete=is_complete)
    names = ["letters", "mature", "complete"]
    table = flags.astype({"mature": int, "complete": int}).groupby(keys)[names].sum()
    table["attrition_pct"] = 100 * (1 - _ratio(table["complete"], table["mature"]))
    days = [f"{s}_{d}_days" for s in ("pre", "post") for d in ("enrolled", "unexcused", "absent")]
    sums = counted[is_complete].groupby(keys)[days].sum().reindex(table.index)
    for side in ("pre", "post"):
        enrolled = sums[f"{side}_enrolled_days"]
        table[f"{side}_unexcused_rate"] = unexcused_rate(sums[f"{side}_unexcused_days"], enrolled)
        table[f"{side}_attendance_rate"] = attendance_rate(sums[f"{side}_absent_days"], enrolled)
    for rate in ("unexcused_rate", "attendance_rate"):
        table[f"{rate}_change"] = table[f"post_{rate}"] - table[f"pre_{rate}"]
    return table.assign(label=NOT_AN_EFFECT).reset_index()


def funnel(counts: Mapping[str, int]) -> pd.DataFrame:
    """Stages in order, each with its share of the stage before.

    Args:
        counts: letters that reached each stage, from first to last.

    Returns:
        Columns `stage`, `letters`, `share_of_previous` (missing for the first stage).
    """
    reached = pd.Series(dict(counts), dtype="float64")
    share = _ratio(reached, reached.shift())
    table = pd.DataFrame({"letters": reached.astype("int64"), "share_of_previous": share})
    return table.rename_axis("stage").reset_index()


def _ratio(part: "pd.Series[float]", whole: "pd.Series[float]") -> "pd.Series[float]":
    return part / whole.where(whole > 0)
