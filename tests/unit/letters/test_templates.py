"""Every language says the same things, in plain words, and threatens nobody."""

import re
from dataclasses import fields

import pypdfium2 as pdfium
import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import render_batch, template_languages
from pact_etl.letters.languages import LetterLabels, RecordLabels, written_languages
from pact_etl.letters.lint import wording_faults
from pact_etl.letters.typesetting import TEMPLATES
from tests.letter_factories import SENDER, letter

# PC 270.1 is repealed, the ladder is not documented, and an invitation does not threaten.
UNWELCOME = {
    "eng": "truan chronic 270 jail prison fine misdemeanor crime criminal prosecut penalt arrest charge must violat",
    "spa": "ausentismo crónic 270 cárcel prisión multa delito crimen criminal enjuici castig arrest cargo debe viola",
}


def used_by_the_templates() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.typ"))
    return set(re.findall(r"\bw\.(?:letter|record)\.([a-z_]+)", "\n".join(sources)))


def letter_text(language: str) -> str:
    """The first page, without the address block and the marks."""
    document = pdfium.PdfDocument(
        render_batch([letter(1, language=language, english_copy=False)], SENDER).pdf
    )
    page = document[0]
    text = page.get_textpage()
    try:
        return " ".join(text.get_text_range().split())
    finally:
        text.close()
        page.close()
        document.close()


def test_the_languages_are_those_whose_files_are_there() -> None:
    assert template_languages() == {"eng", "spa"}


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("language", sorted(written_languages()))
def test_every_language_says_the_same_whole_in_characters_that_print(
    language: str, kind: LetterKind
) -> None:
    if language in template_languages(kind):
        assert wording_faults(language, kind) == []


def test_the_templates_use_no_word_that_the_files_lack() -> None:
    assert used_by_the_templates() <= {
        field.name for labels in (LetterLabels, RecordLabels) for field in fields(labels)
    }


@pytest.mark.parametrize("language", sorted(template_languages()))
def test_a_letter_threatens_nobody_and_calls_nobody_names(language: str) -> None:
    text = letter_text(language).lower()

    assert [word for word in UNWELCOME[language].split() if re.search(rf"\b{word}", text)] == []


def test_templates_hold_no_address_and_fetch_nothing() -> None:
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.typ")]

    assert not [s for s in sources if "@preview" in s or "http" in s or "eval(" in s]


def syllables(word: str) -> int:
    """Vowel groups, less a silent e; within a few per cent of a dictionary for plain English."""
    word = word.lower()
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee"))
    return max(groups - silent, 1)


def test_the_english_letter_reads_at_or_below_grade_six() -> None:
    text = letter_text("eng")
    prose = text[text.index("Maria has") : text.index(":", text.index("Maria has"))]
    prose += ". " + text[text.index("What will happen") : text.index("Alex Rivera")]
    prose = re.sub(r"\(\d+\) \S+|\S+@\S+|\S+\.example\S*", "", prose)

    sentences = [part for part in re.split(r"[.?!]+", prose) if re.search("[a-z]", part)]
    words = re.findall(r"[A-Za-z]+", prose)
    per_sentence = len(words) / len(sentences)
    per_word = sum(map(syllables, words)) / len(words)
    assert 0.39 * per_sentence + 11.8 * per_word - 15.59 <= 6  # Flesch-Kincaid
