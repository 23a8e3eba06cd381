"""Which school date a run is about: DST-proof, and the form wins."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pact_dags.dates import COUNTY_TIME, day_of, night_of


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=COUNTY_TIME)


def run_at(instant: datetime, as_of: str | None = None) -> dict[str, Any]:
    dag_run = SimpleNamespace(logical_date=instant, run_after=instant)
    return {"dag_run": dag_run, "params": {"as_of": as_of}}


@pytest.mark.parametrize(
    ("instant", "night"),
    [
        (local(2026, 9, 1, 2), date(2026, 8, 31)),
        (local(2026, 11, 1, 2), date(2026, 10, 31)),  # the day with 25 hours
        (local(2026, 11, 2, 2), date(2026, 11, 1)),
        (local(2027, 3, 14, 3), date(2027, 3, 13)),  # 02:00 does not exist that day
        (local(2027, 3, 15, 2), date(2027, 3, 14)),
        (local(2027, 1, 1, 2), date(2026, 12, 31)),
    ],
)
def test_a_nightly_run_is_about_the_local_day_before(instant: datetime, night: date) -> None:
    assert night_of(run_at(instant.astimezone(UTC))) == night


def test_the_form_wins_over_the_schedule() -> None:
    context = run_at(datetime(2026, 9, 1, 9, tzinfo=UTC), "2026-08-20")

    assert night_of(context) == day_of(context) == date(2026, 8, 20)


def test_a_run_by_hand_has_no_logical_date_and_goes_by_when_it_was_asked_for() -> None:
    asked = datetime(2026, 9, 2, 6, 30, tzinfo=UTC)  # still the first of September in the county
    context = {
        "dag_run": SimpleNamespace(logical_date=None, run_after=asked),
        "params": {"as_of": None},
    }

    assert day_of(context) == date(2026, 9, 1)
    assert night_of(context) == date(2026, 8, 31)


def test_a_run_during_the_day_is_about_that_day() -> None:
    assert day_of(run_at(datetime(2026, 9, 1, 15, tzinfo=UTC))) == date(2026, 9, 1)
