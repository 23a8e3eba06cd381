"""The three ways in which sample letters are set: the pipeline's own, bare Typst, and WeasyPrint."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.letter_samples import AS_OF, SENDER
from pact_etl.domain.letter import Letter

STANDARDS: Any = ["a-2a", "ua-1"]


def set_with_pact(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """The pipeline's own way: checked, joined, tagged."""
    from pact_etl.letters import render_batch

    return lambda: render_batch(letters, SENDER).pdf


def set_with_typst(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """The same templates, data, fonts, PDF standards and slices, and nothing else: no checks, no joining."""
    import typst

    from pact_etl.letters.fonts import FONTS
    from pact_etl.letters.payload import slice_payload
    from pact_etl.letters.rendering import PAGES_PER_SLICE, cut_slices
    from pact_etl.letters.typesetting import TEMPLATES

    def work() -> bytes:
        compiler = typst.Compiler(
            input=str(TEMPLATES / "main.typ"),
            root=str(TEMPLATES),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
        )
        made: Any = b""
        for part in cut_slices(letters, PAGES_PER_SLICE):
            inputs = {"data": slice_payload(part, SENDER, AS_OF)}
            made = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS)
        return bytes(made)

    return work


def set_with_weasyprint(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """As HTML, all letters in one document."""
    import weasyprint  # type: ignore[import-untyped]

    from benchmarks.html_letter import letters_as_html

    return lambda: bytes(weasyprint.HTML(string=letters_as_html(letters, SENDER)).write_pdf())


WAYS = {"pact": set_with_pact, "typst": set_with_typst, "weasyprint": set_with_weasyprint}
