"""The compiler behind the letters: one slice of JSON in, one tagged PDF out. Knows Typst, knows no letter."""

import threading
from functools import cache
from pathlib import Path

import typst

from pact_etl.domain.errors import InvariantBroken
from pact_etl.letters.fonts import FONTS

TEMPLATES = Path(__file__).parent / "templates"
LETTERS = "main.typ"

_GENERATIONS = 12
_ONE_AT_A_TIME = threading.Lock()
"""Typst's memory of intermediate results is the process's, and a compile looks several times at its own: forgetting one
slice would make another in work compute half of its results again. A compile uses several cores by itself."""


def compile_slice(payload: str, template: str = LETTERS) -> bytes:
    """Set one slice. Several threads may; they take turns, and leave Python's lock to others.

    Args:
        payload: the JSON of `payload.slice_payload`, or of what another template reads.
        template: the file that sets it.

    Raises:
        InvariantBroken: the compiler refused; its own words may quote a letter, so they are not repeated.
    """
    with _ONE_AT_A_TIME:
        try:
            # Archival and accessible: the compiler refuses what breaks either, such as a missing glyph.
            made = _compiler(template).compile(
                format="pdf", sys_inputs={"data": payload}, pdf_standards=["a-2a", "ua-1"]
            )
        except typst.TypstError:
            raise InvariantBroken("the typesetter refused a slice that passed preflight") from None
        finally:
            _forget()
    if not isinstance(made, bytes):
        raise InvariantBroken("the typesetter returned no single document")
    return made


@cache
def _compiler(template: str) -> typst.Compiler:
    """One compiler for all slices, so that fonts are read once. It reads nothing outside the templates' folder."""
    return typst.Compiler(
        input=str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
    )


def _forget() -> None:
    """Let go of what the last slice left in the compiler's memory.

    Typst keeps every intermediate result until it went unused in ten compiles, some 200 MB a slice. A dozen compiles
    of nothing make it old at once, in a few milliseconds.
    """
    for _ in range(_GENERATIONS):
        _empty_compiler().compile()


@cache
def _empty_compiler() -> typst.Compiler:
    nothing = TEMPLATES / "shared" / "nothing.typ"
    return typst.Compiler(input=str(nothing), root=str(TEMPLATES), ignore_system_fonts=True)
