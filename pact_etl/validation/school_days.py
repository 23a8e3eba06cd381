"""School-days that cannot be true, schools that fell silent, and files that would take back too much. Pure frames.

A school-day on which most of a school is absent, far beyond that school's own past, usually means that nobody entered
attendance and the system called everybody absent. None of its rows is believed; a later night states the day anew.
"""

from datetime import date

import numpy as np
import pandas as pd

from pact_etl.domain.attendance import ABSENT_ANY_REASON, FULL_DAY_UNEXCUSED
from pact_etl.validation.faults import Mask
from pact_etl.validation.membership import among
from pact_etl.validation.student_days import StudentDays, enrolled_count, to_days
from pact_etl.validation.values import TEXT, Gates

EXACT = (
    1e-9  # three times 0.2 is a little more than 0.6 to a computer, and "at least" means at least
)


def school_day_shares(marks: pd.DataFrame, enrollments: pd.DataFrame) -> pd.DataFrame:
    """One row per school and date that has marks: students enrolled, and the shares absent all day and unexcused."""
    counted = {"absent": ABSENT_ANY_REASON, "unexcused": FULL_DAY_UNEXCUSED}
    masks = {
        name: among(marks["status"], pd.Index([status.value for status in statuses]))
        for name, statuses in counted.items()
    }
    shares = (
        marks.assign(**masks)
        .groupby(["school_code", "date"], as_index=False, sort=True)
        .agg(absent=("absent", "sum"), unexcused=("unexcused", "sum"), marks=("absent", "size"))
    )
    enrolled = enrolled_count(shares["school_code"], to_days(shares["date"]), enrollments)
    share = {
        f"share_{name}": np.where(enrolled > 0, shares[name] / np.maximum(enrolled, 1), 0.0)
        for name in counted
    }
    return shares.assign(enrolled=enrolled, **share)


def outliers(shares: pd.DataFrame, history: pd.DataFrame, gates: Gates) -> pd.DataFrame:
    """The school-days (school_code, date) that are not believed.

    A school's own past is its median in the record; on its first nights the median of the days in the file; before
    there are enough days of either, the share alone decides.

    Args:
        shares: see `school_day_shares`.
        history: school_code, median_share_absent, median_share_unexcused, days.
        gates: the county's limits.
    """
    absent = _far_above(
        shares,
        history,
        gates,
        column="absent",
        share=gates.school_day_absent_share,
        ratio=gates.school_day_absent_ratio,
        least=gates.school_day_min_enrolled,
    )
    # A default that turns every excuse into none leaves as many absent as ever.
    unexcused = _far_above(
        shares,
        history,
        gates,
        column="unexcused",
        share=gates.school_day_unexcused_share,
        ratio=gates.school_day_unexcused_ratio,
        least=gates.school_day_unexcused_min_enrolled,
    )
    return shares.loc[absent | unexcused, ["school_code", "date"]].reset_index(drop=True)


def _far_above(
    shares: pd.DataFrame,
    history: pd.DataFrame,
    gates: Gates,
    *,
    column: str,
    share: float,
    ratio: float,
    least: float,
) -> Mask:
    """School-days whose share is high, and far above what is usual at that school."""
    here = shares[f"share_{column}"].to_numpy(dtype=float)
    enough = history[history["days"] >= gates.school_day_min_history]
    recorded = enough.astype({"school_code": TEXT}).set_index("school_code")
    past = recorded[f"median_share_{column}"].reindex(shares["school_code"]).to_numpy(dtype=float)
    by_school = shares.groupby("school_code")[f"share_{column}"]
    own = by_school.median()[by_school.size() >= gates.school_day_min_history]
    in_file = own.reindex(shares["school_code"]).to_numpy(dtype=float)
    usual = np.nan_to_num(np.where(np.isnan(past), in_file, past), nan=0.0)
    judged = (shares["enrolled"] >= least).to_numpy()
    mask: Mask = judged & (here + EXACT >= share) & (here + EXACT >= ratio * usual)
    return mask


def on_school_days(days: StudentDays, school_days: pd.DataFrame) -> Mask:
    """Student-days that lie on one of these school-days."""
    school = days.schools.get_indexer(pd.Index(school_days["school_code"])).astype(np.int64)
    number = to_days(school_days["date"])
    keys = school * 1_000_000 + number
    return np.isin(days.school * 1_000_000 + days.day, keys[school >= 0])


def silent_schools(open_marks: pd.DataFrame, heard: pd.Series, gates: Gates) -> tuple[str, ...]:
    """Schools that have marks in the covered days but not one row tonight: nothing of theirs is taken back.

    A school with very few marks may have had all of them corrected, so it is not called silent.
    """
    believed = open_marks.groupby("school_code")["marks"].sum()
    quiet = believed[
        (believed >= gates.min_silent_marks) & ~believed.index.isin(heard.dropna().unique())
    ]
    return tuple(sorted(str(code) for code in quiet.index))


def marks_taken_back(
    open_marks: pd.DataFrame, stated: pd.DataFrame, silent: tuple[str, ...], as_of: date
) -> tuple[int, int]:
    """At least how many believed marks the file would delete, and of how many.

    Args:
        open_marks: believed marks of the covered days, counted by school and, where known, by date.
        stated: distinct student-days the file speaks of, set aside or not: local_id, school_code, date.
        silent: schools that are left alone.
        as_of: tonight; its marks are new, so they cannot make up for missing ones.
    """
    loud = open_marks[~open_marks["school_code"].isin(silent)]
    keys = ["school_code", "date"] if "date" in loud.columns else ["school_code"]
    kinds = {"school_code": TEXT} | ({"date": "datetime64[s]"} if "date" in loud.columns else {})
    believed = loud.astype(kinds).groupby(keys)["marks"].sum()
    earlier = stated if "date" in keys else stated[stated["date"] < pd.Timestamp(as_of)]
    repeated = earlier.groupby(keys).size().reindex(believed.index, fill_value=0)
    missing = (believed - repeated).clip(lower=0)
    return int(missing.sum()), int(believed.sum())
