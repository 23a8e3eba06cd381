"""The three lines, at, just under and just over each threshold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.truancy import Rule, Tally, rules_met
from tests.policies import POLICY

TRUANT, CANDIDATE, ABSENTEE = Rule.TRUANT, Rule.CHRONIC_TRUANT_CANDIDATE, Rule.CHRONIC_ABSENTEE


@pytest.mark.parametrize(
    ("unexcused", "occasions", "absent", "enrolled", "expected"),
    [
        (0, 2, 0, 100, set()),  # two occasions are not three
        (0, 3, 0, 100, {TRUANT}),  # three late arrivals make a truant and nothing else
        (9, 9, 9, 100, {TRUANT}),  # 9 of 100 is under ten per cent
        (10, 10, 10, 100, {TRUANT, CANDIDATE, ABSENTEE}),  # exactly ten per cent is enough
        (10, 10, 10, 101, {TRUANT}),  # 9.9 per cent never rounds up
        (2, 2, 2, 20, {ABSENTEE}),  # two unexcused days are no case, however short the span
        (3, 3, 3, 19, {TRUANT}),  # nineteen enrolled days are too few for a rate
        (3, 3, 3, 20, {TRUANT, CANDIDATE, ABSENTEE}),
        (0, 0, 18, 177, {ABSENTEE}),  # excused absences make a chronic absentee, never a truant
    ],
)
def test_each_line_is_met_at_its_threshold_and_not_before(
    unexcused: int, occasions: int, absent: int, enrolled: int, expected: set[Rule]
) -> None:
    tally = Tally(
        unexcused_days=unexcused,
        occasions=occasions,
        absent_days=absent,
        enrolled_days=enrolled,
    )

    assert expected == rules_met(tally, POLICY)


@given(
    unexcused=st.integers(0, 180),
    excused=st.integers(0, 180),
    enrolled=st.integers(0, 180),
)
def test_an_excused_absence_never_makes_a_truant(
    unexcused: int, excused: int, enrolled: int
) -> None:
    def over(absent: int) -> frozenset[Rule]:
        tally = Tally(
            unexcused_days=unexcused,
            occasions=unexcused,
            absent_days=absent,
            enrolled_days=enrolled,
        )
        return rules_met(tally, POLICY) - {ABSENTEE}

    assert over(unexcused) == over(unexcused + excused)


@given(unexcused=st.integers(0, 180), enrolled=st.integers(0, 180))
def test_one_more_attended_day_never_puts_a_student_over_the_ratio(
    unexcused: int, enrolled: int
) -> None:
    def ratio_met(days: int) -> bool:
        tally = Tally(unexcused_days=unexcused, occasions=0, absent_days=0, enrolled_days=days)
        return CANDIDATE in rules_met(tally, POLICY)

    if enrolled >= 20 and not ratio_met(enrolled):
        assert not ratio_met(enrolled + 1)
