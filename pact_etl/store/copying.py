"""Frames in and out of PostgreSQL by COPY. The one place that does it."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Connection, Table

from pact_etl.domain.errors import InvariantBroken

if TYPE_CHECKING:
    import pandas as pd  # half a second that who asks about one student does not have

_NULL = "\\N"


def copy_in(connection: Connection, table: Table, frame: "pd.DataFrame", **constants: Any) -> int:
    """Append a frame to a table.

    Args:
        connection: inside a transaction.
        table: whose columns the frame's are named after; columns the frame lacks stay at their default.
        frame: dates as datetime64 or date, texts as text; missing values become NULL.
        constants: columns with one value for every row.

    Returns:
        Rows written.

    Raises:
        InvariantBroken: the database refused a value; which one is not said, for it may be personal.
    """
    import pyarrow as pa
    import pyarrow.csv as pacsv

    if frame.empty:
        return 0
    columns = [c.name for c in table.columns if c.name in frame.columns or c.name in constants]
    block = frame.assign(**constants)[columns]
    # One chunk per column: with chunks of different lengths, as a concatenated frame has them, the writer
    # of pyarrow 26 writes raw offsets instead of text.
    arrow = pa.Table.from_pandas(_dates_as_dates(block), preserve_index=False).combine_chunks()
    buffer = io.BytesIO()
    # An unquoted empty field is NULL to COPY, a quoted one is an empty text: pyarrow writes exactly that.
    pacsv.write_csv(arrow, buffer, pacsv.WriteOptions(include_header=False, quoting_style="needed"))
    names = ", ".join(f'"{c}"' for c in columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN WITH (FORMAT csv)'
    raw = connection.connection.driver_connection
    assert raw is not None  # a checked-out connection has one; told to the type checker
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(buffer.getbuffer())
    except psycopg.Error as error:
        # The server's text quotes the line it stumbled over.
        raise InvariantBroken(f"{table.name}: not copied, {error.sqlstate}") from None
    return len(block)


def copy_out(
    connection: Connection, query: str, types: Mapping[str, Any], **parameters: Any
) -> "pd.DataFrame":
    """The result of a query as a frame, many times faster than row by row.

    Args:
        connection: any.
        query: SQL with `%(name)s` parameters.
        types: pyarrow type of each column that must not be guessed.
        parameters: values for the query.
    """
    import pyarrow.csv as pacsv

    raw = connection.connection.driver_connection
    assert raw is not None
    buffer = io.BytesIO()
    with (
        raw.cursor() as cursor,
        cursor.copy(
            f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", parameters or None
        ) as copy,
    ):
        for chunk in copy:
            buffer.write(chunk)
    buffer.seek(0)
    options = pacsv.ConvertOptions(
        column_types=dict(types),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    parse = pacsv.ParseOptions(newlines_in_values=True)
    frame: pd.DataFrame = pacsv.read_csv(
        buffer, parse_options=parse, convert_options=options
    ).to_pandas()
    return frame


def _dates_as_dates(frame: "pd.DataFrame") -> "pd.DataFrame":
    """COPY wants `2026-11-20`, not `2026-11-20 00:00:00`."""
    moments = frame.select_dtypes("datetime").columns
    return frame.assign(**{c: frame[c].dt.date for c in moments}) if len(moments) else frame
