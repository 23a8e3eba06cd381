"""Bytes of one delimited text file to header and rows, refusing what is torn, mis-encoded or out of shape.

Knows nothing of canonical columns. Two readers stand behind one result: pyarrow for the usual file (a second for a
million rows), and Python's own for files where a row is broken or a cell holds a line break, because only that one can
say on which line each row began.
"""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

LONGEST_CELL = 1_000_000
LONGEST_LINE = 2 * LONGEST_CELL
MOST_COLUMNS = 2000
LONGEST_COUNT = 18  # digits of a trailer's count
csv.field_size_limit(LONGEST_CELL)

# Longest first: the mark of UTF-32 begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20

_NO_DELIMITERS = '"\r\n\0\x1a'

_END = "\x1a"  # stands below the last row; when it ends up inside a cell, a quote never closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a dialect writes its files.

    Raises:
        SettingsError: no such encoding, or a delimiter that cannot delimit.
    """

    encoding: str
    delimiter: str
    trailer: str | None
    final_newline_required: bool = True

    def __post_init__(self) -> None:
        """Refuse what no file can be read with."""
        try:
            "".encode(self.encoding)
        except (LookupError, UnicodeError):
            raise SettingsError(f"no encoding {self.encoding!r}") from None
        if len(self.delimiter) != 1 or self.delimiter in _NO_DELIMITERS:
            raise SettingsError(f"{self.delimiter!r} cannot delimit cells")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """A file's cells as text, columns by position.

    `broken` are positions of rows with a wrong number of cells; their cells are empty. `has_line_breaks` says that some
    cell holds one, which may be an address or the mark of a stray quote that swallowed rows.
    """

    header: list[str]
    cells: pd.DataFrame = field(repr=False)
    lines: pd.Series = field(repr=False)
    broken: list[int]
    has_line_breaks: bool


def read_rows(name: str, content: bytes, shape: Shape) -> Rows:
    """Read one file.

    Raises:
        SubmissionRefused: FILE_EMPTY, ENCODING_INVALID, FILE_TRUNCATED or FILE_MALFORMED.
    """
    data = _as_utf8(name, content, shape.encoding)
    if not data.strip():
        raise SubmissionRefused(Reason.FILE_EMPTY, file=name)
    data, stated = _without_trailer(name, data, shape)
    if shape.trailer is None and shape.final_newline_required and data[-1:] not in (b"\n", b"\r"):
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="last line has no end")
    _refuse_long_lines(name, data)
    header, body = _split_header(name, data, shape.delimiter)
    rows = _read_fast(header, body, shape.delimiter) or _read_exact(
        name, header, data, shape.delimiter
    )
    if stated is not None and stated != len(rows.cells):
        detail = f"trailer says {stated} rows, file has {len(rows.cells)}"
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail=detail)
    return rows


def _as_utf8(name: str, content: bytes, encoding: str) -> bytes:
    """The text as UTF-8 without its byte order mark; in pieces, so that at most one copy of it is made.

    A mark of UTF-8 is believed whatever the dialect says, because it says so of itself. A mark of UTF-16 or UTF-32
    counts only where the dialect has that encoding: elsewhere somebody changed what they send, which may not be all.
    """
    family = codecs.lookup(encoding).name.removesuffix("-sig")
    wide = next((w for w in ("utf-16", "utf-32") if family.startswith(w)), None)
    mark, marked = next(((m, e) for m, e in _MARKS if content.startswith(m)), (b"", ""))
    if marked in ("utf-16", "utf-32") and marked != wide:
        raise SubmissionRefused(
            Reason.ENCODING_INVALID, file=name, detail=f"byte order mark of {marked}"
        )
    if wide == family and not marked and content:  # either byte order may be meant
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name, detail="no byte order mark")
    if marked:
        encoding = _byte_order(mark) or marked
    elif not family.startswith("utf") and _is_wide_utf8(content):
        # Eight-bit sets take any bytes for letters, and a name would be printed as a row of accents.
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name, detail="is UTF-8 by now")
    try:
        data = _decoded(content[len(mark) :] if mark else content, encoding)
    except UnicodeError:
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name) from None
    if b"\0" in data:  # blocks of zeros from a broken transfer; no database takes them as text
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name, detail="zero bytes")
    return data.removeprefix(codecs.BOM_UTF8)


def _is_wide_utf8(content: bytes) -> bool:
    """Whether bytes beyond ASCII are there and every one of them is part of a UTF-8 character."""
    if content.isascii():
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _byte_order(mark: bytes) -> str:
    return {
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
        codecs.BOM_UTF32_LE: "utf-32-le",
        codecs.BOM_UTF32_BE: "utf-32-be",
    }.get(mark, "")


def _decoded(content: bytes, encoding: str) -> bytes:
    is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    # The mark is off by now, and the decoder that looks for one lets half of one pass.
    decoder = codecs.getincrementaldecoder("utf-8" if is_utf8 else encoding)()
    pieces = []
    for start in range(0, len(content), _CHUNK):
        text = decoder.decode(content[start : start + _CHUNK])
        if not is_utf8:
            pieces.append(text.encode())
    pieces.append(decoder.decode(b"", final=True).encode())
    return content if is_utf8 else b"".join(pieces)


def _without_trailer(name: str, data: bytes, shape: Shape) -> tuple[bytes, int | None]:
    """Cut the last line off and read its count; without the line nobody knows whether the file is whole."""
    if shape.trailer is None:
        return data, None
    stripped = data.rstrip()
    start = max(stripped.rfind(b"\n"), stripped.rfind(b"\r")) + 1
    last = stripped[start:].decode().strip().strip('"').rstrip(shape.delimiter)
    count = last.removeprefix(shape.trailer).strip()
    is_count = count.isascii() and count.isdigit() and len(count) <= LONGEST_COUNT
    if not last.startswith(shape.trailer) or not is_count:
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="no trailer")
    return stripped[:start], int(count)


def _refuse_long_lines(name: str, data: bytes) -> None:
    """A line far longer than any row would cost many times its size before a reader gave it up."""
    mark = b"\n" if b"\n" in data else b"\r"
    start = 0
    while len(data) - start > LONGEST_LINE:
        # From the farthest end that a line may have back to its last break: a few hundred steps for any file.
        end = data.rfind(mark, start, start + LONGEST_LINE + 1)
        if end < 0:
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="a line is too long")
        start = end + 1


def _split_header(name: str, data: bytes, delimiter: str) -> tuple[list[str], bytes]:
    line, _, body = data.partition(b"\r" if b"\n" not in data else b"\n")
    reader = csv.reader([line.decode().rstrip("\r"), _END], delimiter=delimiter)
    try:
        header = next(reader)
        if reader.line_num != 1:
            raise csv.Error("an open quote, which takes in the rows below")
    except csv.Error:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="header") from None
    header = [title.strip() for title in header]
    if not any(header):
        raise SubmissionRefused(Reason.FILE_EMPTY, file=name, detail="no header")
    if len(header) > MOST_COLUMNS:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="too many columns")
    return header, body


def _read_fast(header: list[str], body: bytes, delimiter: str) -> Rows | None:
    """Read with pyarrow; None where it cannot, or cannot say on which line a row stands."""
    names = [f"c{n}" for n in range(len(header))]
    if (
        len(delimiter.encode()) != 1 or len(header) == 1
    ):  # in one column a blank line looks like a row
        return None
    if not body.strip(b"\r\n"):
        return _rows(header, pd.DataFrame(columns=names, dtype="str"), range(0), [], False)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(column_names=names),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in body),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    returns, feeds = body.count(b"\r"), body.count(b"\n")
    ends = feeds or returns
    if (feeds and returns and body.count(b"\r\n") != returns) or (
        ends + (body[-1:] not in b"\r\n") != table.num_rows
    ):
        return None
    cells = table.to_pandas()
    if any("\n" in cell or "\r" in cell for cell in cells.iloc[-1]):
        return None  # a quote that never closes takes the rest of the file, which pyarrow lets pass
    return _rows(header, cells, range(2, len(cells) + 2), [], False)


def _read_exact(name: str, header: list[str], data: bytes, delimiter: str) -> Rows:
    """Read with Python's reader, row by row."""
    empty = [""] * len(header)
    cells: list[list[str]] = []
    lines: list[int] = []
    broken: list[int] = []
    last: list[str] = []
    previous: tuple[int, list[str]] | None = None
    try:
        for numbered in _numbered(data, delimiter):
            if previous is not None:
                line, last = previous
                if len(last) != len(header):
                    broken.append(len(cells))
                # A broken row's own cells are not kept: there may be a million of them.
                cells.append(last if len(last) == len(header) else empty)
                lines.append(line)
            previous = numbered
    except csv.Error:  # a cell of a megabyte, or an open quote in the header
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name) from None
    if previous is None or previous[1] != [_END]:
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="a quote never closes")
    if broken and broken[-1] == len(cells) - 1 and len(last) < len(header):
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="last row is short")
    with_breaks = [cell for row in cells for cell in row if "\n" in cell or "\r" in cell]
    # Two stray quotes in one column of two rows make one row of them that has as many cells as any other.
    whole_row = max(len(header) - 1, 1)
    if any(cell.count(delimiter) >= whole_row for cell in with_breaks):
        raise SubmissionRefused(
            Reason.FILE_MALFORMED, file=name, detail="a quote takes in whole rows"
        )
    names = [f"c{n}" for n in range(len(header))]
    return _rows(
        header, pd.DataFrame(cells, columns=names, dtype="str"), lines, broken, bool(with_breaks)
    )


def _numbered(data: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header that is not blank, with the line on which it begins, and the end mark."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(itertools.chain(text, ("\n", f"{_END}\n")), delimiter=delimiter)
    next(reader)
    if reader.line_num != 1:
        raise csv.Error("a quote of the header takes in the rows below it")
    while True:
        line = reader.line_num + 1
        row = next(reader, None)
        if row is None:
            return
        if any(cell.strip() for cell in row) or len(row) > 1:
            yield line, row


def _rows(
    header: list[str],
    cells: pd.DataFrame,
    lines: "range | list[int]",
    broken: list[int],
    breaks: bool,
) -> Rows:
    numbers = pd.Series(lines, dtype="int64")
    return Rows(header=header, cells=cells, lines=numbers, broken=broken, has_line_breaks=breaks)
