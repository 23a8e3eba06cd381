"""Which school date a run is about: DST-proof, and the form wins. How long an approver has."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pact_dags.dates import COUNTY_TIME, day_of, night_of, until_cut_off


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


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (local(2026, 9, 1, 2, 5), timedelta(hours=12, minutes=55)),  # Tuesday night
        (local(2026, 9, 1, 14, 59), timedelta(minutes=1)),
        (local(2026, 9, 1, 15), timedelta(hours=24)),  # just missed
        (local(2026, 9, 5, 2, 5), timedelta(days=2, hours=12, minutes=55)),  # Friday's night
        (local(2026, 10, 31, 2), timedelta(days=2, hours=14)),  # clocks go back on Sunday
        (local(2027, 3, 13, 2), timedelta(days=2, hours=12)),  # clocks go forward on Sunday
    ],
)
def test_an_approver_has_until_the_next_cut_off_on_a_weekday(
    now: datetime, left: timedelta
) -> None:
    assert until_cut_off(now.astimezone(UTC), time(15)) == left


@given(
    st.timedeltas(timedelta(0), timedelta(days=730)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_the_time_left_always_ends_at_the_cut_off_of_a_weekday(
    since: timedelta, cut_off: time
) -> None:
    # Clocks change on Sundays, so no cut-off falls into an hour that is missing or comes twice.
    now = datetime(2026, 1, 1, tzinfo=UTC) + since
    left = until_cut_off(now, cut_off)
    end = (now + left).astimezone(COUNTY_TIME)

    assert timedelta(0) < left < timedelta(days=4)
    assert end.weekday() < 5
    assert end.time() == cut_off
