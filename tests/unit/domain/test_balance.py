"""An equation that does not add up stops the night and says what was lost."""

from dataclasses import replace

import pytest

from pact_etl.domain.balance import Balance
from pact_etl.domain.errors import InvariantBroken

WHOLE = Balance(name="findings", whole=6, ends={"planned": 3, "held": 2, "withdrawn": 1})


def test_what_adds_up_is_told_whole() -> None:
    WHOLE.require()

    counts = {"findings": 6, "planned": 3, "held": 2, "withdrawn": 1, "unaccounted": 0}
    assert WHOLE.as_counts() == counts


@pytest.mark.parametrize(("whole", "missing"), [(7, "1 of 7"), (5, "-1 of 5")])
def test_one_that_is_lost_or_counted_twice_stops_the_night(whole: int, missing: str) -> None:
    with pytest.raises(InvariantBroken, match=f"{missing} findings are not planned, held"):
        replace(WHOLE, whole=whole).require()
