"""The first sentence and the record behind it count the same days, in every language."""

import re
from dataclasses import replace

import pytest

from pact_etl.domain.letter import Letter, Missed
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters.composing import compose
from pact_etl.letters.inline import Run
from pact_etl.letters.languages import written_languages
from pact_etl.letters.samples import SAMPLE_SENDER, sample_letter

KIND = LetterKind.PACT_INVITATION


def opening(letter: Letter, language: str) -> tuple[Run, ...]:
    """The first paragraph behind the greeting."""
    return tuple(compose(letter, language, SAMPLE_SENDER)["first"]["parts"][1]["runs"])


def numbers(runs: tuple[Run, ...]) -> set[int]:
    return {int(found) for found in re.findall(r"\d+", " ".join(run.text for run in runs))}


@pytest.mark.parametrize("missed", Missed)
@pytest.mark.parametrize("language", sorted(written_languages()))
def test_the_sentence_says_the_counts_of_the_record(language: str, missed: Missed) -> None:
    letter = sample_letter(KIND, language, missed=missed)
    [student] = letter.students
    whole, late = len(student.unexcused_days), len(student.occasions_partial)
    expected = {
        Missed.DAYS: {whole, student.enrolled_days},
        Missed.LATE: {late, student.enrolled_days, 30},
        Missed.BOTH: {whole, late, student.enrolled_days, 30},
    }[missed]

    runs = opening(letter, language)

    assert numbers(runs) == expected
    assert numbers(tuple(run for run in runs if run.bold)) == expected - {30}


@pytest.mark.parametrize("language", sorted(written_languages()))
def test_of_several_students_each_one_is_told_its_own_counts(language: str) -> None:
    students = tuple(
        replace(sample_letter(KIND, language, missed=one).students[0], first_name=name)
        for name, one in (("Ana", Missed.DAYS), ("Ben", Missed.LATE), ("Cleo", Missed.BOTH))
    )
    # The line of one household is one line: where it counts lateness, it does so for all of them.
    students = tuple(
        replace(
            one,
            counts_late=True,
            occasions_partial=() if one.first_name == "Ana" else one.occasions_partial,
            unexcused_days=one.unexcused_days[: 3 if one.first_name == "Cleo" else None],
        )
        for one in students
    )
    runs = opening(replace(sample_letter(KIND, language), students=students), language)

    told = " ".join(run.text for run in runs)
    by_name = dict(re.findall(r"(Ana|Ben|Cleo)(.*?)(?=Ana|Ben|Cleo|$)", told, re.DOTALL))
    counts = {
        name: set(map(int, re.findall(r"\d+", text))) - {30} for name, text in by_name.items()
    }
    assert counts == {"Ana": {8, 60}, "Ben": {6, 60}, "Cleo": {3, 2, 60}}


@pytest.mark.parametrize(
    ("missed", "whole", "late"),
    [(Missed.DAYS, True, False), (Missed.LATE, False, True), (Missed.BOTH, True, True)],
)
def test_the_record_shows_in_bold_the_counts_that_the_sentence_says(
    missed: Missed, whole: bool, late: bool
) -> None:
    [record] = compose(sample_letter(KIND, "eng", missed=missed), "eng", SAMPLE_SENDER)["records"]

    assert [bold for _, _, bold in record["counts"]] == [False, False, whole, late, False, False]
    assert [number for _, number, bold in record["counts"] if bold] == [
        len(record[days])
        for days, is_counted in (("unexcused_days", whole), ("occasions_partial", late))
        if is_counted
    ]
