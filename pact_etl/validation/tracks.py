"""Whether school was kept for a student on a day: by the calendar of the student's own track, or the common one.

A track's calendar may state only the days on which it differs; what it does not state is as in the common calendar.
"""

import numpy as np
import pandas as pd

from pact_etl.validation.faults import Mask
from pact_etl.validation.student_days import StudentDays, taught, to_days

COMMON = ""
_NEVER = np.int64(2**31)


def taught_to(days: StudentDays, calendar: pd.DataFrame, enrollments: pd.DataFrame) -> Mask:
    """Whether each student-day was a schoolday of that student.

    Args:
        days: the student-days.
        calendar: school_code, track, date, instructional.
        enrollments: local_id, school_code, entry_date, exit_date, track; of overlapping ones the later entry counts.
    """
    is_common = (calendar["track"] == COMMON).to_numpy()
    found: Mask = taught(days, calendar[is_common])
    stated = calendar[~is_common]
    if stated.empty or not len(days):
        return found
    track = _track_of(days, stated, enrollments)
    keys = pd.MultiIndex.from_arrays(
        [stated["school_code"], stated["track"], to_days(stated["date"])]
    )
    wanted = pd.MultiIndex.from_arrays([days.schools[days.school], track, days.day])
    at = keys.get_indexer(wanted)
    own = stated["instructional"].to_numpy(dtype=bool)
    return np.where(at >= 0, own[np.maximum(at, 0)], found)


def _track_of(
    days: StudentDays, stated: pd.DataFrame, enrollments: pd.DataFrame
) -> "np.typing.NDArray[np.object_]":
    """Each student-day's track; common where the enrollment's has no calendar of its own."""
    tracked = pd.MultiIndex.from_frame(stated[["school_code", "track"]].drop_duplicates())
    spans = enrollments[enrollments["track"] != COMMON]
    spans = spans[pd.MultiIndex.from_frame(spans[["school_code", "track"]]).isin(tracked)]
    # All spans of these students, or an untracked one that took over would not be seen.
    spans = enrollments[enrollments["local_id"].isin(spans["local_id"].unique())]
    ours = pd.DataFrame(
        {
            "student": days.students.get_indexer(pd.Index(spans["local_id"])),
            "school": days.schools.get_indexer(pd.Index(spans["school_code"])),
            "entry": to_days(spans["entry_date"]),
            "exit": to_days(spans["exit_date"], missing=int(_NEVER)),
            "track": spans["track"].to_numpy(dtype=object),
        }
    )
    each = pd.DataFrame({"student": days.student, "school": days.school, "day": days.day})
    pairs = each.reset_index().merge(ours, on=["student", "school"])
    pairs = pairs[(pairs["entry"] <= pairs["day"]) & (pairs["day"] <= pairs["exit"])]
    last = pairs.sort_values("entry", kind="stable").drop_duplicates("index", keep="last")
    track = np.full(len(days), COMMON, dtype=object)
    track[last["index"].to_numpy()] = last["track"].to_numpy()
    return track
