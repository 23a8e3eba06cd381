"""The samples an approver sees come from all over the batch."""

from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.letter import Letter
from pact_etl.steps.proposal import spread
from tests.letter_factories import letter


def letters(places: list[tuple[str, str]]) -> list[tuple[str, Letter]]:
    return [
        (district, letter(n, language=language)) for n, (district, language) in enumerate(places)
    ]


def test_a_rare_language_is_among_ten_samples_of_thirteen_districts() -> None:
    many = [(f"district {n}", "eng") for n in range(13) for _ in range(20)]

    chosen = spread(letters([*many, ("district 3", "spa"), ("district 5", "rus")]), 10)

    assert {one.language for _, one in chosen} == {"eng", "spa", "rus"}
    assert len({district for district, _ in chosen}) >= 9


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["eng", "spa", "rus"]))))
def test_samples_are_ten_different_letters_or_all_there_are(places: list[tuple[str, str]]) -> None:
    chosen = spread(letters(places), 10)

    assert len({one.piece_id for _, one in chosen}) == len(chosen) == min(10, len(places))
    assert {one.language for _, one in chosen} == {language for _, language in places}
