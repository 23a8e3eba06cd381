"""Whatever holds a letter or leaves a day uncounted is told in words, and nothing is told twice."""

import pytest

from pact_etl.domain.attendance import MAKES_NO_MARK, Status
from pact_etl.domain.gaps import DayReason
from pact_etl.domain.outlook import Change
from pact_etl.domain.plain_words import CHANGES, MEANING, REMEDY, STATUS, meaning_of
from pact_etl.domain.reasons import Reason

OF_LETTERS = list(Reason)[list(Reason).index(Reason.SCHOOL_HELD_UNKNOWN_CODE) :]
ACCUSING = ("dishonest", "criminal", "jail", "fine", "prosecut", "truant")


@pytest.mark.parametrize("reason", [*DayReason, *OF_LETTERS])
def test_every_reason_of_a_day_or_a_letter_has_words(reason: str) -> None:
    assert MEANING[reason]


def test_every_status_and_every_change_has_words() -> None:
    assert set(STATUS) == set(Status) - MAKES_NO_MARK
    assert set(CHANGES) == set(Change)
    assert all("{days}" in words for words in CHANGES.values())


def test_a_mark_is_told_by_its_status() -> None:
    assert meaning_of(DayReason.NOT_FULL_DAY_UNEXCUSED, "absent_excused") == "excused"


def test_two_reasons_are_never_told_in_the_same_words() -> None:
    assert len(set(MEANING.values())) == len(MEANING)


def test_words_accuse_nobody_and_name_no_penalty() -> None:
    said = " ".join([*MEANING.values(), *REMEDY.values(), *STATUS.values()]).lower()

    assert not [word for word in ACCUSING if f" {word}" in said]
