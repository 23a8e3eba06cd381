"""Letters that follow another: whom they are meant for, what waits, and that only the same home gets one."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.case import Result
from pact_etl.domain.follow_up import (
    FollowedStudent,
    FollowUpRules,
    Occasion,
    SecondInvitation,
    ThankYou,
    hold_of,
    kinds_in_force,
    named_by,
    same_home,
    still_invited,
    who_is_meant,
    words_of,
)
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import HOLDS, Reason
from pact_etl.domain.routing import Envelope, Routing

CHILD = FollowedStudent(
    student_id=1,
    district_id=1,
    invitation_id=1,
    finding_id=1,
    stands=False,
    is_called_for=True,
)
OTHER = replace(CHILD, student_id=2, invitation_id=2, finding_id=2)
VOID = Occasion(
    kind=LetterKind.DISREGARD,
    follows=1001,
    household_key="home",
    meeting="evening",
    sequence=2,
    came_back=False,
    is_clear=True,
    is_past=False,
    is_too_late=False,
    is_settled=True,
    is_invited=False,
    has_letter=False,
    is_rejected=False,
    students=(CHILD, OTHER),
)


def envelope(key: str) -> Envelope:
    return Envelope(household_key=key, recipient="R", lines=("R",), language="eng", email=None)


RIGHT = replace(OTHER, is_called_for=False, stands=True)
IN_PART = replace(VOID, is_clear=False, students=(CHILD, RIGHT))


def test_a_letter_is_taken_back_for_all_its_students() -> None:
    assert who_is_meant(VOID) == named_by(VOID) == (CHILD, OTHER)
    assert (hold_of(VOID), words_of(VOID)) == (None, LetterKind.DISREGARD)
    back = replace(OTHER, stands=True)
    assert hold_of(replace(VOID, students=(CHILD, back))) is Reason.STANDS_AGAIN


def test_a_letter_wrong_for_one_is_taken_back_for_that_one_and_stands_for_the_other() -> None:
    assert (hold_of(IN_PART), words_of(IN_PART)) == (None, LetterKind.DISREGARD_PART)
    assert who_is_meant(IN_PART) == (CHILD,)
    assert still_invited(IN_PART) == (RIGHT,)
    assert named_by(IN_PART) == (CHILD, RIGHT)


def test_where_nobody_can_say_for_whom_it_stands_a_person_looks() -> None:
    assert hold_of(replace(IN_PART, is_settled=False)) is Reason.UNDONE_IN_PART
    told = replace(RIGHT, stands=False, is_told=True)
    assert hold_of(replace(IN_PART, students=(CHILD, told))) is Reason.UNDONE_IN_PART
    came_back = replace(told, stands=True)
    assert hold_of(replace(IN_PART, students=(CHILD, came_back))) is Reason.STANDS_AGAIN


def test_after_the_evening_other_words_take_it_back_and_long_after_it_none() -> None:
    for one in (VOID, replace(IN_PART, is_settled=False)):
        past = replace(one, is_past=True)
        assert (hold_of(past), words_of(past)) == (None, LetterKind.DISREGARD_LATE)
        assert named_by(past) == who_is_meant(past)
        assert hold_of(replace(past, is_too_late=True)) is Reason.EVENING_PAST


FATES = st.sampled_from(["right", "told", "wrong"])


@given(st.lists(FATES, min_size=1, max_size=5), st.booleans(), st.booleans(), st.booleans())
def test_nobody_is_named_twice_as_wrong_nor_as_wrong_and_right(
    fates: list[str], is_past: bool, is_settled: bool, is_too_late: bool
) -> None:
    students = tuple(
        replace(
            CHILD,
            student_id=n,
            stands=fate == "right",
            is_called_for=fate != "right",
            is_told=fate == "told",
        )
        for n, fate in enumerate(fates)
    )
    one = replace(
        VOID,
        students=students,
        is_clear="right" not in fates,
        is_past=is_past,
        is_settled=is_settled,
        is_too_late=is_too_late,
    )
    meant, named = who_is_meant(one), named_by(one)
    assert [s.student_id for s in meant] == [n for n, f in enumerate(fates) if f == "wrong"]
    assert len({s.student_id for s in named}) == len(named)
    assert not any(s.is_told for s in named)
    if hold_of(one) is None and words_of(one) is LetterKind.DISREGARD_PART:
        assert {s.student_id for s in named} == {n for n, f in enumerate(fates) if f != "told"}
        assert "right" in fates


def test_a_letter_that_nobody_has_read_is_not_taken_back() -> None:
    assert who_is_meant(replace(VOID, came_back=True)) == ()


def test_a_second_invitation_is_about_those_whose_finding_stands() -> None:
    second = replace(VOID, kind=LetterKind.SECOND_INVITATION)

    assert who_is_meant(second) == ()
    stands = replace(OTHER, stands=True)
    assert who_is_meant(replace(second, students=(CHILD, stands))) == (stands,)


def test_who_came_is_thanked_although_the_finding_stands() -> None:
    stayed_away = replace(OTHER, is_called_for=False)
    came = replace(CHILD, stands=True)
    thanks = replace(VOID, kind=LetterKind.THANK_YOU, students=(came, stayed_away))

    assert (who_is_meant(thanks), hold_of(thanks)) == ((came,), None)
    assert hold_of(replace(thanks, is_clear=False)) is Reason.ATTENDEE_UNCLEAR


ROUTINGS = st.builds(
    Routing,
    envelopes=st.lists(st.sampled_from(["home", "else"]), unique=True).map(
        lambda keys: tuple(envelope(key) for key in keys)
    ),
    holds=st.lists(st.sampled_from(sorted(HOLDS)), max_size=2).map(tuple),
)


@given(st.dictionaries(st.integers(1, 5), ROUTINGS, min_size=1))
def test_the_letter_goes_to_the_earlier_home_if_every_student_may_be_written_about_there(
    routings: dict[int, Routing],
) -> None:
    found, holds = same_home(VOID, routings)

    reachable = [any(e.household_key == "home" for e in one.envelopes) for one in routings.values()]
    assert (found is not None) == all(reachable)
    assert bool(holds) == (not all(reachable))
    assert found is None or found.household_key == "home"
    if not all(reachable):
        stopped = [r for r, ok in zip(routings.values(), reachable, strict=True) if not ok]
        assert set(holds) == {h for one in stopped for h in one.holds or (Reason.HOME_CHANGED,)}


def test_taking_back_needs_no_rule_and_the_others_do() -> None:
    assert kinds_in_force(None) == (LetterKind.DISREGARD,)
    thanks = FollowUpRules(
        from_=date(2026, 7, 1), thank_you=ThankYou(after_days=1, within_days=9, why="x")
    )
    assert kinds_in_force(thanks) == (LetterKind.DISREGARD, LetterKind.THANK_YOU)


SECOND = {
    "after": [Result.NOT_ATTENDED],
    "after_days": 3,
    "within_days": 9,
    "at_most": 1,
    "why": "",
}


@pytest.mark.parametrize(
    "change", [{"after": []}, {"after": [Result.ATTENDED]}, {"within_days": 2}, {"at_most": 0}]
)
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="after"):
        SecondInvitation(**(SECOND | change))  # type: ignore[arg-type]
