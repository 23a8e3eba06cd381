"""How far the follow-up of a letter has come, per window: one of five, stored with the sums."""

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from pact_etl.outcomes.school_days import Bools, Ints, SchoolDays
from pact_etl.outcomes.spans import Spans

EXPOSURE_SHARE = 0.5
"""A student enrolled for less than this share of a window was not followed through it."""


class FollowUp(StrEnum):
    """Mutually exclusive, in the order in which they are decided. Stored by value."""

    VOID = "void"  # the letter was cancelled or wrong: its sums are kept, its rates are not used
    TRUNCATED = "truncated"  # the school year is too short on one side: a smaller window may do
    IMMATURE = "immature"  # too few submitted school days since mailing: excluded, never zero
    SHORT = "short"  # the student was enrolled for less than half of a side: attrition
    COMPLETE = "complete"  # enters the metrics


def follow_up_statuses(
    spans: Spans,
    days: SchoolDays,
    *,
    is_void: Bools,
    exposure: npt.NDArray[Any],
    window: int,
) -> npt.NDArray[np.object_]:
    """One status per letter.

    Args:
        spans: the enrollments of the letters' students.
        days: the schools' calendars.
        is_void: by letter.
        exposure: enrolled days by letter, of the side that has fewer.
        window: school days on each side.
    """
    school = _newest_school(spans, len(is_void))
    conditions = [
        is_void,
        _is_truncated(spans, school, window),
        _is_immature(spans, days, school, window),
        exposure < EXPOSURE_SHARE * window,
    ]
    decided = [FollowUp.VOID, FollowUp.TRUNCATED, FollowUp.IMMATURE, FollowUp.SHORT]
    values = [status.value for status in decided]
    return np.select(conditions, values, default=FollowUp.COMPLETE.value).astype(object)


def _newest_school(spans: Spans, letters: int) -> Ints:
    """The span of each letter's newest enrollment, or -1 for a student who is in no school."""
    newest = np.full(letters, -1, dtype=np.int64)
    order = np.lexsort((spans.school, spans.entry))
    newest[spans.letter[order]] = order
    return newest


def _is_truncated(spans: Spans, school: Ints, window: int) -> Bools:
    """The year ends before the window does, or began less than half a window before mailing."""
    truncated = np.zeros(len(school), dtype=bool)
    is_known = school >= 0
    span = school[is_known]
    after = spans.year_last[span] - spans.after[span]
    before = spans.before[span] - spans.year_first[span]
    truncated[is_known] = (after < window) | (before < EXPOSURE_SHARE * window)
    return truncated


def _is_immature(spans: Spans, days: SchoolDays, school: Ints, window: int) -> Bools:
    """Some school that the student attends within the window has not submitted enough of it.

    The newest school must have submitted W days since mailing; a school that was left on the way,
    as many as the student still had there.
    """
    submitted = days.submitted_before[spans.year_last] - days.submitted_before[spans.after]
    had = np.clip(spans.last - spans.after, 0, window)
    is_newest = np.zeros(len(spans.letter), dtype=bool)
    is_newest[school[school >= 0]] = True
    needed = np.where(is_newest, window, had)
    immature = np.zeros(len(school), dtype=bool)
    immature[spans.letter[submitted < needed]] = True
    return immature
