"""Answers about a batch: how many persons it takes, and that one no ends it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.approval import YES, Answer, Outcome, Said, outcome_of, require_whole
from pact_etl.domain.county import ApproversNeeded
from pact_etl.domain.errors import UsageError
from pact_etl.domain.volume import UsualVolume, unusual, usual

ONE = ApproversNeeded(from_=date(2026, 1, 1), count=1, why="")
TWO = ApproversNeeded(from_=date(2026, 1, 1), count=2, why="")
EXPLAINED = ApproversNeeded(from_=date(2026, 1, 1), count=1, why="", reason_for_yes=True)
NAMED = ApproversNeeded(from_=date(2026, 1, 1), count=1, why="", persons=["Dana"])
BOUNDS = UsualVolume(weeks=8, least_batches=5, low=0.3, high=3.0, least=10)

said = st.builds(
    Said,
    answer=st.sampled_from(Answer),
    by=st.sampled_from(["dana", "Dana ", "alex", "ALEX"]),
    reason=st.just("seen"),
)


def yes(by: str) -> Said:
    return Said(answer=Answer.ALL, by=by)


def test_the_same_person_twice_is_one_person_however_the_name_is_written() -> None:
    assert outcome_of([yes("dana"), yes(" Dana")], TWO) is Outcome.WAITING
    assert outcome_of([yes("dana"), yes("alex")], TWO) is Outcome.APPROVED
    assert outcome_of([yes("dana")], ONE) is Outcome.APPROVED


@given(st.lists(said, max_size=5), st.sampled_from([ONE, TWO]))
def test_one_no_ends_it_and_nothing_is_approved_without_enough_persons(
    answers: list[Said], rule: ApproversNeeded
) -> None:
    outcome = outcome_of(answers, rule)
    persons = {one.by.strip().lower() for one in answers if one.answer in YES}

    assert (outcome is Outcome.REJECTED) == any(one.answer is Answer.NONE for one in answers)
    if outcome is Outcome.APPROVED:
        assert len(persons) >= rule.count
    assert outcome is outcome_of(list(reversed(answers)), rule)


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (Said(answer=Answer.ALL, by=" "), ONE),
        (Said(answer=Answer.NONE, by="dana"), ONE),
        (Said(answer=Answer.NONE, by="dana", reason="  "), ONE),
        (Said(answer=Answer.ALL_BUT, by="dana", letters=frozenset({1})), ONE),
        (Said(answer=Answer.PULL, by="dana", letters=frozenset({1})), ONE),
        (Said(answer=Answer.ALL, by="dana"), EXPLAINED),
        (Said(answer=Answer.ALL, by="alex"), NAMED),
        (Said(answer=Answer.NONE, by="alex", reason="no"), NAMED),
    ],
)
def test_an_answer_without_a_name_or_a_reason_it_needs_is_refused(
    one: Said, rule: ApproversNeeded
) -> None:
    with pytest.raises(UsageError):
        require_whole(one, rule)


def test_a_person_who_is_asked_answers_and_anybody_pulls_a_letter() -> None:
    require_whole(yes("dana"), NAMED)
    pulled = Said(answer=Answer.PULL, by="alex", reason="seen", letters=frozenset({1}))
    require_whole(pulled, NAMED)


def test_a_county_names_as_many_persons_as_must_approve() -> None:
    with pytest.raises(ValueError, match="fewer persons"):
        ApproversNeeded(from_=date(2026, 1, 1), count=2, why="", persons=["dana", "Dana "])


def test_a_county_asks_one_person_or_two() -> None:
    with pytest.raises(ValueError, match="one or two"):
        ApproversNeeded(from_=date(2026, 1, 1), count=3, why="")


@pytest.mark.parametrize(
    ("letters", "before", "verdict"),
    [
        (100, [20, 20, 20, 20, 20], "many"),
        (60, [20, 20, 20, 20, 20], None),
        (5, [20, 20, 20, 20, 20], "few"),
        (9, [1, 1, 1, 1, 1], None),  # three times as many, and still next to nothing
        (0, [4, 4, 4, 4, 4], None),
        (100, [20, 20, 20], None),  # too few batches to say
    ],
)
def test_a_batch_far_from_the_median_is_unusual(
    letters: int, before: list[int], verdict: str | None
) -> None:
    assert unusual(letters, usual(before, BOUNDS), BOUNDS) == verdict
