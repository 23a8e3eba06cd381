"""What is wrong with a language's wording of a kind, before anybody gets a letter: every language says the same, whole.

A fault is one line that names the clause. That a text reads well in its language is for the reviewer.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pypdfium2 as pdfium

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import OwnText
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters.checks import POINTS
from pact_etl.letters.coverage import uncovered
from pact_etl.letters.errors import LettersUnfit
from pact_etl.letters.inline import PLACEHOLDER
from pact_etl.letters.kinds import clause_names
from pact_etl.letters.languages import texts_of, wording_of
from pact_etl.letters.rendering import render_batch
from pact_etl.letters.samples import SAMPLE_SENDER, longest_letter

MODEL = "eng"
"""The language that the others are held against."""

_EDGE = 0.5 * POINTS
_NUMBER = re.compile(r"\d{2,}(?:\.\d+)?")


def wording_faults(code: str, kind: LetterKind, own_words: tuple[OwnText, ...] = ()) -> list[str]:
    """Everything that keeps a kind from being printed in a language, as lines that name the clause."""
    clauses, said = _clauses(code, kind, own_words), _said(code, kind, own_words)
    return [
        *_clause_faults(clauses, kind),
        *_placeholder_faults(said, kind),
        *_number_faults(said, kind),
        *_markup_faults(said),
        *_glyph_faults(said),
    ]


def require_whole(kind: LetterKind, own_words: tuple[OwnText, ...]) -> None:
    """Stop where a county's own words lose a date, a count, a section of law, or cannot be printed.

    Raises:
        SettingsError: names the file, the text and what it lacks.
    """
    for code in sorted({own.language for own in own_words}):
        for fault in wording_faults(code, kind, own_words):
            raise SettingsError(f"letters/{code}.yaml: {kind}: {fault}")


def page_faults(code: str, kind: LetterKind, own_words: tuple[OwnText, ...] = ()) -> list[str]:
    """Whether a letter with the longest plausible names runs over its pages or their sides: the letter, or a record.

    Costs a second or less; the other faults are known without setting a page.
    """
    longest = longest_letter(kind, code)
    try:
        pdf = render_batch([longest], replace(SAMPLE_SENDER, own_words=own_words)).pdf
    except LettersUnfit as unfit:
        return [f"longest letter: {fault}" for fault in unfit.faults.values()]
    return ["longest letter: line_beyond_edge"] if _runs_over_an_edge(pdf) else []


def _runs_over_an_edge(pdf: bytes) -> bool:
    """Whether any text stands nearer to the side of its sheet than the return address may."""
    document = pdfium.PdfDocument(pdf)
    try:
        for page in document:
            text, width = page.get_textpage(), page.get_width()
            rects = (text.get_rect(n) for n in range(text.count_rects()))
            if any(left < _EDGE or right > width - _EDGE for left, _, right, _ in rects):
                return True
        return False
    finally:
        document.close()


def _clause_faults(clauses: Mapping[str, str], kind: LetterKind) -> Iterator[str]:
    for name in sorted(clause_names(kind) - set(clauses)):
        yield f"{name}: clause missing"
    for name in sorted(set(clauses) - clause_names(kind)):
        yield f"{name}: no such clause in this kind"
    yield from (f"{name}: empty" for name, text in clauses.items() if not text.strip())


def _placeholder_faults(said: Mapping[str, str], kind: LetterKind) -> Iterator[str]:
    model = _said(MODEL, kind)
    for name, text in said.items():
        used, meant = (
            Counter(PLACEHOLDER.findall(text)),
            Counter(PLACEHOLDER.findall(model.get(name, text))),
        )
        if used != meant:
            yield f"{name}: placeholders {sorted(used.elements())}, not {sorted(meant.elements())}"


def _number_faults(said: Mapping[str, str], kind: LetterKind) -> Iterator[str]:
    """Sections of law and the thirty minutes: what a statute makes of them, every language has to say."""
    model = _said(MODEL, kind)
    for name, text in said.items():
        if name.startswith("language."):
            continue
        meant, used = (set(_NUMBER.findall(one)) for one in (model.get(name, text), text))
        if missing := sorted(meant - used):
            yield f"{name}: does not say {' '.join(missing)}"


def _markup_faults(said: Mapping[str, str]) -> Iterator[str]:
    for name, text in said.items():
        if text.count("*") % 2:
            yield f"{name}: bold that does not end"
        if set("{}") & set(PLACEHOLDER.sub("", text)):
            yield f"{name}: a brace that is no placeholder"


def _glyph_faults(said: Mapping[str, str]) -> Iterator[str]:
    for name, text in said.items():
        if missing := uncovered(set(text)):
            yield f"{name}: no glyph for {' '.join(sorted(missing))}"


def _clauses(code: str, kind: LetterKind, own_words: tuple[OwnText, ...]) -> Mapping[str, str]:
    return wording_of(code, own_words).kinds.get(kind, {})


def _said(code: str, kind: LetterKind, own_words: tuple[OwnText, ...] = ()) -> dict[str, str]:
    """Every text by section and name."""
    wording = wording_of(code, own_words)
    if kind not in wording.kinds:
        return {}
    return dict(_named(wording.said_in(kind), ""))


def _named(value: Mapping[str, Any], within: str) -> Iterator[tuple[str, str]]:
    for name, part in value.items():
        if isinstance(part, Mapping):
            yield from _named(part, f"{within}{name}.")
        elif part is not None:
            yield f"{within}{name}", " ".join(texts_of(part))
