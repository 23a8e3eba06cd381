"""Canonical tables to the bytes of a district's files, as its dialect has them. No decisions, no faults."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from pact_etl.domain.district import District, FileLayout

_WINDOWS = "cp1252"


def render(rows: pd.DataFrame, layout: FileLayout, settings: District) -> bytes:
    """One file.

    Comma-separated files quote every text, as spreadsheets and Aeries do; others quote nothing. Files in Windows
    characters have Windows line ends.

    Args:
        rows: a canonical table, all text.
        layout: which canonical column goes under which header.
        settings: the district's delimiter, encoding and trailer.
    """
    columns = file_columns(rows, layout)
    table = pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)
    is_quoted = settings.delimiter == ","
    options = pyarrow.csv.WriteOptions(
        include_header=is_quoted,  # Arrow quotes a header whatever the style
        delimiter=settings.delimiter,
        quoting_style="needed" if is_quoted else "none",
    )
    sink = pa.BufferOutputStream()
    if not is_quoted:
        sink.write(settings.delimiter.join(columns).encode() + b"\n")
    pyarrow.csv.write_csv(table, sink, options)
    content = sink.getvalue().to_pybytes()
    if settings.trailer is not None:
        content += f"{settings.trailer}{len(rows)}\n".encode()
    if settings.encoding == _WINDOWS:
        content = content.replace(b"\n", b"\r\n")
    return content if settings.encoding == "utf-8" else content.decode().encode(settings.encoding)


def file_columns(rows: pd.DataFrame, layout: FileLayout) -> dict[str, "pd.Series[str]"]:
    """The file's columns by header; a canonical column under several headers is split at its colons."""
    columns: dict[str, pd.Series[str]] = {}
    for canonical, headers in layout.columns.items():
        own = rows[canonical].astype("str")
        if isinstance(headers, str):
            columns[headers] = own
            continue
        texts, place = np.unique(own.to_numpy(dtype=object), return_inverse=True)
        parts = [text.split(":", len(headers) - 1) for text in texts]
        for number, header in enumerate(headers):
            words = pd.Series(
                [part[number] if number < len(part) else "" for part in parts], dtype="str"
            )
            columns[header] = words.take(place).reset_index(drop=True).set_axis(own.index)
    return columns
