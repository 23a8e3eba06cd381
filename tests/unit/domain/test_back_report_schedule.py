"""When a report is due, and which days it speaks of: each day once, and none left out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.back_report_schedule import BackReportSchedule, Period, unreported

FIFTH = BackReportSchedule(from_=date(2026, 7, 1), day_of_month=5, why="county practice")
YEAR = date(2026, 1, 1)
days = st.integers(0, 120).map(lambda n: YEAR + timedelta(days=n))


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        (date(2026, 12, 4), date(2026, 10, 31)),
        (date(2026, 12, 5), date(2026, 11, 30)),
        (date(2027, 1, 5), date(2026, 12, 31)),
        (date(2027, 3, 4), date(2027, 1, 31)),
        (date(2027, 3, 31), date(2027, 2, 28)),
    ],
)
def test_on_its_day_a_report_holds_everything_to_the_end_of_the_month_before(
    as_of: date, last: date
) -> None:
    assert FIFTH.reported_to(as_of) == last


@pytest.mark.parametrize("day", [0, 29])
def test_a_day_that_some_month_lacks_is_none(day: int) -> None:
    with pytest.raises(ValueError, match="1 to 28"):
        BackReportSchedule(from_=YEAR, day_of_month=day, why="")


@given(
    st.lists(st.tuples(days, days).map(sorted).map(lambda p: Period(*p)), max_size=8), days, days
)
def test_each_day_is_in_a_report_that_was_made_or_in_one_that_is_due_and_never_in_both(
    reported: list[Period], first: date, last: date
) -> None:
    due = unreported(reported, first, last)

    def within(day: date, periods: list[Period]) -> int:
        return sum(one.first <= day <= one.last for one in periods)

    for n in range(121):
        day = YEAR + timedelta(days=n)
        expected = first <= day <= last and not within(day, reported)
        assert within(day, due) == int(expected)
