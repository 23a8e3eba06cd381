"""Holds that the county's own policy makes: grades, and the pause between two letters."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pact_etl.districts import load_county
from pact_etl.domain.reasons import Reason
from pact_etl.steps.plan import first_free_meeting, hold_of_candidate
from pact_etl.store.planning import Candidate
from tests.conftest import ROOT
from tests.policies import POLICY

NIGHT = date(2026, 11, 20)
CANDIDATE = Candidate(
    finding_id=1,
    student_id=1,
    slug="oak-grove",
    invitation_id=None,
    as_of=NIGHT,
    grade="05",
    last_letter=None,
)
ONLY_ELEMENTARY = replace(POLICY, threshold=replace(POLICY.threshold, grades=("KN", "05")))


def hold(**changes: object) -> Reason | None:
    return hold_of_candidate(replace(CANDIDATE, **changes), POLICY, NIGHT, 8)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days_ago", "expected"), [(55, Reason.COOLING_DOWN), (56, None), (0, Reason.COOLING_DOWN)]
)
def test_no_second_letter_leaves_before_eight_weeks_are_over(
    days_ago: int, expected: Reason | None
) -> None:
    assert hold(last_letter=NIGHT - timedelta(days=days_ago)) is expected


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        ("05", None),
        ("KN", None),
        ("06", Reason.OUTSIDE_GRADE_SPAN),
        (None, Reason.OUTSIDE_GRADE_SPAN),
    ],
)
def test_a_grade_that_the_county_does_not_invite_is_held(
    grade: str | None, expected: Reason | None
) -> None:
    assert hold_of_candidate(replace(CANDIDATE, grade=grade), ONLY_ELEMENTARY, NIGHT, 8) is expected


def test_a_county_that_names_no_grades_invites_all_of_them() -> None:
    assert hold(grade="12") is None


def test_a_home_is_not_asked_to_two_places_on_one_evening() -> None:
    county = load_county(ROOT / "config")
    first, second, third = sorted(county.meetings, key=lambda one: one.date)[:3]
    evenings = [first, replace(second, date=first.date), third]
    on_one_day = replace(county, meetings=evenings)
    long_before = first.date - timedelta(days=60)

    found = first_free_meeting(on_one_day, long_before, "a home", {("a home", first.slug)})

    assert found == third.slug


@pytest.mark.parametrize(("days_before", "expected"), [(4, True), (3, False), (-1, False)])
def test_an_approved_letter_asks_to_an_evening_while_its_record_can_be_disputed(
    days_before: int, expected: bool
) -> None:
    county = load_county(ROOT / "config")
    evening = county.meetings[0]

    in_time = county.may_still_invite(evening.slug, evening.date - timedelta(days=days_before))

    assert in_time is expected


def test_nobody_is_asked_to_an_evening_that_the_county_no_longer_names() -> None:
    county = load_county(ROOT / "config")
    evening = county.meetings[0]
    without = replace(county, meetings=county.meetings[1:])

    assert not without.may_still_invite(evening.slug, evening.date - timedelta(days=30))
