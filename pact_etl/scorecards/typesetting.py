"""The compiler behind the page: JSON in, one tagged PDF out, the same bytes for the same JSON."""

from functools import cache
from pathlib import Path

import typst

from pact_etl.domain.errors import InvariantBroken

TEMPLATES = Path(__file__).parent / "templates"


def compile_page(payload: str, fonts: Path) -> bytes:
    """Set one scorecard.

    Args:
        payload: the JSON of `page.page`.
        fonts: folder of the font files; no others are used.

    Raises:
        InvariantBroken: the compiler refused the page, for example for a character without a glyph.
    """
    try:
        # Archival and accessible, as letters are.
        made = _compiler(fonts).compile(
            format="pdf", sys_inputs={"data": payload}, pdf_standards=["a-2a", "ua-1"]
        )
    except typst.TypstError:
        raise InvariantBroken("the typesetter refused a scorecard") from None
    if not isinstance(made, bytes):
        raise InvariantBroken("the typesetter returned no single document")
    return made


@cache
def _compiler(fonts: Path) -> typst.Compiler:
    """Reads nothing outside the templates' folder."""
    return typst.Compiler(
        input=str(TEMPLATES / "scorecard.typ"),
        root=str(TEMPLATES),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
    )
