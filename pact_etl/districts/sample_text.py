"""What a delimited file's bytes say about how it was written: encoding, delimiter, trailer, last line end.

Pure: bytes in, values out. Nothing here quotes a cell in an error.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass, field

from pact_etl.domain.errors import UsageError

DELIMITERS = ",\t;|"
KEPT_ROWS = 100_000
ASCII = "ascii"

_PROBED_LINES = 50
_TRAILER = re.compile(r"(?P<words>.*[^0-9\s])\s*(?P<count>[0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample file, unpacked. `name` is as a layout would have it, `outer!member` inside a zip."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleText:
    """One sample, read.

    Attributes:
        name: the sample's.
        encoding: `ascii` where the bytes fit every encoding that a district may use.
        delimiter: between cells.
        trailer: what stands before the row count in the last line, or None.
        has_final_newline: whether the last line is ended.
        header: titles, stripped.
        rows: at most the first `KEPT_ROWS` rows that have as many cells as the header.
        row_count: all rows.
    """

    name: str
    encoding: str
    delimiter: str
    trailer: str | None
    has_final_newline: bool
    header: tuple[str, ...]
    rows: list[list[str]] = field(repr=False)
    row_count: int

    def column(self, title: str) -> list[str]:
        """Distinct texts of a column that are not empty; none where no such title stands."""
        if title not in self.header:
            return []
        place = self.header.index(title)
        return list(dict.fromkeys(text for row in self.rows if (text := row[place].strip())))


def read_sample(sample: Sample) -> SampleText:
    """Read one sample.

    Raises:
        UsageError: it is empty, no text in an encoding known here, or no delimited text.
    """
    encoding, text = _decoded(sample)
    stripped = text.rstrip()
    if not stripped:
        raise UsageError(f"{sample.name}: empty")
    lines = stripped.splitlines()
    delimiter = _delimiter(lines[:_PROBED_LINES])
    try:
        cells = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error:
        raise UsageError(f"{sample.name}: no delimited text") from None
    header, body = tuple(title.strip() for title in cells[0]), cells[1:]
    trailer = _trailer(lines[-1], delimiter, body, len(header))
    if trailer is not None:
        body = body[:-1]
    fitting = (row for row in body if len(row) == len(header))
    return SampleText(
        name=sample.name,
        encoding=encoding,
        delimiter=delimiter,
        trailer=trailer,
        has_final_newline=text.endswith(("\n", "\r")),
        header=header,
        rows=[row for _, row in zip(range(KEPT_ROWS), fitting, strict=False)],
        row_count=len(body),
    )


def _decoded(sample: Sample) -> tuple[str, str]:
    """Encoding and text. Windows-1252 is what is left when bytes are no UTF-8, as no other is met in practice."""
    content = sample.content
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        candidates = ["utf-32"]
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif content.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = [ASCII, "utf-8", "cp1252"]
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            return encoding, text
    raise UsageError(f"{sample.name}: no text in an encoding known here")


def _delimiter(lines: list[str]) -> str:
    """The one that splits the header most often and nearly every line in as many cells; a comma where none does."""

    def cells(delimiter: str) -> int:
        try:
            counts = [len(next(csv.reader([line], delimiter=delimiter), [])) for line in lines]
        except csv.Error:
            return 0
        same = sum(count == counts[0] for count in counts[:-1])
        return counts[0] if same >= 0.8 * (len(counts) - 1) else 0

    return max(DELIMITERS, key=lambda d: (cells(d), -DELIMITERS.index(d)))


def _trailer(line: str, delimiter: str, body: list[list[str]], width: int) -> str | None:
    """The words before the count, only where the count is that of the rows above it."""
    if not body or (width > 1 and len(body[-1]) == width and all(body[-1])):
        return None
    found = _TRAILER.fullmatch(line.strip().strip('"').rstrip(delimiter))
    if found is None or int(found["count"]) != len(body) - 1:
        return None
    if width == 1 and found["words"][0].isalnum():
        return None  # a row of one column may well end in a number
    return found["words"]
