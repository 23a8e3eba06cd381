"""One home is asked to one evening a night, whichever letters of its call for another one."""

from dataclasses import replace

from pact_etl.domain.follow_up import FollowUpDecision, Occasion
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.routing import Envelope
from pact_etl.steps.follow_ups import one_evening_per_home

FIRST = Occasion(
    kind=LetterKind.SECOND_INVITATION,
    follows=1001,
    household_key="home",
    meeting="evening",
    sequence=2,
    came_back=False,
    is_clear=True,
    is_past=True,
    is_too_late=False,
    is_settled=True,
    is_invited=False,
    has_letter=False,
    is_rejected=False,
    students=(),
)


def decide(one: Occasion) -> FollowUpDecision:
    """An envelope for whoever is not invited yet; another is held by whom it is told that the home is."""
    key = one.household_key
    home = Envelope(household_key=key, recipient="R", lines=("R",), language="eng", email=None)
    return FollowUpDecision(occasion=one, envelope=None if one.is_invited else home)


def test_two_letters_of_one_home_ask_it_to_one_evening_and_the_second_waits() -> None:
    second = replace(FIRST, follows=1002, meeting="later evening")
    elsewhere = replace(FIRST, follows=1003, household_key="other home")

    made = one_evening_per_home(decide, [FIRST, second, elsewhere])

    assert [one.occasion.follows for one in made if one.envelope] == [1001, 1003]
    assert [one.occasion.is_invited for one in made] == [False, True, False]


def test_a_letter_that_waits_or_thanks_asks_to_no_evening() -> None:
    held = replace(FIRST, is_invited=True)
    thanks = replace(FIRST, follows=1002, kind=LetterKind.THANK_YOU)
    own = replace(FIRST, follows=1003)

    made = one_evening_per_home(decide, [held, thanks, own])

    assert [one.envelope is not None for one in made] == [False, True, True]
