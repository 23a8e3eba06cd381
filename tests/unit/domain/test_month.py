"""Months: parsed strictly, the last whole one before a day, and every week in exactly one of them."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.errors import UsageError
from pact_etl.domain.month import Month


def test_a_month_knows_its_days_and_its_neighbour() -> None:
    month = Month.parse("2026-03")

    assert (month.first, month.last) == (date(2026, 3, 1), date(2026, 3, 31))
    assert month.previous.name == "2026-02"
    assert month.previous.last == date(2026, 2, 28)
    assert Month.parse("2027-01").previous.name == "2026-12"


@pytest.mark.parametrize("text", ["2026-13", "October", "2026-1", "2026-10-05", ""])
def test_what_is_no_month_is_wrong_use(text: str) -> None:
    with pytest.raises(UsageError):
        Month.parse(text)


def test_the_second_of_a_month_is_about_the_month_before() -> None:
    assert Month.before(date(2026, 11, 2)).name == "2026-10"
    assert Month.before(date(2027, 1, 2)).name == "2026-12"


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_every_week_belongs_to_one_month(day: date) -> None:
    monday = day - timedelta(days=day.weekday())
    month = Month.parse(f"{monday:%Y-%m}")
    near = (month.previous, month, Month.before(month.last + timedelta(days=40)))

    assert Counter(m for one in near for m in one.mondays)[monday] == 1
