"""Schooldays that no delivery ever spoke of are named, for on them everybody counts as present."""

from datetime import date

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.school_year import school_year_of
from pact_etl.store.calendars import unstated_days
from tests.factories import record_submission, roster

pytestmark = pytest.mark.integration

FIRST = date(2026, 9, 14)


def gap(engine: Engine, as_of: date) -> list[date]:
    with engine.connect() as connection:
        district = connection.execute(text("SELECT id FROM district")).scalar_one()
        return unstated_days(connection, district, school_year_of(as_of), as_of)


@pytest.mark.parametrize(
    ("next_night", "covers_days", "missing"),
    [
        (date(2026, 9, 21), 7, []),  # the window reaches back to the day after
        (date(2026, 9, 21), 5, [date(2026, 9, 15), date(2026, 9, 16)]),
        (date(2026, 9, 22), 3, [date(2026, 9, day) for day in (15, 16, 17, 18)]),
    ],
)
def test_days_between_two_windows_are_a_gap_weekends_aside(
    store: Engine, next_night: date, covers_days: int, missing: list[date]
) -> None:
    record_submission(store, FIRST, roster(["01"]))
    record_submission(store, next_night, {}, covers_days=covers_days)

    assert gap(store, next_night) == missing


def test_a_file_that_reaches_back_closes_the_gap(store: Engine) -> None:
    record_submission(store, FIRST, roster(["01"]))
    record_submission(store, date(2026, 9, 25), {}, covers_days=2)
    record_submission(store, date(2026, 9, 28), {}, covers_days=14)

    assert gap(store, date(2026, 9, 28)) == []
