"""What would change whether a student is over the invitation line: computed by asking the line itself.

No formula of its own: counts are moved one day at a time until the rule answers otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from pact_etl.domain.policy import Policy
from pact_etl.domain.truancy import Tally, is_chronic_truant_candidate

MOST_DAYS = 366


class Change(StrEnum):
    """How counts can move. Stored nowhere; named so in answers."""

    DAYS_STAY_UNCLEARED = (
        "days_stay_uncleared"  # so many days pass their clearing window as they are
    )
    MORE_DAYS_MISSED = "more_days_missed"  # the next so many schooldays, all missed without excuse
    MORE_DAYS_UNEXCUSED = "more_days_unexcused"  # so many past days found to be without excuse
    ENROLLED_DAYS_AT_MOST = "enrolled_days_at_most"  # D this low, by a corrected enrollment
    FEWER_DAYS_UNEXCUSED = "fewer_days_unexcused"  # so many counted days excused or corrected
    MORE_DAYS_ATTENDED = "more_days_attended"  # the next so many schooldays, all attended


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One change that alone would turn the answer, and how many days it takes."""

    change: Change
    days: int


def turns(tally: Tally, policy: Policy, *, is_enrolled: bool, waiting: int = 0) -> tuple[Turn, ...]:
    """Every change that alone would put a student over the invitation line, or bring one who is over it back.

    Past days can be found to be unexcused only where they are schooldays that do not count yet; who has left has no
    schooldays to come. Days in their clearing window count when the schooldays of the window have been added to D.

    Args:
        tally: the counts of one district.
        policy: the line.
        is_enrolled: whether there are schooldays to come.
        waiting: whole days without excuse that are in their clearing window.
    """
    is_over = is_chronic_truant_candidate(tally, policy)

    def first(moved: Callable[[int], Tally], most: int) -> int | None:
        answers = (n for n in range(1, most + 1) if _turns(moved(n), policy, is_over))
        return next(answers, None)

    to_come = MOST_DAYS if is_enrolled else 0
    u, d = tally.unexcused_days, tally.enrolled_days
    found: list[tuple[Change, int | None]]
    if is_over:
        found = [
            (Change.FEWER_DAYS_UNEXCUSED, first(lambda n: _with(tally, u - n, d), u)),
            (Change.MORE_DAYS_ATTENDED, first(lambda n: _with(tally, u, d + n), to_come)),
        ]
    else:
        fewer = first(lambda n: _with(tally, u, d - n), d)
        window = policy.counting.clearing_schooldays.answer if is_enrolled else 0
        found = [
            (
                Change.DAYS_STAY_UNCLEARED,
                first(lambda n: _with(tally, u + n, d + window), waiting),
            ),
            (Change.MORE_DAYS_MISSED, first(lambda n: _with(tally, u + n, d + n), to_come)),
            (Change.MORE_DAYS_UNEXCUSED, first(lambda n: _with(tally, u + n, d), d - u)),
            (Change.ENROLLED_DAYS_AT_MOST, None if fewer is None else d - fewer),
        ]
    return tuple(Turn(change=change, days=days) for change, days in found if days is not None)


def _turns(tally: Tally, policy: Policy, is_over: bool) -> bool:
    return is_chronic_truant_candidate(tally, policy) is not is_over


def _with(tally: Tally, unexcused: int, enrolled: int) -> Tally:
    moved = unexcused - tally.unexcused_days  # a whole day without excuse is an occasion too
    return replace(
        tally,
        unexcused_days=unexcused,
        occasions=tally.occasions + moved,
        enrolled_days=enrolled,
    )
