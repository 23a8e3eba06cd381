"""A set slice read back as a stranger would: is every page there, in order, marked, and the address in its window?

Reads the PDF, not the templates, so that a fault of a template cannot hide itself.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import pypdfium2 as pdfium

from pact_etl.domain.letter import Letter

POINTS = 72.0
PAGE_HEIGHT = 11 * POINTS
ADDRESS_ZONE = (0.5, 2.042, 4.0, 2.917)
"""Left, top, right and bottom in inches from the sheet's top left corner; sheet.typ sets the block by the same."""

_MARK = re.compile(r"(P[0-9]{10}), page ([0-9]+) of ([0-9]+)\s*\Z")


def find_faults(pdf: bytes, letters: Sequence[Letter]) -> dict[str, str]:
    """A slug for every letter of the slice that did not come out as it must, by piece id.

    Args:
        pdf: one slice.
        letters: what it should hold, in print order.
    """
    expected = [
        (letter, number) for letter in letters for number in range(1, letter.page_count + 1)
    ]
    document = pdfium.PdfDocument(pdf)
    try:
        pages = [_read_page(document, index) for index in range(len(document))]
    finally:
        document.close()
    marks = [mark for mark, _ in pages]
    if marks != [_expected_mark(letter, number) for letter, number in expected]:
        return _page_faults(marks, letters)
    faults = {}
    for (letter, number), (_, window) in zip(expected, pages, strict=True):
        if number == 1 and _bare(window) != _bare("".join(letter.recipient.lines)):
            faults[letter.piece_id] = "address_outside_window"
    return faults


def _expected_mark(letter: Letter, number: int) -> tuple[str, str, str]:
    return (letter.piece_id, str(number), str(letter.page_count))


def _page_faults(
    marks: Sequence[tuple[str, ...] | None], letters: Sequence[Letter]
) -> dict[str, str]:
    counted = Counter(mark[0] for mark in marks if mark is not None)
    wrong = {
        letter.piece_id: "page_count_wrong"
        for letter in letters
        if counted[letter.piece_id] != letter.page_count
    }
    # Pages without a mark or out of order cannot be laid at one letter's door, so none of the slice may go.
    return wrong or {letter.piece_id: "page_mark_wrong" for letter in letters}


def _read_page(document: pdfium.PdfDocument, index: int) -> tuple[tuple[str, ...] | None, str]:
    """The page's mark, and the text in the envelope's lower window if this is the first page of a letter."""
    page = document[index]
    text = page.get_textpage()
    try:
        mark = _MARK.search(text.get_text_range())
        if mark is None or mark[2] != "1":
            return (mark.groups() if mark else None, "")
        left, top, right, bottom = (inches * POINTS for inches in ADDRESS_ZONE)
        window = text.get_text_bounded(
            left=left, top=PAGE_HEIGHT - top, right=right, bottom=PAGE_HEIGHT - bottom
        )
        return (mark.groups(), window)
    finally:
        text.close()
        page.close()


def _bare(text: str) -> str:
    """Without spaces and ligatures, which extraction may add or drop."""
    return "".join(unicodedata.normalize("NFKC", text).split())
