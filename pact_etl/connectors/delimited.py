"""Bytes of one delimited text file to header and rows, refusing what is torn, mis-encoded or out of shape.

Knows nothing of canonical columns. Two readers stand behind one result: pyarrow for the usual file (a second for a
million rows), and Python's own for files where a row is broken or a cell holds a line break, because only that one can
say on which line each row began.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

csv.field_size_limit(1_000_000)

_END = "\x1a"  # stands below the last row; when it ends up inside a cell, a quote never closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a dialect writes its files."""

    encoding: str
    delimiter: str
    trailer: str | None
    final_newline_required: bool = True


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
    header, body = _split_header(name, data, shape.delimiter)
    rows = _read_fast(header, body, shape.delimiter) or _read_exact(
        name, header, data, shape.delimiter
    )
    if stated is not None and stated != len(rows.cells):
        detail = f"trailer says {stated} rows, file has {len(rows.cells)}"
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail=detail)
    return rows


def _as_utf8(name: str, content: bytes, encoding: str) -> bytes:
    # A byte order mark tells the truth about itself, whatever the dialect says.
    marked = content.startswith(codecs.BOM_UTF8)
    try:
        text = content.decode("utf-8-sig" if marked else encoding)
    except UnicodeError:
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name) from None
    if "\0" in text:  # blocks of zeros from a broken transfer; no database takes them as text
        raise SubmissionRefused(Reason.ENCODING_INVALID, file=name, detail="zero bytes")
    return text.lstrip("\ufeff").encode()


def _without_trailer(name: str, data: bytes, shape: Shape) -> tuple[bytes, int | None]:
    """Cut the last line off and read its count; without the line nobody knows whether the file is whole."""
    if shape.trailer is None:
        return data, None
    stripped = data.rstrip()
    start = max(stripped.rfind(b"\n"), stripped.rfind(b"\r")) + 1
    last = stripped[start:].decode().strip().strip('"').rstrip(shape.delimiter)
    count = last.removeprefix(shape.trailer).strip()
    if not last.startswith(shape.trailer) or not (count.isascii() and count.isdigit()):
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="no trailer")
    return stripped[:start], int(count)


def _split_header(name: str, data: bytes, delimiter: str) -> tuple[list[str], bytes]:
    line, _, body = data.partition(b"\r" if b"\n" not in data else b"\n")
    header = next(csv.reader([line.decode().rstrip("\r")], delimiter=delimiter), [])
    header = [title.strip() for title in header]
    if not any(header):
        raise SubmissionRefused(Reason.FILE_EMPTY, file=name, detail="no header")
    return header, body


def _read_fast(header: list[str], body: bytes, delimiter: str) -> Rows | None:
    """Read with pyarrow; None where it cannot, or cannot say on which line a row stands."""
    names = [f"c{n}" for n in range(len(header))]
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
    cells: list[list[str]] = []
    lines: list[int] = []
    broken: list[int] = []
    try:
        for line, row in _numbered(data, delimiter):
            if len(row) != len(header):
                broken.append(len(cells))
            cells.append(row)
            lines.append(line)
    except csv.Error:  # a cell of a megabyte
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name) from None
    if cells.pop() != [_END]:
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="a quote never closes")
    lines.pop()
    if broken[-1:] == [len(cells)]:
        broken.pop()
    if broken and broken[-1] == len(cells) - 1 and len(cells[-1]) < len(header):
        raise SubmissionRefused(Reason.FILE_TRUNCATED, file=name, detail="last row is short")
    for position in broken:
        cells[position] = [""] * len(header)
    has_line_breaks = any("\n" in cell or "\r" in cell for row in cells for cell in row)
    names = [f"c{n}" for n in range(len(header))]
    return _rows(
        header, pd.DataFrame(cells, columns=names, dtype="str"), lines, broken, has_line_breaks
    )


def _numbered(data: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header that is not blank, with the line on which it begins, and the end mark."""
    stream = io.StringIO(f"{data.decode()}\n{_END}\n", newline="")
    reader = csv.reader(stream, delimiter=delimiter)
    next(reader)
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
