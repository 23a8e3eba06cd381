"""The vendor's calendar: cut-offs by local time, over clock changes, weekends and holidays."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.districts import load_county
from pact_etl.domain.vendor import Holiday, Vendor, VendorHours
from pact_etl.domain.working_days import (
    is_working_day,
    working_day_on_or_after,
    working_days_before,
)
from tests.conftest import ROOT

ZONE = ZoneInfo("America/Los_Angeles")
COUNTY = load_county(ROOT / "config")
VENDOR = COUNTY.vendor
HOUR = timedelta(hours=1)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)


def vendor(*hours: tuple[date, time], off: tuple[date, ...] = ()) -> Vendor:
    return Vendor(
        hours=[
            VendorHours(from_=day, cut_off=at, release_minutes_before=30, why="")
            for day, at in hours
        ],
        holidays=[Holiday(date=day, name="") for day in off],
    )


@pytest.mark.parametrize(
    ("now", "cut_off"),
    [
        (local(2026, 9, 1, 2, 5), local(2026, 9, 1, 15)),  # Tuesday night
        (local(2026, 9, 1, 14, 59), local(2026, 9, 1, 15)),
        (local(2026, 9, 1, 15), local(2026, 9, 2, 15)),  # just missed
        (local(2026, 9, 5, 2, 5), local(2026, 9, 8, 15)),  # Friday's night, then Labor Day
        (local(2026, 10, 31, 2), local(2026, 11, 2, 15)),  # clocks go back on Sunday
        (local(2027, 3, 13, 2), local(2027, 3, 15, 15)),  # clocks go forward on Sunday
        (local(2026, 11, 26, 2), local(2026, 11, 27, 15)),  # Thanksgiving
        (local(2026, 12, 24, 16), local(2026, 12, 28, 15)),  # Christmas on a Friday
        (local(2026, 12, 31, 15), local(2027, 1, 4, 15)),  # New Year on a Friday
    ],
)
def test_an_approver_has_until_the_vendors_next_cut_off(now: datetime, cut_off: datetime) -> None:
    assert VENDOR.next_cut_off(now.astimezone(UTC), ZONE) == cut_off


def test_the_day_with_25_hours_gives_an_hour_more_and_the_one_with_23_an_hour_less() -> None:
    back, forward = local(2026, 10, 31, 15), local(2027, 3, 13, 15)
    usual = timedelta(days=2)

    assert VENDOR.next_cut_off(back.astimezone(UTC), ZONE) - back.astimezone(UTC) == usual + HOUR
    left = VENDOR.next_cut_off(forward.astimezone(UTC), ZONE) - forward.astimezone(UTC)
    assert left == usual - HOUR


@given(
    st.timedeltas(timedelta(0), timedelta(days=700)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_a_cut_off_is_ahead_and_at_its_local_time_of_a_working_day(
    since: timedelta, cut_off: time
) -> None:
    # Clocks change on Sundays, so no cut-off falls into an hour that is missing or comes twice.
    now = datetime(2026, 1, 1, tzinfo=UTC) + since
    one = Vendor(
        hours=vendor((date(2020, 1, 1), cut_off)).hours,
        holidays=VENDOR.holidays,
    )
    at = one.next_cut_off(now, ZONE)
    end = at.astimezone(ZONE)

    assert now < at < now + timedelta(days=6)
    assert is_working_day(end.date(), one.days_off)
    assert end.time() == cut_off


def test_new_hours_hold_from_their_day_on() -> None:
    one = vendor((date(2026, 1, 1), time(15)), (date(2026, 9, 2), time(12)))

    assert one.next_cut_off(local(2026, 9, 1, 8).astimezone(UTC), ZONE) == local(2026, 9, 1, 15)
    assert one.next_cut_off(local(2026, 9, 1, 16).astimezone(UTC), ZONE) == local(2026, 9, 2, 12)


def test_approved_letters_wait_until_shortly_before_the_cut_off() -> None:
    at = local(2026, 9, 1, 15).astimezone(UTC)

    assert VENDOR.release_from(at, ZONE) == local(2026, 9, 1, 14, 30)


def test_a_calendar_without_a_working_day_is_an_error_and_no_endless_search() -> None:
    month = tuple(date(2026, 9, 1) + timedelta(days=n) for n in range(60))
    one = vendor((date(2026, 1, 1), time(15)), off=month)

    with pytest.raises(ValueError, match="no working day"):
        one.next_cut_off(local(2026, 9, 1, 8).astimezone(UTC), ZONE)


def test_every_listed_holiday_is_a_weekday_and_eleven_make_a_year() -> None:
    days = [holiday.date for holiday in VENDOR.holidays]

    assert all(day.weekday() < 5 for day in days)
    assert len(days) == len(set(days))
    assert sum(day.year == 2026 for day in days) == 11
    assert VENDOR.knows_year(2027)
    assert not VENDOR.knows_year(2031)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 1)), st.integers(0, 20))
def test_working_days_are_counted_by_weekends_and_holidays(day: date, count: int) -> None:
    off = VENDOR.days_off
    before = working_days_before(day, count, off)
    between = [before + timedelta(days=n) for n in range((day - before).days)]

    assert sum(is_working_day(one, off) for one in between) == count
    following = working_day_on_or_after(day, off)
    assert is_working_day(following, off)
    assert not any(
        is_working_day(day + timedelta(days=n), off) for n in range((following - day).days)
    )
