"""Scorecards by hand: one ordinary month, changed where a test needs it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pact_etl.domain.month import Month
from pact_etl.scorecards.figures import (
    Attendance,
    Clearing,
    Deliveries,
    Night,
    Rate,
    Scorecard,
    Waiting,
)

OCTOBER = Month.parse("2026-10")


def schooldays(month: Month = OCTOBER) -> list[date]:
    days = [month.first + timedelta(days=n) for n in range(31)]
    return [d for d in days if d.weekday() < 5 and d <= month.last]


def night(day: date, **changes: Any) -> Night:
    one = Night(date=day, is_recorded=True, refused_reason=None, received=1000, set_aside=0, lag=0)
    return replace(one, **changes)


def shares(absent: float, students: int = 300) -> Attendance:
    return Attendance(
        students=students,
        absent=Rate(percent=absent),
        unexcused=Rate(percent=absent / 2),
        chronic=Rate(percent=absent * 3),
    )


def card(**changes: Any) -> Scorecard:
    one = Scorecard(
        district="Oak Grove",
        month=OCTOBER,
        first_night=date(2026, 8, 12),
        now=Deliveries(nights=[night(d) for d in schooldays()]),
        before=Deliveries(nights=[night(d) for d in schooldays(OCTOBER.previous)]),
        reasons={},
        codes=[],
        schools=[],
        clearing=Clearing(),
        waiting=[],
        waiting_total=0,
        mailed=40,
        came_back=0,
        questions=0,
        reads_changes=False,
        drift=[],
        weeks=[(m, shares(5 + n)) for n, m in enumerate(OCTOBER.mondays)],
        weeks_before=[(m, shares(4.5)) for m in OCTOBER.previous.mondays],
        attendance=shares(6.4),
        attendance_before=shares(4.5),
        county={"absent": 6.0, "unexcused": 2.5, "chronic": 17.0, "per_thousand": 1.2},
        smallest=11,
        minimum_enrolled_days=20,
    )
    return replace(one, **changes)


LONG = "Rancho Cordova Meadows Independent Study and Continuation High School of the Arts"


def worst_month() -> Scorecard:
    """Everything wrong at once, with the longest names there are."""
    nights = [
        night(d, is_recorded=False, refused_reason="header_changed", received=0, lag=n % 3)
        if n % 4 == 0
        else night(d, is_recorded=False, received=0, lag=None)
        if n % 4 == 1
        else night(d, received=1_284_000, set_aside=98_765 - n)
        for n, d in enumerate(schooldays())
    ]
    day = date(2026, 10, 6)
    kinds = ("address", "code", "outlier", "identity", "person", "language", "meeting", "volume")
    return card(
        district="Sacramento Valley Metropolitan Joint Union Elementary and High School District",
        now=Deliveries(nights=nights),
        reasons={
            "duplicate_row": 98_765,
            "unknown_student": 54_321,
            "outside_enrollment": 43_210,
            "no_school_that_day": 32_100,
            "school_day_outlier": 21_000,
            "id_mangled": 11_000,
            "unknown_code": 12_345,
        },
        codes=[
            {"code": f"UNEXPLAINED:{n:02}", "rows": 4000 - n, "schools": 60, "since": day}
            for n in range(9)
        ],
        schools=[
            {"name": f"{LONG} {n}", "reason": "unknown_code", "rows": 9, "since": day}
            for n in range(40)
        ]
        + [{"name": LONG, "reason": "school_day_outlier", "rows": 900, "since": day}],
        clearing=Clearing(
            half_within=9,
            most_within=41,
            shares={
                "0 to 2 days": 20.0,
                "3 to 7 days": 30.0,
                "8 to 14 days": 20.0,
                "15 to 30 days": 18.0,
                "over 30 days": None,
            },
            corrections=128_400,
        ),
        waiting=[Waiting(kind=k, students=4000, half_waits=20, longest=190) for k in kinds]
        + [Waiting(kind=k, students=None) for k in ("left", "testing", "other")],
        waiting_total=32_020,
        mailed=12_345,
        came_back=None,
        questions=321,
        reads_changes=True,
        drift=[{"date": day + timedelta(days=7 * n), "drift": 1234} for n in range(4)],
    )
