"""The measured process of the letters: set some sample letters in one of three ways and say how long that took."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from benchmarks.letter_samples import SENDER, sample_letters
from benchmarks.memory import own_peak_mb
from pact_etl.domain.letter import Letter

PAGES_PER_COMPILE = 500
STANDARDS: Any = ["a-2a", "ua-1"]


def set_with_pact(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """The pipeline's own way: checked, joined, tagged."""
    from pact_etl.letters import render_batch

    return lambda: render_batch(letters, SENDER).pdf


def set_with_typst(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """The same templates, fonts and PDF standards in as large compiles, and nothing else: no checks, no joining."""
    import typst

    from pact_etl.letters.fonts import FONTS
    from pact_etl.letters.payload import slice_payload
    from pact_etl.letters.typesetting import TEMPLATES

    def work() -> bytes:
        compiler = typst.Compiler(
            input=str(TEMPLATES / "main.typ"),
            root=str(TEMPLATES),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
        )
        made: Any = b""
        for part in _parts(letters):
            payload = slice_payload(part, SENDER, date(2026, 11, 6))
            made = compiler.compile(
                format="pdf", sys_inputs={"data": payload}, pdf_standards=STANDARDS
            )
        return bytes(made)

    return work


def set_with_weasyprint(letters: Sequence[Letter]) -> Callable[[], bytes]:
    """As HTML, all letters in one document."""
    import weasyprint  # type: ignore[import-untyped]

    from benchmarks.html_letter import letters_as_html

    return lambda: bytes(weasyprint.HTML(string=letters_as_html(letters, SENDER)).write_pdf())


WAYS = {"pact": set_with_pact, "typst": set_with_typst, "weasyprint": set_with_weasyprint}


def _parts(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    first, pages = 0, 0
    for index, letter in enumerate(letters):
        if index > first and pages + letter.page_count > PAGES_PER_COMPILE:
            yield letters[first:index]
            first, pages = index, 0
        pages += letter.page_count
    yield letters[first:]


def main() -> None:
    """Set the letters once; a library that cannot be loaded is a result, not a failure."""
    parser = argparse.ArgumentParser(description="Set sample letters.")
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    letters = sample_letters(options.count)
    try:
        work = WAYS[options.way](letters)
    except (
        ImportError,
        OSError,
    ) as missing:  # WeasyPrint's own libraries may be absent from the system
        print(json.dumps({"missing": str(missing).splitlines()[0]}))
        return
    began = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - began
    pages = sum(letter.page_count for letter in letters)
    told = {"seconds": seconds, "letters": len(letters), "pages": pages, "bytes": len(made)}
    print(json.dumps(told | {"peak_mb": own_peak_mb()}))


if __name__ == "__main__":
    main()
