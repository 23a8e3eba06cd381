"""What a letter may say of a student's days: no more and no less than the line counts."""

from datetime import date

import pytest

from pact_etl.domain.letter import Missed, StudentRecord
from pact_etl.domain.truancy import Rule, counts_late
from tests.letter_factories import student_record
from tests.policies import POLICY, by_days, choosing

WHOLE = (date(2026, 9, 1), date(2026, 9, 2))
LATE = (date(2026, 9, 3), date(2026, 9, 4), date(2026, 9, 8))


def record(**changes: object) -> StudentRecord:
    return student_record(**({"unexcused_days": WHOLE, "occasions_partial": LATE} | changes))


@pytest.mark.parametrize(
    ("whole", "late", "counts", "missed", "days"),
    [
        (WHOLE, (), False, Missed.DAYS, 2),
        (WHOLE, LATE, False, Missed.DAYS, 2),
        (WHOLE, (), True, Missed.DAYS, 2),
        ((), LATE, True, Missed.LATE, 3),
        (WHOLE, LATE, True, Missed.BOTH, 5),
    ],
)
def test_a_letter_counts_the_days_that_its_line_counts(
    whole: tuple[date, ...], late: tuple[date, ...], counts: bool, missed: Missed, days: int
) -> None:
    one = record(unexcused_days=whole, occasions_partial=late, counts_late=counts)

    assert (one.missed, one.counted_days) == (missed, days)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"unexcused_days": ()}, "needs days that count"),
        ({"unexcused_days": (), "occasions_partial": (), "counts_late": True}, "needs days"),
        ({"enrolled_days": 4, "counts_late": True}, "no more of them than enrolled days"),
        ({"occasions_partial": WHOLE[:1]}, "as a whole or in part"),
    ],
)
def test_a_record_that_contradicts_its_sentence_is_refused(
    changes: dict[str, object], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        record(**changes)


def test_lateness_counts_where_the_line_counts_occasions() -> None:
    line = Rule.CHRONIC_TRUANT_CANDIDATE

    assert not counts_late(line, POLICY)
    assert counts_late(line, by_days(POLICY, 6))
    assert counts_late(line, choosing(POLICY, partial_absences_in_u=True))
    assert counts_late(Rule.TRUANT, POLICY)
