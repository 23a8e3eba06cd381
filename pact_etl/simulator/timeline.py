"""When a district gets a day right: absences first entered as something else, late entries, marks deleted again.

A correction is shown within the days that the district's nightly file covers, and so early that one lost night does
not hide it.
"""

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status
from pact_etl.simulator.marks import NO_MARK, Marks, code

_UNVERIFIED_FIRST = {Status.ABSENT_UNEXCUSED: 0.20, Status.ABSENT_EXCUSED: 0.30}
_EXCUSED_LATE = (
    0.10  # of excused absences: the note arrives days after the day was entered as unexcused
)
_ENTERED_LATE = 0.02
_MIXED = 0.03  # of unexcused days in period accounting: some periods turn out to be excused
_MAX_DELAY = 5


def settle_timeline(
    *,
    record: npt.NDArray[np.int32],
    column: npt.NDArray[np.int64],
    school: npt.NDArray[np.int16],
    outcome: npt.NDArray[np.uint8],
    nights: npt.NDArray[np.int64],
    covers_days: int,
    has_mixed_days: bool,
    rng: np.random.Generator,
) -> Marks:
    """Give each mark its first statement, and the night of its correction.

    Args:
        record: of each mark, as `school` and `outcome` are.
        column: which of the nights the mark's day is.
        school: where it happened.
        outcome: what the SIS says in the end; `NO_MARK` for a mistake that is deleted.
        nights: the nights on which the district sends.
        covers_days: how far back a nightly file goes.
        has_mixed_days: whether a day may be partly excused.
        rng: the district's stream.
    """
    n = len(record)
    lot = rng.random(n, dtype=np.float32)
    outcome = outcome.copy()
    if has_mixed_days:
        mixed = (outcome == code(Status.ABSENT_UNEXCUSED)) & (rng.random(n) < _MIXED)
        outcome[mixed] = code(Status.ABSENT_MIXED)
    first = outcome.copy()
    for status, share in _UNVERIFIED_FIRST.items():
        first[(outcome == code(status)) & (lot < share)] = code(Status.ABSENT_UNVERIFIED)
    is_excused = outcome == code(Status.ABSENT_EXCUSED)
    first[is_excused & (lot > 1 - _EXCUSED_LATE)] = code(Status.ABSENT_UNEXCUSED)
    first[(outcome == code(Status.ABSENT_UNEXCUSED)) & (lot > 1 - _ENTERED_LATE)] = NO_MARK
    is_mistake = outcome == NO_MARK
    first[is_mistake] = np.where(lot < 0.6, code(Status.ABSENT_UNEXCUSED), code(Status.TARDY))[
        is_mistake
    ]
    delay = np.minimum(
        rng.integers(1, _MAX_DELAY + 1, n), _longest_delay(nights, covers_days)[column]
    )
    first = np.where(delay == 0, outcome, first)
    changes = first != outcome
    keeps = ~((first == NO_MARK) & (outcome == NO_MARK))
    changed_on = nights[np.where(changes, column + delay, column)]
    return Marks(
        record=record[keeps],
        day=nights[column].astype(np.int16)[keeps],
        school=school[keeps],
        first=first[keeps],
        final=outcome[keeps],
        changed_on=changed_on.astype(np.int16)[keeps],
        variant=rng.integers(0, 2**16, n, dtype=np.uint16)[keeps],
    )


def _longest_delay(nights: npt.NDArray[np.int64], covers_days: int) -> npt.NDArray[np.int64]:
    """By night: after how many more nights its marks can still change, with one night to spare."""
    last_shown = np.searchsorted(nights, nights + covers_days - 1, side="right") - 1
    return np.maximum(last_shown - np.arange(len(nights)) - 1, 0)
