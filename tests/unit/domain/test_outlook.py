"""What would change the answer is found by asking the line itself, and is the least that would."""

from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.outlook import Change, turns
from pact_etl.domain.truancy import Tally, is_chronic_truant_candidate
from tests.policies import POLICY


def tally(unexcused: int, enrolled: int) -> Tally:
    return Tally(unexcused_days=unexcused, occasions=0, absent_days=0, enrolled_days=enrolled)


def told(unexcused: int, enrolled: int, *, is_enrolled: bool = True) -> dict[Change, int]:
    found = turns(tally(unexcused, enrolled), POLICY, is_enrolled=is_enrolled)
    return {turn.change: turn.days for turn in found}


def test_four_of_fifty_days_are_two_missed_days_away() -> None:
    assert told(4, 50) == {
        Change.MORE_DAYS_MISSED: 2,  # six of fifty-two
        Change.MORE_DAYS_UNEXCUSED: 1,  # five of fifty
        Change.ENROLLED_DAYS_AT_MOST: 40,
    }


def test_six_of_sixty_days_fall_back_by_one_excuse_or_one_day_attended() -> None:
    assert told(6, 60) == {Change.FEWER_DAYS_UNEXCUSED: 1, Change.MORE_DAYS_ATTENDED: 1}


def test_too_few_schooldays_are_made_up_by_days_missed_alone() -> None:
    # Past days that turn out to be without excuse cannot make the year longer.
    assert told(3, 18) == {Change.MORE_DAYS_MISSED: 2}


def test_who_has_left_is_turned_by_corrections_alone() -> None:
    assert told(6, 60, is_enrolled=False) == {Change.FEWER_DAYS_UNEXCUSED: 1}


@given(unexcused=st.integers(0, 60), enrolled=st.integers(0, 180))
def test_each_change_alone_turns_the_answer_and_one_day_less_does_not(
    unexcused: int, enrolled: int
) -> None:
    unexcused = min(unexcused, enrolled)
    before = is_chronic_truant_candidate(tally(unexcused, enrolled), POLICY)
    moves = {
        Change.MORE_DAYS_MISSED: lambda n: tally(unexcused + n, enrolled + n),
        Change.MORE_DAYS_UNEXCUSED: lambda n: tally(unexcused + n, enrolled),
        Change.FEWER_DAYS_UNEXCUSED: lambda n: tally(unexcused - n, enrolled),
        Change.MORE_DAYS_ATTENDED: lambda n: tally(unexcused, enrolled + n),
        Change.ENROLLED_DAYS_AT_MOST: lambda d: tally(unexcused, d),
    }
    for change, days in told(unexcused, enrolled).items():
        less = days + 1 if change is Change.ENROLLED_DAYS_AT_MOST else days - 1
        assert is_chronic_truant_candidate(moves[change](days), POLICY) is not before
        assert is_chronic_truant_candidate(moves[change](less), POLICY) is before
