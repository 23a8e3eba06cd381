"""What a night changed about the past, and what to call it. A correction is no error: the record gets better by it.

Which rows changed is read from the bitemporal record; nothing here counts days or decides about a letter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pact_etl.domain.attendance import FAVOUR, FULL_DAY_UNEXCUSED, TRUANCY_OCCASIONS, Status

_AGAINST = FULL_DAY_UNEXCUSED | TRUANCY_OCCASIONS


class CorrectionKind(StrEnum):
    """How the past changed. Stored nowhere; named so in reports."""

    EXCUSED_LATER = "excused_later"  # an absence that counted towards truancy no longer does
    BECAME_UNEXCUSED = "became_unexcused"  # one that did not count now does
    MARK_REMOVED = "mark_removed"  # a day that was missed was not
    MARK_ADDED = "mark_added"  # a day that had been delivered as attended was missed
    STATUS_CHANGED = "status_changed"  # any other change, such as unverified to excused
    ENTRY_MOVED = "entry_moved"  # an enrollment begins on another day
    EXIT_MOVED = "exit_moved"  # it ends on another day, or no longer or only now has an end
    ENROLLMENT_REMOVED = "enrollment_removed"
    ENROLLMENT_ADDED = "enrollment_added"  # one that began before the night
    CALENDAR_CHANGED = "calendar_changed"  # a past day became a schoolday or stopped being one


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysBack:
    """How far back corrections of one kind reach, in calendar days before the night."""

    count: int
    median: int
    most: int


def kind_of_mark(before: Status | None, after: Status | None) -> CorrectionKind:
    """What to call a mark that was one status before and is another now; None stands for no mark."""
    if before is None:
        return CorrectionKind.MARK_ADDED
    if after is None:
        return CorrectionKind.MARK_REMOVED
    if before in _AGAINST and after not in _AGAINST:
        return CorrectionKind.EXCUSED_LATER
    if after in _AGAINST and before not in _AGAINST:
        return CorrectionKind.BECAME_UNEXCUSED
    # Both count, or neither does: part of a day that became a whole one weighs heavier, and the other way round.
    if before in _AGAINST and after in _AGAINST and before is not after:
        kinder = FAVOUR.index(after) < FAVOUR.index(before)
        return CorrectionKind.EXCUSED_LATER if kinder else CorrectionKind.BECAME_UNEXCUSED
    return CorrectionKind.STATUS_CHANGED


def days_back(counted: Iterable[tuple[int, int]]) -> DaysBack:
    """The spread of a distribution.

    Args:
        counted: pairs of days back and how many corrections reach so far; at least one correction.
    """
    ordered = sorted(counted)
    total = sum(count for _, count in ordered)
    passed, median = 0, ordered[-1][0]
    for days, count in ordered:
        passed += count
        if 2 * passed >= total:
            median = days
            break
    return DaysBack(count=total, median=median, most=ordered[-1][0])
