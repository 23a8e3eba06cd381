"""Clocks start where a school year ends."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.retention import RecordClass, due_through
from pact_etl.law import load_retention


@pytest.mark.parametrize(
    ("as_of", "months", "expected"),
    [
        (date(2028, 6, 29), 12, date(2026, 6, 30)),  # a day early: the year before last
        (date(2028, 6, 30), 12, date(2027, 6, 30)),
        (date(2029, 12, 29), 30, date(2026, 6, 30)),
        (date(2029, 12, 30), 30, date(2027, 6, 30)),
        (date(2028, 2, 28), 8, date(2027, 6, 30)),  # February has no 30th
        (date(2026, 7, 1), 0, date(2026, 6, 30)),
    ],
)
def test_a_year_is_due_so_many_months_after_its_last_day(
    as_of: date, months: int, expected: date
) -> None:
    assert due_through(as_of, months) == expected


@given(as_of=st.dates(date(2015, 1, 1), date(2040, 1, 1)), months=st.integers(0, 60))
def test_what_is_due_stays_due_and_never_reaches_into_the_running_year(
    as_of: date, months: int
) -> None:
    through = due_through(as_of, months)

    assert (through.month, through.day) == (6, 30)
    assert through < as_of
    assert due_through(as_of, months + 1) <= through
    assert due_through(date(as_of.year + 1, as_of.month, 28), months) >= through


def test_every_class_of_record_has_a_span_with_a_citation() -> None:
    for record_class in RecordClass:
        span = load_retention()[record_class]
        assert span.citation
        assert 0 <= span.at_least <= span.at_most
