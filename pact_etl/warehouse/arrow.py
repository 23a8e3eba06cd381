"""A frame in the types of a table, so that COPY never guesses and an error never quotes a value."""

import pandas as pd
import pyarrow as pa
from sqlalchemy import Boolean, Date, Float, Integer, Numeric, Table, Text
from sqlalchemy.types import TypeEngine

from pact_etl.domain.errors import InvariantBroken

_TYPES: tuple[tuple[type, pa.DataType], ...] = (
    (Boolean, pa.bool_()),
    (Integer, pa.int64()),  # SmallInteger too
    (Date, pa.date32()),
    (Float, pa.float64()),  # before Numeric, of which it is one
    (Numeric, pa.decimal128(38, 3)),  # wide enough for whole numbers too
    (Text, pa.string()),
)


def as_arrow(table: Table, frame: pd.DataFrame) -> pa.Table:
    """Convert a frame, column by column.

    Args:
        table: whose columns the frame's must be.
        frame: missing values become NULL.

    Raises:
        InvariantBroken: a column is missing, unknown, or holds values of another type.
    """
    expected, given = set(table.columns.keys()), set(frame.columns)
    if expected != given:
        # A column too many is no trifle: it may be a name on its way into the warehouse.
        raise InvariantBroken(
            f"warehouse: {table.name} lacks {sorted(expected - given)}"
            f" and does not know {sorted(map(str, given - expected))}"
        )
    arrays = {column.name: _array(table, frame, column.name) for column in table.columns}
    # One chunk per column: the CSV writer of pyarrow 26 mangles columns chunked at different places.
    return pa.table(arrays).combine_chunks()


def _array(table: Table, frame: pd.DataFrame, name: str) -> pa.Array:
    wanted = _arrow_type(table.columns[name].type)
    try:
        array = pa.Array.from_pandas(frame[name])
        return array if array.type == wanted else array.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        raise InvariantBroken(f"warehouse: {table.name}.{name} holds no {wanted}") from None


def _arrow_type(type_: TypeEngine[object]) -> pa.DataType:
    return next(arrow for kind, arrow in _TYPES if isinstance(type_, kind))
