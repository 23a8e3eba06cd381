import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.volume import VolumeBrake, jumps

BRAKE = VolumeBrake(ratio=5.0, least=25, nights=20, least_nights=5)
USUAL = [4, 6, 5, 5, 7]


@pytest.mark.parametrize(
    ("new", "before", "is_a_jump"),
    [
        (25, USUAL, False),  # exactly five times the median is none
        (26, USUAL, True),
        (24, [0] * 20, False),  # too few to speak of
        (25, [0] * 20, True),
        (500, [5] * 4, False),  # too few nights: a first load brings a year at once
        (500, [5] * 5, True),
        (100, [1] * 30 + [90] * 20, False),  # only the recent nights count
    ],
)
def test_a_jump_is_far_above_the_districts_own_recent_median(
    new: int, before: list[int], is_a_jump: bool
) -> None:
    assert jumps(new, before, BRAKE) is is_a_jump


@given(st.integers(0, 5000), st.lists(st.integers(0, 500), max_size=40))
def test_more_new_findings_never_release_the_brake(new: int, before: list[int]) -> None:
    assert jumps(new + 1, before, BRAKE) or not jumps(new, before, BRAKE)
