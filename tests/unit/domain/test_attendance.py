"""Which statuses count for what, and how two statements about one day are settled."""

from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.attendance import (
    ABSENT_ANY_REASON,
    FAVOUR,
    FULL_DAY_UNEXCUSED,
    TRUANCY_OCCASIONS,
    Status,
    settle,
)


def test_an_excused_absence_beside_a_partial_one_is_an_excused_absence() -> None:
    both = frozenset({Status.ABSENT_EXCUSED, Status.PARTIAL_UNEXCUSED})

    assert settle(both) is Status.ABSENT_EXCUSED


def test_every_status_has_its_place_in_the_order_of_favour() -> None:
    assert sorted(FAVOUR) == sorted(Status)


def test_a_suspended_student_is_absent_but_never_truant() -> None:
    assert Status.SUSPENDED_OUT in ABSENT_ANY_REASON
    assert Status.SUSPENDED_OUT not in TRUANCY_OCCASIONS
    assert Status.SUSPENDED_IN not in ABSENT_ANY_REASON


def test_an_unverified_absence_is_neither_excused_nor_unexcused() -> None:
    assert Status.ABSENT_UNVERIFIED not in TRUANCY_OCCASIONS | FULL_DAY_UNEXCUSED


@given(st.frozensets(st.sampled_from(list(Status)), min_size=1))
def test_settling_never_picks_what_nobody_said(statuses: frozenset[Status]) -> None:
    assert settle(statuses) in statuses
