"""Deadlines: from the county's settings and the law file, before and after their events."""

from datetime import date

from pact_etl.domain.timers import due_dates
from tests.policies import COUNTY, STATUTES

DAY = date(2026, 11, 20)
TIMERS = [*COUNTY.timers, *STATUTES.timers_on(DAY)]


def on(**events: date) -> dict[str, date]:
    return {due.name: due.on for due in due_dates(events, TIMERS)}


def test_the_first_notice_is_sent_within_a_week_of_the_classification() -> None:
    assert on(became_truant=date(2026, 10, 9)) == {"first_notice_sent": date(2026, 10, 16)}


def test_a_statutory_meeting_is_announced_five_days_before_over_a_change_of_year() -> None:
    assert on(da_meeting=date(2027, 1, 4)) == {"da_meeting_notice_served": date(2026, 12, 30)}


def test_a_certification_of_29_february_is_answered_by_15_march() -> None:
    assert on(certification_received=date(2028, 2, 29)) == {
        "certification_answered": date(2028, 3, 15)
    }


def test_deadlines_come_earliest_first_and_unknown_events_set_none() -> None:
    due = due_dates(
        {"review_board_meeting": date(2026, 12, 15), "record_released_to_court": DAY, "x": DAY},
        TIMERS,
    )

    assert [d.name for d in due] == ["parent_told_of_release", "review_board_notice_mailed"]


def test_every_deadline_says_where_it_comes_from() -> None:
    assert all(timer.why for timer in TIMERS)
