"""The county's schedule: every school date once, clock changes or not."""

from datetime import date, timedelta
from typing import Any

import pytest


@pytest.fixture(scope="module")
def schedule(ask_airflow: Any) -> dict[str, Any]:
    answer: dict[str, Any] = ask_airflow("describe_nights.py", "2026-07-01", "2027-07-01")
    return answer


def test_every_night_of_a_year_is_run_once_and_in_order(schedule: dict[str, Any]) -> None:
    first = date(2026, 6, 30)
    expected = [(first + timedelta(days=n)).isoformat() for n in range(365)]

    assert schedule["nights"] == expected


def test_a_new_installation_starts_with_the_next_night(schedule: dict[str, Any]) -> None:
    assert 0 < schedule["hours_to_first_run"] <= 25
