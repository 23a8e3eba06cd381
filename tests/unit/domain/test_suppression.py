"""The county's rules for looking first, at their edges."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.district import CharterAgreement
from pact_etl.domain.reasons import AFTER_MAILING, HOLDS, WITHDRAWALS, Reason
from pact_etl.domain.suppression import (
    CLEARED_BY_HAND,
    ENDLESS,
    TOLD_BY_HAND,
    MedicalPattern,
    OtherLetters,
    Reach,
    RoutingRules,
)
from tests.factories import district
from tests.policies import COUNTY

RULES = RoutingRules(
    from_=date(2026, 7, 1),
    medical_pattern=MedicalPattern(least_excused_days=10, least_share=0.5, why="a test"),
    other_letters=OtherLetters(days=5, why="a test"),
    reach=Reach(zips=["95608", "95811-95899"], why="a test"),
)
NIGHT = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("excused", "absent", "expected"),
    [(9, 9, False), (10, 20, True), (10, 21, False), (10, 10, True), (0, 0, False)],
)
def test_a_medical_pattern_needs_enough_days_and_half_of_them(
    excused: int, absent: int, expected: bool
) -> None:
    assert RULES.is_medical_pattern(excused, absent) is expected


@pytest.mark.parametrize(("days_ago", "expected"), [(0, True), (4, True), (5, False)])
def test_an_invitation_never_follows_the_districts_letter_back_to_back(
    days_ago: int, expected: bool
) -> None:
    assert RULES.follows_too_soon(NIGHT - timedelta(days=days_ago), NIGHT) is expected
    assert not RULES.follows_too_soon(None, NIGHT)


@pytest.mark.parametrize(
    ("zip_code", "expected"),
    [("95608", True), ("95608-1234", True), ("95811", True), ("95899", True), ("95900", False)],
)
def test_a_zip_code_is_in_reach_when_a_span_names_it(zip_code: str, expected: bool) -> None:
    assert RULES.is_within_county(zip_code) is expected


@given(st.from_regex(r"[0-9]{5}", fullmatch=True))
def test_a_county_that_names_no_zip_codes_writes_everywhere(zip_code: str) -> None:
    assert Reach(zips=[], why="a test").covers(zip_code)


def test_a_charter_without_an_agreement_in_force_is_known_by_file_or_by_settings() -> None:
    listed = district(
        charters=[
            CharterAgreement(school_code="1", from_=date(2026, 8, 1), to=date(2026, 12, 31)),
            CharterAgreement(school_code="2"),
        ]
    )

    assert not listed.lacks_agreement("1", NIGHT, is_charter=True)
    assert listed.lacks_agreement("1", date(2027, 1, 1), is_charter=False)
    assert listed.lacks_agreement("2", NIGHT, is_charter=False)
    assert listed.lacks_agreement("3", NIGHT, is_charter=True)
    assert not listed.lacks_agreement("3", NIGHT, is_charter=False)


@pytest.mark.parametrize("reason", sorted(HOLDS | AFTER_MAILING))
def test_every_hold_and_every_letter_gone_wrong_is_somebodys_work_by_a_date_and_the_county_says_why(
    reason: Reason,
) -> None:
    owner, due = COUNTY.duty_on(reason, NIGHT)

    assert owner
    assert due > NIGHT
    assert all(duties.holds[reason].why for duties in COUNTY.duties)


def test_what_a_person_may_enter_is_a_hold_and_no_protection_can_be_cleared() -> None:
    assert TOLD_BY_HAND | CLEARED_BY_HAND | ENDLESS <= HOLDS
    assert not CLEARED_BY_HAND & {Reason.SAFE_AT_HOME, Reason.DECEASED, Reason.DO_NOT_SEND}
    assert not HOLDS & (WITHDRAWALS | AFTER_MAILING)
