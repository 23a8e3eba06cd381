"""A letter that takes another back in part names for whom that stands, and is looked at for their names too."""

from dataclasses import replace

import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters.composing import compose, short_names
from pact_etl.letters.preflight import find_unprintable
from pact_etl.letters.samples import SAMPLE_SENDER, sample_letter

IN_PART = sample_letter(LetterKind.DISREGARD_PART, "eng")
WRONG, RIGHT = IN_PART.students[0], IN_PART.still_invited[0]


def test_it_says_who_is_meant_for_whom_the_evening_stands_and_when_it_is() -> None:
    parts = compose(IN_PART, "eng", SAMPLE_SENDER)["first"]["parts"]
    texts = ["".join(run.text for run in part["runs"]) for part in parts if "runs" in part]

    [wrong] = [text for text in texts if WRONG.first_name in text]
    [stands] = [text for text in texts if RIGHT.first_name in text]
    assert f"about {WRONG.first_name} was wrong" in wrong
    assert stands.startswith(f"For {RIGHT.first_name}, the invitation still stands.")
    assert [part for part in parts if "facts" in part]


def test_two_children_of_one_first_name_are_told_apart_wherever_they_are_named() -> None:
    both = replace(IN_PART, still_invited=(replace(RIGHT, first_name=WRONG.first_name),))

    assert short_names(both, both.students) == [f"{WRONG.first_name} {WRONG.last_name}"]
    assert short_names(both, both.still_invited) == [f"{WRONG.first_name} {RIGHT.last_name}"]


def test_a_name_without_a_glyph_is_found_among_those_for_whom_it_stands() -> None:
    cherokee = replace(IN_PART, still_invited=(replace(RIGHT, first_name="\u13a0"),))

    assert find_unprintable([cherokee], SAMPLE_SENDER) == {
        IN_PART.piece_id: "character_without_glyph"
    }


@pytest.mark.parametrize("kind", [LetterKind.DISREGARD, LetterKind.DISREGARD_LATE])
def test_only_a_letter_in_part_stands_for_somebody(kind: LetterKind) -> None:
    with pytest.raises(ValueError, match="stands for somebody"):
        replace(IN_PART, kind=kind)
    with pytest.raises(ValueError, match="stands for somebody"):
        replace(IN_PART, still_invited=())
