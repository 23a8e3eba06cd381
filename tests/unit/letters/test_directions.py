"""Numbers, names and addresses among words written from the right read as they must, measured on the set page."""

from collections.abc import Iterator
from dataclasses import replace

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest

from pact_etl.domain.letter import Letter
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import render_batch
from pact_etl.letters.languages import wording_of, written_languages
from pact_etl.letters.samples import SAMPLE_SENDER, sample_letter

RTL = sorted(c for c in written_languages() if wording_of(c).language.direction == "rtl")
KIND = LetterKind.PACT_INVITATION


def pages(letter: Letter) -> Iterator[list[tuple[float, float, str]]]:
    """Every character of a page with where its lower left corner stands."""
    alone = replace(letter, english_copy=False)
    document = pdfium.PdfDocument(render_batch([alone], SAMPLE_SENDER).pdf)
    for page in document:
        text = page.get_textpage()
        characters = (
            (text.get_charbox(n, loose=True), chr(pdfium_c.FPDFText_GetUnicode(text, n)))
            for n in range(text.count_chars())
        )
        yield [
            (bottom, left, shown)
            for (left, bottom, _, _), shown in characters
            # The library turns brackets round as it reads; how they are printed is seen on a picture only.
            if not shown.isspace() and shown not in "()"
        ]
        text.close()
        page.close()
    document.close()


def lines_as_seen(letter: Letter) -> list[str]:
    """The lines of all pages, their characters from left to right as the eye meets them."""
    lines = []
    for characters in pages(letter):
        rows: dict[int, list[tuple[float, str]]] = {}
        for bottom, left, character in characters:
            rows.setdefault(round(bottom), []).append((left, character))
        lines += ["".join(c for _, c in sorted(row)) for row in rows.values()]
    return lines


@pytest.mark.parametrize("language", RTL)
@pytest.mark.parametrize(
    "shown",
    ["916555-0100", "916555-0134", "3500FlorinRoad,SacramentoCA95823", "6:00", "7:30"],
)
def test_what_is_read_from_the_left_stands_so_among_words_from_the_right(
    language: str, shown: str
) -> None:
    assert any(shown in line for line in lines_as_seen(sample_letter(KIND, language)))


@pytest.mark.parametrize("language", RTL)
def test_several_names_follow_one_another_from_the_right(language: str) -> None:
    letter = sample_letter(LetterKind.DISREGARD, language)
    students = tuple(replace(letter.students[0], first_name=name) for name in ("Ana", "Ben", "Cy"))

    [line] = [one for one in lines_as_seen(replace(letter, students=students)) if "Ben" in one]

    assert line.index("Ana") > line.index("Ben") > line.index("Cy")


def test_the_languages_written_from_the_right_are_known() -> None:
    assert RTL == ["ara", "fas", "prs", "pus"]
