"""Canonical tables to the bytes of a district's files, as its dialect has them.

No decisions about rows, no faults.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pact_etl.domain.district import District, FileLayout

_WINDOWS = "cp1252"


def render(rows: pa.Table, layout: FileLayout, settings: District) -> bytes:
    """One file.

    Comma-separated files quote every text, as spreadsheets and Aeries do; others quote nothing.
    Files in Windows characters have Windows line ends.

    Args:
        rows: a canonical table, all text.
        layout: which canonical column goes under which header.
        settings: the district's delimiter, encoding and trailer.
    """
    columns = _file_columns(rows, layout)
    quote = '"' if settings.delimiter == "," else ""
    header = settings.delimiter.join(f"{quote}{name}{quote}" for name in columns)
    options = pyarrow.csv.WriteOptions(
        include_header=False,
        delimiter=settings.delimiter,
        quoting_style="needed" if quote else "none",
    )
    sink = pa.BufferOutputStream()
    sink.write(f"{header}\n".encode())
    if rows.num_rows:
        pyarrow.csv.write_csv(pa.table(columns), sink, options)
    if settings.trailer is not None:
        sink.write(f"{settings.trailer}{rows.num_rows}\n".encode())
    content = bytes(sink.getvalue())
    if settings.encoding == _WINDOWS:
        content = content.replace(b"\n", b"\r\n")
    return content if settings.encoding == "utf-8" else content.decode().encode(settings.encoding)


def _file_columns(rows: pa.Table, layout: FileLayout) -> dict[str, pa.ChunkedArray]:
    """The file's columns by header; a column under several headers is split at its colons."""
    columns: dict[str, pa.ChunkedArray] = {}
    for canonical, headers in layout.columns.items():
        column = rows[canonical]
        if isinstance(headers, str):
            columns[headers] = column
            continue
        parts = pc.split_pattern(column, ":", max_splits=len(headers) - 1)
        for number, header in enumerate(headers):
            columns[header] = pc.list_element(parts, number)
    for canonical, header in layout.optional.items():
        if canonical in rows.column_names and pc.any(pc.not_equal(rows[canonical], "")).as_py():
            columns[header] = rows[canonical]
    return columns
