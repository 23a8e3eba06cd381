"""A set slice read back as a stranger would: is every page there, in order, marked, and the address in its window?

Reads the PDF, not the templates, so that a fault of a template cannot hide itself. A PDF library reads the address; the
marks come out of the page contents, because a library takes a third of the typesetter's own time to read every word.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import pypdfium2 as pdfium

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter import Letter
from pact_etl.letters.plain_pdf import found, read_objects, referred, stream, string_spans

POINTS = 72.0
PAGE_HEIGHT = 11 * POINTS
ADDRESS_ZONE = (0.5, 2.042, 4.0, 2.917)
"""Left, top, right and bottom in inches from the sheet's top left corner; sheet.typ sets the block by the same."""

_MARK = re.compile(r"(P[0-9]{10}), page ([0-9]+) of ([0-9]+)")
_LAST_TEXT = re.compile(rb"/(f\d+) [0-9.]+ Tf[^\[]*\[(.*)\]TJ\s*ET\s*Q\s*EMC\s*\Z", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def find_faults(pdf: bytes, letters: Sequence[Letter]) -> dict[str, str]:
    """A slug for every letter of the slice that did not come out as it must, by piece id.

    Args:
        pdf: one slice.
        letters: what it should hold, in print order.

    Raises:
        InvariantBroken: the slice cannot be read back.
    """
    expected = [(letter, page) for letter in letters for page in range(1, letter.page_count + 1)]
    try:
        marks = _read_marks(pdf)
    except (KeyError, ValueError) as error:
        raise InvariantBroken("a slice cannot be read back") from error
    if marks != [(letter.piece_id, str(page), str(letter.page_count)) for letter, page in expected]:
        return _page_faults(marks, letters)
    firsts = [index for index, (_, page) in enumerate(expected) if page == 1]
    return {
        letter.piece_id: "address_outside_window"
        for letter, window in zip(letters, _windows(pdf, firsts), strict=True)
        if _bare(window) != _bare("".join(letter.recipient.lines))
    }


def _read_marks(pdf: bytes) -> list[tuple[str, ...] | None]:
    """Piece id, page and pages from the foot of every page; None for a page without a mark."""
    objects, trailer = read_objects(pdf)
    catalog = objects[int(found(rb"/Root (\d+) 0 R", trailer))]
    pages = objects[int(found(rb"/Pages (\d+) 0 R", catalog))]
    alphabets: dict[int, dict[int, str]] = {}
    marks = []
    for number in referred(found(rb"/Kids\[([^\[\]]*)\]", pages)):
        mark = _MARK.fullmatch(_foot(objects, objects[number], alphabets))
        marks.append(mark.groups() if mark else None)
    return marks


def _foot(objects: dict[int, bytes], page: bytes, alphabets: dict[int, dict[int, str]]) -> str:
    """The text that a page sets last, which is its footer."""
    content = stream(objects[int(found(rb"/Contents (\d+) 0 R", page))])
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
    pairs = zip(codes[::2], codes[1::2], strict=True)
    return "".join(alphabets[font].get(high << 8 | low, "\ufffd") for high, low in pairs)


def _alphabet(cmap: bytes) -> dict[int, str]:
    """Text by glyph code."""
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", cmap)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8)]) if len(escape[1]) == 3 else _ESCAPED.get(escape[1], escape[1])


def _windows(pdf: bytes, pages: Sequence[int]) -> list[str]:
    """What shows in the envelope's lower window on these pages."""
    left, top, right, bottom = (inches * POINTS for inches in ADDRESS_ZONE)
    document = pdfium.PdfDocument(pdf)
    windows = []
    try:
        for index in pages:
            page = document[index]
            text = page.get_textpage()
            windows.append(
                text.get_text_bounded(
                    left=left, top=PAGE_HEIGHT - top, right=right, bottom=PAGE_HEIGHT - bottom
                )
            )
            text.close()
            page.close()
    finally:
        document.close()
    return windows


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
