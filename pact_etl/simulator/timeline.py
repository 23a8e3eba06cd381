"""When a district gets a day right.

Absences first entered as something else, late entries, marks deleted again, and absences of
students who, as the district hears days later, had left. A correction comes within the days that
the district's nightly file covers, and so early that one lost night does not hide it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import District, Form
from pact_etl.simulator.calendars import Calendar
from pact_etl.simulator.enrollments import Spans
from pact_etl.simulator.marks import NO_MARK, Marks, code

_UNVERIFIED_FIRST = {Status.ABSENT_UNEXCUSED: 0.20, Status.ABSENT_EXCUSED: 0.30}
_EXCUSED_LATE = 0.10  # of excused absences: the note comes days after an unexcused entry
_ENTERED_LATE = 0.02
_MISTAKEN_ABSENCE = 0.6  # of mistakes: an absence, the others a tardy
_MIXED = 0.03  # of unexcused days in period accounting: some periods are excused
_MAX_DELAY = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """What exceptional days come to; `column` counts the district's nights, `NO_MARK` a mistake."""

    record: npt.NDArray[np.int32]
    column: npt.NDArray[np.int64]
    school: npt.NDArray[np.int16]
    outcome: npt.NDArray[np.uint8]


def settle_timeline(
    outcomes: Outcomes,
    calendar: Calendar,
    spans: Spans,
    settings: District,
    rng: np.random.Generator,
) -> Marks:
    """Give each mark its first statement, and the night of its correction.

    Args:
        outcomes: what the SIS says in the end.
        calendar: of the district.
        spans: of the district, for those whose exit is heard of late.
        settings: of the district; decide how late a correction may come.
        rng: the district's stream.
    """
    nights, column = calendar.nights, outcomes.column
    n = len(column)
    final = outcomes.outcome.copy()
    if settings.attendance.form is Form.PERIODS:
        is_mixed = (final == code(Status.ABSENT_UNEXCUSED)) & (rng.random(n) < _MIXED)
        final[is_mixed] = code(Status.ABSENT_MIXED)
    first = _first_statements(final, rng)
    delay = rng.integers(1, _MAX_DELAY + 1, n)
    delay = np.minimum(delay, calendar.longest_delay(settings.attendance.covers_days)[column])
    first = np.where(delay == 0, final, first)
    changed_on = nights[np.where(first != final, column + delay, column)]
    settled = Marks(
        record=outcomes.record,
        day=nights[column].astype(np.int16),
        school=outcomes.school,
        first=first,
        final=final,
        changed_on=changed_on.astype(np.int16),
        variant=rng.integers(0, 2**16, n, dtype=np.uint16),
    )
    return _joined(settled, _marks_after_exit(calendar, spans, rng))


def _first_statements(
    final: npt.NDArray[np.uint8], rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    lot = rng.random(len(final), dtype=np.float32)
    first = final.copy()
    for status, share in _UNVERIFIED_FIRST.items():
        first[(final == code(status)) & (lot < share)] = code(Status.ABSENT_UNVERIFIED)
    is_excused = final == code(Status.ABSENT_EXCUSED)
    first[is_excused & (lot > 1 - _EXCUSED_LATE)] = code(Status.ABSENT_UNEXCUSED)
    is_unexcused = final == code(Status.ABSENT_UNEXCUSED)
    first[is_unexcused & (lot > 1 - _ENTERED_LATE)] = NO_MARK
    mistaken = np.where(
        lot < _MISTAKEN_ABSENCE, code(Status.ABSENT_UNEXCUSED), code(Status.TARDY)
    ).astype(np.uint8)
    return np.where(final == NO_MARK, mistaken, first)


def _marks_after_exit(calendar: Calendar, spans: Spans, rng: np.random.Generator) -> Marks:
    """Absences between an exit and the night it is heard of, deleted on that night."""
    nights = calendar.nights
    until = np.minimum(spans.exit_known_on, spans.taken_over_on)
    late = np.flatnonzero(spans.last < until)
    after = (nights > spans.last[late, None]) & (nights < until[late, None])
    at, column = np.nonzero(after & calendar.open[spans.follows[late]][:, nights])
    span = late[at]
    is_verified = rng.random(len(span)) < 0.5
    statuses = code(Status.ABSENT_UNEXCUSED), code(Status.ABSENT_UNVERIFIED)
    return Marks(
        record=spans.record[span],
        day=nights[column].astype(np.int16),
        school=spans.school[span],
        first=np.where(is_verified, *statuses).astype(np.uint8),
        final=np.full(len(span), NO_MARK, dtype=np.uint8),
        changed_on=spans.exit_known_on[span],
        variant=rng.integers(0, 2**16, len(span), dtype=np.uint16),
    )


def _joined(first: Marks, second: Marks) -> Marks:
    """Both, by day and record; a mark of which the SIS never says anything is left out."""
    columns = {
        name: np.append(getattr(first, name), getattr(second, name)) for name in Marks.__slots__
    }
    keeps = np.flatnonzero((columns["first"] != NO_MARK) | (columns["final"] != NO_MARK))
    order = keeps[np.lexsort((columns["record"][keeps], columns["day"][keeps]))]
    return Marks(**{name: column[order] for name, column in columns.items()})
