"""The canonical day: what one student's attendance on one school day can be, and what each status counts for.

A district's own codes never get past validation; everything after it speaks these statuses.
Which statuses count is a reading of the statutes named beside each list; thresholds live in the law files.

Absences for a change of placement, a court appearance or an activity that a court ordered are excused before anything
else is asked (foster youth, AB 490). There is no status for them: a district's code map calls them excused, so that a
court's part in a child's life is forgotten at the door.
"""

from enum import StrEnum


class Status(StrEnum):
    """One student, one school day. Stored by value; `present` is never stored, it is the absence of a mark."""

    PRESENT = "present"
    TARDY = "tardy"  # 30 minutes or less: not a truancy occasion (EC 48260(a) says "more than a 30-minute period")
    PARTIAL_UNEXCUSED = (
        "partial_unexcused"  # more than 30 minutes without valid excuse: one occasion a day
    )
    PARTIAL_EXCUSED = "partial_excused"
    ABSENT_UNEXCUSED = "absent_unexcused"
    ABSENT_EXCUSED = "absent_excused"
    ABSENT_UNVERIFIED = (
        "absent_unverified"  # neither excused nor unexcused until the district clears it
    )
    ABSENT_MIXED = "absent_mixed"  # all day, only partly without valid excuse
    SUSPENDED_OUT = "suspended_out"
    SUSPENDED_IN = "suspended_in"  # attended, for every count
    INDEPENDENT_STUDY = "independent_study"
    INDEPENDENT_STUDY_INCOMPLETE = "independent_study_incomplete"
    EXEMPT = (
        "exempt"  # home or hospital, nonpublic school, long independent study: no schoolday of D
    )
    ATTENDANCE_RECOVERY = "attendance_recovery"  # made up a missed day; makes no mark, undoes none


FULL_DAY_UNEXCUSED = frozenset({Status.ABSENT_UNEXCUSED})
"""Counts in U of EC 48263.6: the whole schoolday absent without valid excuse."""

TRUANCY_OCCASIONS = frozenset(
    {Status.ABSENT_UNEXCUSED, Status.PARTIAL_UNEXCUSED, Status.ABSENT_MIXED}
)
"""Counts as an occasion of EC 48260(a), at most one a day."""

LATE_OR_AWAY = TRUANCY_OCCASIONS - FULL_DAY_UNEXCUSED
"""An occasion that is no whole day without valid excuse: late or away for more than a 30-minute period."""

ABSENT_ANY_REASON = frozenset(
    {
        Status.ABSENT_UNEXCUSED,
        Status.ABSENT_EXCUSED,
        Status.ABSENT_UNVERIFIED,
        Status.ABSENT_MIXED,
        Status.SUSPENDED_OUT,
        Status.INDEPENDENT_STUDY_INCOMPLETE,
    }
)
"""Counts as absent for chronic absenteeism (EC 60901(c)(1)), suspension and incomplete independent study too."""

OUTSIDE_THE_COUNT = frozenset({Status.EXEMPT})
"""Days that are no schooldays of that student's D."""

MAKES_NO_MARK = frozenset({Status.PRESENT, Status.ATTENDANCE_RECOVERY})
"""Says nothing that would be kept: a student was there."""

FAVOUR = (
    Status.EXEMPT,
    Status.PRESENT,
    Status.SUSPENDED_IN,
    Status.INDEPENDENT_STUDY,
    Status.ABSENT_EXCUSED,
    Status.PARTIAL_EXCUSED,
    Status.SUSPENDED_OUT,
    Status.INDEPENDENT_STUDY_INCOMPLETE,
    Status.ABSENT_UNVERIFIED,
    Status.TARDY,
    Status.PARTIAL_UNEXCUSED,
    Status.ABSENT_MIXED,
    Status.ABSENT_UNEXCUSED,
    Status.ATTENDANCE_RECOVERY,
)
"""Order of favour to the family, best first.

Attendance recovery stands last, so that an hour made up after school never takes the place of what is said of the day.
"""


def settle(statuses: frozenset[Status]) -> Status:
    """Settle several whole-day statements about one student and day into one status.

    The rule: where a district says two things of one day, the one kinder to the family holds, because an
    absence may only count against a child when the record is unambiguous. `absent_excused` beside a partial
    absence is therefore an excused absence.

    Args:
        statuses: at least one status.
    """
    return min(statuses, key=FAVOUR.index)
