"""The compiler behind the letters: one slice of JSON in, one tagged PDF out. Knows Typst, knows no letter."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typst

from pact_etl.domain.errors import InvariantBroken
from pact_etl.letters.fonts import FONTS

TEMPLATES = Path(__file__).parent / "templates"

_GENERATIONS = 12


class _Compilers:
    """A compiler for letters and one of nothing; each serves one thread at a time.

    They read nothing outside the templates' folder, and the fonts once.
    """

    def __init__(self) -> None:
        root = str(TEMPLATES)
        self.letters = typst.Compiler(
            input=str(TEMPLATES / "main.typ"),
            root=root,
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
        )
        nothing = str(TEMPLATES / "shared" / "nothing.typ")
        self.nothing = typst.Compiler(input=nothing, root=root, ignore_system_fonts=True)


_idle: list[_Compilers] = []
"""Warm ones, for whoever sets the next slice; as many as were ever at work at once."""


def compile_slice(payload: str) -> bytes:
    """Set one slice; several threads may, for the compiler leaves Python's lock to others.

    Args:
        payload: the JSON of `payload.slice_payload`.

    Raises:
        InvariantBroken: the compiler refused; its own words may quote a letter, so they are not repeated.
    """
    with _compilers() as own:
        try:
            # Archival and accessible: the compiler refuses what breaks either, such as a missing glyph.
            made = own.letters.compile(
                format="pdf", sys_inputs={"data": payload}, pdf_standards=["a-2a", "ua-1"]
            )
        except typst.TypstError:
            raise InvariantBroken("the typesetter refused a slice that passed preflight") from None
        finally:
            _forget(own)
    if not isinstance(made, bytes):
        raise InvariantBroken("the typesetter returned no single document")
    return made


@contextmanager
def _compilers() -> Iterator[_Compilers]:
    try:
        own = _idle.pop()
    except IndexError:
        own = _Compilers()
    try:
        yield own
    finally:
        _idle.append(own)


def _forget(own: _Compilers) -> None:
    """Let go of what the last slice left in the compiler's memory.

    Typst keeps every intermediate result until it went unused in ten compiles, some 200 MB a slice. A dozen compiles
    of nothing make it old at once, in a few milliseconds. The memory is the process's: a slice that is in work beside
    this one loses results as well and computes some of them again, which costs it a twentieth of its time.
    """
    for _ in range(_GENERATIONS):
        own.nothing.compile()
