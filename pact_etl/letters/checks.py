"""A set slice read back as a stranger would: every page there, marked, addresses in their windows, the right barcode.

Reads the PDF, not the templates, so that a fault of a template cannot hide itself. A PDF library reads the address; the
marks come out of the page contents, because a library takes a third of the typesetter's own time to read every word.
"""

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence

import pypdfium2 as pdfium

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.intelligent_mail import bars
from pact_etl.domain.letter import Letter, Sender
from pact_etl.letters.barcodes import find_barcode
from pact_etl.letters.plain_pdf import found, read_objects, referred, stream, string_spans

POINTS = 72.0
PAGE_HEIGHT = 11 * POINTS
ADDRESS_ZONE = (0.5, 2.042, 4.0, 2.917)
"""Left, top, right and bottom in inches from the sheet's top left corner; sheet.typ sets the block by the same."""
RETURN_ZONE = (0.5, 0.5, 4.0, 1.375)
CLEARANCE = 0.125
"""Inches around either zone in which nothing may stand: what a sheet that slides brings into its window (tap test)."""

_MARK = re.compile(r"(P[0-9]{10}), page ([0-9]+) of ([0-9]+)")
_LAST_TEXT = re.compile(rb"/(f\d+) [0-9.]+ Tf[^\[]*\[(.*)\]TJ\s*ET\s*Q\s*EMC\s*\Z", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"} | {
    b"%03o" % code: bytes([code]) for code in range(256)
}
_ONE_AT_A_TIME = threading.Lock()
"""PDFium may not be entered by two threads at once, even with a document each."""


def find_faults(pdf: bytes, letters: Sequence[Letter], sender: Sender) -> dict[str, str]:
    """A slug for every letter of the slice that did not come out as it must, by piece id.

    Args:
        pdf: one slice.
        letters: what it should hold, in print order.
        sender: whose return address the upper window shows.

    Raises:
        InvariantBroken: the slice cannot be read back.
    """
    expected = [(letter, page) for letter in letters for page in range(1, letter.page_count + 1)]
    try:
        contents, marks = _read_pages(pdf)
    except (KeyError, ValueError) as error:
        raise InvariantBroken("a slice cannot be read back") from error
    if marks != [(letter.piece_id, str(page), str(letter.page_count)) for letter, page in expected]:
        return _page_faults(marks, letters)
    firsts = [index for index, (_, page) in enumerate(expected) if page == 1]
    found_faults = (
        _window_fault(letter, sender, windows) or _barcode_fault(letter, contents[first])
        for letter, first, windows in zip(letters, firsts, _windows(pdf, firsts), strict=True)
    )
    return {
        letter.piece_id: fault
        for letter, fault in zip(letters, found_faults, strict=True)
        if fault is not None
    }


def _window_fault(letter: Letter, sender: Sender, windows: Sequence[str]) -> str | None:
    """What is wrong with the two windows, given the text in each and in each with its clearance."""
    address, around_address, sent_from, around_return = (_bare(text) for text in windows)
    if address != _bare("".join(letter.recipient.lines)):
        return "address_outside_window"
    if sent_from != _bare("".join(sender.return_lines)):
        return "return_address_outside_window"
    if (around_address, around_return) != (address, sent_from):
        return "clear_zone_not_empty"
    return None


def _barcode_fault(letter: Letter, content: bytes) -> str | None:
    barcode = find_barcode(content)
    if barcode is None or not letter.imb:
        return "barcode_wrong" if letter.imb or barcode else None
    left, top, right, bottom = (inches * POINTS for inches in ADDRESS_ZONE)
    is_inside = (
        barcode.left >= left
        and barcode.right <= right
        and barcode.top <= PAGE_HEIGHT - top
        and barcode.bottom >= PAGE_HEIGHT - bottom
    )
    if not is_inside:
        return "barcode_outside_window"
    return None if barcode.bars == bars(letter.imb) else "barcode_wrong"


def _read_pages(pdf: bytes) -> tuple[list[bytes], list[tuple[str, ...] | None]]:
    """Every page's content; and piece id, page and pages from its foot, None for a page without a mark."""
    objects, trailer = read_objects(pdf)
    catalog = objects[int(found(rb"/Root (\d+) 0 R", trailer))]
    pages = objects[int(found(rb"/Pages (\d+) 0 R", catalog))]
    alphabets: dict[int, dict[int, str]] = {}
    contents, marks = [], []
    for number in referred(found(rb"/Kids\[([^\[\]]*)\]", pages)):
        page = objects[number]
        content = stream(objects[int(found(rb"/Contents (\d+) 0 R", page))])
        mark = _MARK.fullmatch(_foot(objects, page, content, alphabets))
        contents.append(content)
        marks.append(mark.groups() if mark else None)
    return contents, marks


def _foot(
    objects: dict[int, bytes], page: bytes, content: bytes, alphabets: dict[int, dict[int, str]]
) -> str:
    """The text that a page sets last, which is its footer."""
    last = _LAST_TEXT.search(content, max(content.rfind(b"BT"), 0))
    if last is None:
        return ""
    resources = objects[int(found(rb"/Resources (\d+) 0 R", page))]
    font = int(found(rb"/%s (\d+) 0 R" % last[1], resources))
    if font not in alphabets:
        alphabets[font] = _alphabet(
            stream(objects[int(found(rb"/ToUnicode (\d+) 0 R", objects[font]))])
        )
    shown = last[2]
    codes = b"".join(
        _ESCAPE.sub(_unescaped, shown[start + 1 : end - 1]) for start, end in string_spans(shown)
    )
    alphabet = alphabets[font]
    pairs = zip(codes[::2], codes[1::2], strict=True)
    return "".join(alphabet.get(high << 8 | low, "\ufffd") for high, low in pairs)


def _alphabet(cmap: bytes) -> dict[int, str]:
    """Text by glyph code."""
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", cmap)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return _ESCAPED.get(escape[1], escape[1])


def _windows(pdf: bytes, pages: Sequence[int]) -> list[tuple[str, ...]]:
    """What shows on these pages: in the lower window, that with its clearance, the upper one, that with its own."""
    areas = [
        (left - around, top - around, right + around, bottom + around)
        for left, top, right, bottom in (ADDRESS_ZONE, RETURN_ZONE)
        for around in (0, CLEARANCE)
    ]
    with _ONE_AT_A_TIME:
        document = pdfium.PdfDocument(pdf)
        try:
            return [_texts_within(document[index], areas) for index in pages]
        finally:
            document.close()


def _texts_within(
    page: pdfium.PdfPage, areas: Sequence[tuple[float, float, float, float]]
) -> tuple[str, ...]:
    text = page.get_textpage()
    texts = tuple(
        text.get_text_bounded(
            left=left * POINTS,
            top=PAGE_HEIGHT - top * POINTS,
            right=right * POINTS,
            bottom=PAGE_HEIGHT - bottom * POINTS,
        )
        for left, top, right, bottom in areas
    )
    text.close()
    page.close()
    return texts


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


def _bare(text: str) -> str:
    """Without spaces and ligatures, which extraction may add or drop."""
    return "".join(unicodedata.normalize("NFKC", text).split())
