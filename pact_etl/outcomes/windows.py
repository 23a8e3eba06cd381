"""Attendance before and after a letter, in school days of the student's own schools.

Offset k is a day's position in its school's calendar relative to the mailing date: k = 1 is the
first instructional day after it, k = -1 the last before it, the day itself is k = 0 and left out.
A window never leaves the school year. Only submitted days count: silence is not presence. A
student who changes school within the county is followed, each school by its own calendar.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pact_etl.domain.errors import InvariantBroken
from pact_etl.outcomes.follow_up import FollowUp, follow_up_statuses
from pact_etl.outcomes.metrics import attendance_rate, unexcused_rate
from pact_etl.outcomes.school_days import Ints, SchoolDays, day_numbers
from pact_etl.outcomes.spans import Spans, lay_out_spans

WINDOWS = (20, 40, 60)
"""School days on each side; 40 is the primary one."""

SIDES = ("pre", "post")


def measure_windows(
    letters: pd.DataFrame,
    calendar: pd.DataFrame,
    enrollments: pd.DataFrame,
    absences: pd.DataFrame,
    windows: Sequence[int] = WINDOWS,
) -> pd.DataFrame:
    """Follow every mailed letter.

    Args:
        letters: one row per letter and student: `letter_id`, `student_ref`, `mailed_on`,
            `is_void`. A letter that was never mailed does not belong here.
        calendar: one row per school and instructional day, the whole school year as planned:
            `school_id`, `date`, `is_submitted`.
        enrollments: `student_ref`, `school_id`, `entry_date`, `exit_date` (last day of
            enrollment, empty while it lasts).
        absences: one row per student, school and day that was not fully attended:
            `student_ref`, `school_id`, `date`, and `unexcused` and `absent` as of `day_shares`.
        windows: school days on each side.

    Returns:
        One row per letter, student and window: `letter_id`, `student_ref`, `window_days`,
        `status`; the sums `pre_enrolled_days`, `pre_unexcused_days`, `pre_absent_days` and their
        `post_` twins; and, where the follow-up is over, `pre_unexcused_rate`,
        `pre_attendance_rate` and their twins.

    Raises:
        InvariantBroken: a letter, a calendar day or an absence is there twice.
    """
    _refuse_repeats(letters, ["letter_id", "student_ref"], "letters")
    _refuse_repeats(calendar, ["school_id", "date"], "calendar days")
    _refuse_repeats(absences, ["student_ref", "school_id", "date"], "absences")
    letters = letters.reset_index(drop=True)
    is_void = letters["is_void"].to_numpy(dtype=bool)
    days = SchoolDays.from_calendar(calendar)
    spans = lay_out_spans(letters, enrollments, days)
    exposed = _exposed_days(spans, days, absences, max(windows))
    parts = []
    for window in windows:
        sums = _sums(exposed, window, len(letters))
        exposure = sums[["pre_enrolled_days", "post_enrolled_days"]].min(axis=1).to_numpy()
        statuses = follow_up_statuses(
            spans, days, is_void=is_void, exposure=exposure, window=window
        )
        part = letters[["letter_id", "student_ref"]].assign(window_days=window, status=statuses)
        parts.append(_with_rates(part.join(sums)))
    measured = pd.concat(parts, ignore_index=True)
    return measured.sort_values(["letter_id", "student_ref", "window_days"], ignore_index=True)


def _refuse_repeats(frame: pd.DataFrame, key: list[str], name: str) -> None:
    repeats = int(frame.duplicated(key).sum())
    if repeats:
        raise InvariantBroken(f"outcomes: {repeats} {name} are there twice")


def _exposed_days(
    spans: Spans, days: SchoolDays, absences: pd.DataFrame, widest: int
) -> pd.DataFrame:
    """One row per letter and enrolled, submitted day of the widest window, with U and X."""
    pre = np.maximum(spans.first, spans.before - widest), np.minimum(spans.last, spans.before)
    post = np.maximum(spans.first, spans.after), np.minimum(spans.last, spans.after + widest)
    pre_span, pre_position = _explode(*pre)
    post_span, post_position = _explode(*post)
    offsets = [
        pre_position - spans.before[pre_span],
        post_position - spans.after[post_span] + 1,
    ]
    span = np.concatenate([pre_span, post_span])
    position = np.concatenate([pre_position, post_position])
    exposed: pd.DataFrame = pd.DataFrame(
        {
            "letter": spans.letter[span],
            "offset": np.concatenate(offsets),
            "day": days.days[position],
            "entry": spans.entry[span],
            "student_ref": spans.student_ref[span],
            "school_id": spans.school_id[span],
        }
    )[days.is_submitted[position]]
    # Two schools on one day are one enrolled day. The newer enrollment speaks for it: the older
    # school has mostly only not noticed yet that the student is gone.
    exposed = exposed.sort_values(["letter", "day", "entry", "school_id"], kind="stable")
    exposed = exposed.drop_duplicates(["letter", "day"], keep="last")
    shares = absences[["student_ref", "school_id", "unexcused", "absent"]].assign(
        day=day_numbers(absences["date"])
    )
    met = exposed.merge(shares, how="left", on=["student_ref", "school_id", "day"])
    return met.assign(unexcused=met["unexcused"].fillna(0), absent=met["absent"].fillna(0))


def _explode(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Each position of each range, behind the number of its range."""
    lengths = np.maximum(last - first, 0)
    ranges = np.repeat(np.arange(len(first)), lengths)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return ranges, np.arange(int(lengths.sum())) - starts + first[ranges]


def _sums(exposed: pd.DataFrame, window: int, letters: int) -> pd.DataFrame:
    offset = exposed["offset"]
    within = {"pre": offset.between(-window, -1), "post": offset.between(1, window)}
    sums = {}
    for side in SIDES:
        chosen = exposed[within[side]]
        row = chosen["letter"].to_numpy(dtype=np.int64)
        sums[f"{side}_enrolled_days"] = np.bincount(row, minlength=letters).astype(float)
        for name in ("unexcused", "absent"):
            weights = chosen[name].to_numpy(dtype=float)
            sums[f"{side}_{name}_days"] = np.bincount(row, weights=weights, minlength=letters)
    return pd.DataFrame(sums)


def _with_rates(part: pd.DataFrame) -> pd.DataFrame:
    """A rate only where the follow-up is over: an unfinished one is missing, never zero."""
    is_over = part["status"].isin([FollowUp.COMPLETE, FollowUp.SHORT])
    for side in SIDES:
        enrolled = part[f"{side}_enrolled_days"].where(is_over)
        part[f"{side}_unexcused_rate"] = unexcused_rate(part[f"{side}_unexcused_days"], enrolled)
        part[f"{side}_attendance_rate"] = attendance_rate(part[f"{side}_absent_days"], enrolled)
    return part
