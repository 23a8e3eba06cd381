"""Which days a record lacks, and whose changes a lost night would have told."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.believed import Delivery, DistrictRecord
from pact_etl.domain.gaps import changes_lost

MONDAY = date(2026, 9, 14)
NIGHTS = [MONDAY + timedelta(days=n) for n in range(28)]


def deliveries(nights: list[int], reach: int, *, tells_changes: bool = False) -> list[Delivery]:
    return [
        Delivery(
            night=NIGHTS[n],
            first=NIGHTS[n] - timedelta(days=reach - 1),
            last=NIGHTS[n],
            tells_changes=tells_changes,
        )
        for n in nights
    ]


def record(arrived: list[int], reach: int, *, tells_changes: bool = False) -> DistrictRecord:
    return DistrictRecord(
        birth_date=date(2015, 5, 5),
        newest_data=NIGHTS[arrived[-1]],
        deliveries=deliveries(arrived, reach, tells_changes=tells_changes),
        lost_nights=[night for n, night in enumerate(NIGHTS) if n not in arrived],
    )


def test_one_lost_night_leaves_the_day_open_that_it_alone_would_still_have_told_of() -> None:
    one = record([0, 1, 2, 3, 5, 6, 7], reach=4)

    assert [n for n in range(8) if changes_lost(one, NIGHTS[n])] == [1]


def test_a_source_that_tells_changes_loses_none() -> None:
    one = record([0, 1, 2, 3, 5, 6, 7], reach=2, tells_changes=True)

    assert not any(changes_lost(one, night) for night in NIGHTS[:8])


@given(
    arrived=st.lists(st.integers(0, 27), min_size=2, unique=True).map(sorted),
    reach=st.integers(1, 10),
)
def test_a_change_is_lost_where_the_last_night_that_would_have_told_it_did_not_arrive(
    arrived: list[int], reach: int
) -> None:
    one = record(arrived, reach)
    for day in range(arrived[-1] + 1):
        would_tell = range(day, day + reach)
        told = [n for n in arrived if n in would_tell]
        if not told:
            continue  # not delivered at all, which is another gap
        later = [n for n in would_tell if told[-1] < n < arrived[-1]]
        assert changes_lost(one, NIGHTS[day]) is bool(later)
