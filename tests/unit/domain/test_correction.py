"""What a change of the past is called, and how far it reaches back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.attendance import FULL_DAY_UNEXCUSED, TRUANCY_OCCASIONS, Status
from pact_etl.domain.correction import CorrectionKind, DaysBack, days_back, kind_of_mark

UNEXCUSED, EXCUSED = Status.ABSENT_UNEXCUSED, Status.ABSENT_EXCUSED
PARTIAL, UNVERIFIED = Status.PARTIAL_UNEXCUSED, Status.ABSENT_UNVERIFIED


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (UNEXCUSED, EXCUSED, CorrectionKind.EXCUSED_LATER),
        (UNEXCUSED, PARTIAL, CorrectionKind.EXCUSED_LATER),
        (PARTIAL, UNEXCUSED, CorrectionKind.BECAME_UNEXCUSED),
        (UNVERIFIED, UNEXCUSED, CorrectionKind.BECAME_UNEXCUSED),
        (UNVERIFIED, EXCUSED, CorrectionKind.STATUS_CHANGED),
        (UNEXCUSED, UNEXCUSED, CorrectionKind.STATUS_CHANGED),  # another code or other minutes
        (UNEXCUSED, None, CorrectionKind.MARK_REMOVED),
        (None, UNEXCUSED, CorrectionKind.MARK_ADDED),
    ],
)
def test_a_change_is_called_by_what_it_means_for_the_family(
    before: Status | None, after: Status | None, kind: CorrectionKind
) -> None:
    assert kind_of_mark(before, after) is kind


@given(before=st.sampled_from(Status), after=st.sampled_from(Status))
def test_a_change_and_its_reverse_are_opposites(before: Status, after: Status) -> None:
    opposite = {
        CorrectionKind.EXCUSED_LATER: CorrectionKind.BECAME_UNEXCUSED,
        CorrectionKind.BECAME_UNEXCUSED: CorrectionKind.EXCUSED_LATER,
        CorrectionKind.STATUS_CHANGED: CorrectionKind.STATUS_CHANGED,
    }
    assert kind_of_mark(after, before) is opposite[kind_of_mark(before, after)]


@given(before=st.sampled_from(Status), after=st.sampled_from(Status))
def test_nothing_counts_against_a_student_without_being_named_so(
    before: Status, after: Status
) -> None:
    against = FULL_DAY_UNEXCUSED | TRUANCY_OCCASIONS
    if before not in against and after in against:
        assert kind_of_mark(before, after) is CorrectionKind.BECAME_UNEXCUSED


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9)), min_size=1, max_size=20))
def test_the_median_is_that_of_the_single_corrections(counted: list[tuple[int, int]]) -> None:
    single = sorted(days for days, count in counted for _ in range(count))

    assert days_back(counted) == DaysBack(
        count=len(single), median=single[(len(single) - 1) // 2], most=single[-1]
    )
