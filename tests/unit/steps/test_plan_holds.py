"""Holds that the county's own policy makes: grades, and the pause between two letters."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pact_etl.domain.reasons import Reason
from pact_etl.steps.plan import hold_of_candidate
from pact_etl.store.planning import Candidate
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
