"""How many letters of one district may become void at once."""

from datetime import date

import pytest

from pact_etl.domain.void_brake import VoidBrake

BRAKE = VoidBrake(from_=date(2026, 7, 1), most=10, share=0.1, why="a test")


@pytest.mark.parametrize(
    ("undone", "out", "waits"),
    [
        (10, 10, False),  # a small district's every letter, and still few
        (11, 110, False),  # exactly the share
        (11, 109, True),
        (101, 1000, True),
        (100, 1000, False),
        (0, 0, False),
    ],
)
def test_only_more_than_the_number_and_more_than_the_share_wait_for_a_person(
    undone: int, out: int, waits: bool
) -> None:
    assert BRAKE.holds(undone, out) is waits
