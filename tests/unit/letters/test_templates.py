"""Every language says the same things, in plain words, and threatens nobody."""

import re
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from pact_etl.letters import render_batch, template_languages
from pact_etl.letters.languages import TEMPLATES
from tests.letter_factories import SENDER, letter

KIND = TEMPLATES / "pact_invitation"

# PC 270.1 is repealed, the ladder is not documented, and an invitation does not threaten.
UNWELCOME = {
    "eng": "truan chronic 270 jail prison fine misdemeanor crime criminal prosecut penalt arrest charge must violat",
    "spa": "ausentismo crónic 270 cárcel prisión multa delito crimen criminal enjuici castig arrest cargo debe viola",
}


def source(language: str) -> str:
    return (KIND / f"{language}.typ").read_text(encoding="utf-8")


def definitions(language: str) -> dict[str, str]:
    """Each definition of a language file with the placeholders it uses, sorted."""
    parts = re.split(r"^#let ", source(language), flags=re.MULTILINE)[1:]
    names = (re.match(r"[a-z-]+", part) for part in parts)
    return {
        name[0]: " ".join(sorted(set(re.findall(r"\b[ps]\.[a-z]{2,}(?:-[a-z]+)*", part))))
        for name, part in zip(names, parts, strict=True)
        if name is not None
    }


def used_by_the_layout() -> set[str]:
    shared = (path.read_text(encoding="utf-8") for path in (TEMPLATES / "shared").glob("*.typ"))
    return set(re.findall(r"\bw\.([a-z]+(?:-[a-z]+)*)", "\n".join(shared)))


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


@pytest.mark.parametrize("language", sorted(template_languages()))
def test_every_language_defines_what_the_layout_uses(language: str) -> None:
    assert used_by_the_layout() <= set(definitions(language))


@pytest.mark.parametrize("language", sorted(template_languages()))
def test_every_language_has_the_placeholders_of_the_english_text(language: str) -> None:
    english, other = definitions("eng"), definitions(language)

    # A language may have definitions of its own for its grammar, but leaves nothing out.
    assert {name: other.get(name) for name in english} == english


@pytest.mark.parametrize("language", sorted(template_languages()))
def test_a_letter_threatens_nobody_and_calls_nobody_names(language: str) -> None:
    text = letter_text(language).lower()

    assert [word for word in UNWELCOME[language].split() if re.search(rf"\b{word}", text)] == []


def test_templates_hold_no_address_and_fetch_nothing() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(TEMPLATES).rglob("*.typ")]

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
