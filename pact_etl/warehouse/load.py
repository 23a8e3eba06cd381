"""Frames into the warehouse: a slice of a fact replaced whole, a dimension merged.

Both stage the frame by COPY and finish with set-based statements inside the caller's transaction,
so that a load that fails leaves the table as it was, and a load that runs again changes nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    TableClause,
    and_,
    column,
    delete,
    func,
    insert,
    not_,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError

from pact_etl.domain.errors import InvariantBroken, PactError, Retryable, UsageError
from pact_etl.warehouse.arrow import as_arrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """A slice's range of values, both inclusive."""

    first: int | str
    last: int | str


Slice = Mapping[str, int | str | Between]
"""Which rows a frame is the whole truth about: a value or range for each of some columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """What replacing a slice came to."""

    deleted: int
    inserted: int


def replace_slice(
    connection: Connection, target: Table, frame: pd.DataFrame, slice_: Slice
) -> Replaced:
    """Make a slice of a fact exactly what a frame says.

    Args:
        connection: whose transaction the caller owns and commits.
        target: the fact.
        frame: the columns of the fact by name, every row within the slice.
        slice_: the rows that the frame replaces.

    Raises:
        UsageError: the slice names no column, or one that the table does not have.
        InvariantBroken: the frame does not fit the table, or has rows outside the slice.
    """
    if not slice_ or not set(slice_) <= set(target.columns.keys()):
        raise UsageError(f"warehouse: a slice of {target.name} needs columns of it")
    with _staged(connection, target, frame) as staged:
        condition = and_(*(_matches(staged.c[name], want) for name, want in slice_.items()))
        outside = connection.scalar(
            select(func.count()).select_from(staged).where(not_(func.coalesce(condition, False)))
        )
        if outside:
            raise InvariantBroken(f"warehouse: {outside} rows of {target.name} outside the slice")
        within = (_matches(target.c[name], want) for name, want in slice_.items())
        deleted = connection.execute(delete(target).where(*within)).rowcount
        names = [c.name for c in staged.columns]
        # An insert does not keep its row count unless it is told to.
        inserted = connection.execute(
            insert(target).from_select(names, select(staged)),
            execution_options={"preserve_rowcount": True},
        ).rowcount
        return Replaced(deleted=deleted, inserted=inserted)


def merge_dimension(connection: Connection, target: Table, frame: pd.DataFrame) -> int:
    """Add what a dimension lacks and change what differs; nothing is removed.

    Args:
        connection: whose transaction the caller owns and commits.
        target: the dimension.
        frame: the columns of the dimension by name, one row per key.

    Returns:
        Rows added or changed.

    Raises:
        InvariantBroken: the frame does not fit the table, or has a key twice.
    """
    with _staged(connection, target, frame) as staged:
        keys = [c.name for c in target.primary_key.columns]
        names = [c.name for c in staged.columns]
        others = [name for name in names if name not in keys]
        merge = text(
            f"MERGE INTO {target.name} AS t USING {staged.name} AS s"  # noqa: S608 - our names
            f" ON {' AND '.join(f't.{k} = s.{k}' for k in keys)}"
            f" WHEN MATCHED AND ({_row('t', others)}) IS DISTINCT FROM ({_row('s', others)})"
            f" THEN UPDATE SET {', '.join(f'{name} = s.{name}' for name in others)}"
            f" WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) VALUES ({_row('s', names)})"
        )
        return connection.execute(merge).rowcount


def _matches(part: ColumnElement[object], want: int | str | Between) -> ColumnElement[bool]:
    if isinstance(want, Between):
        return part.between(want.first, want.last)
    return part == want


def _row(alias: str, names: list[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


@contextmanager
def _staged(connection: Connection, target: Table, frame: pd.DataFrame) -> Iterator[TableClause]:
    """The frame as a temporary table, while no other load writes to the same target."""
    arrow = as_arrow(target, frame)
    names = list(arrow.column_names)
    staged = table(f"staged_{target.name}", *(column(name) for name in names))
    with _without_values(target):
        # One load per table at a time: two slices may overlap, and MERGE does not see rows that
        # another transaction is about to insert.
        connection.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(f"load:{target.name}", 0)))
        )
        # A load that was refused earlier in this transaction has left its own behind.
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{staged.name}"))
        connection.execute(
            text(f"CREATE TEMPORARY TABLE {staged.name} (LIKE {target.name}) ON COMMIT DROP")
        )
        _copy(connection, staged.name, arrow)
        yield staged
        connection.execute(text(f"DROP TABLE {staged.name}"))


def _copy(connection: Connection, name: str, arrow: pa.Table) -> None:
    buffer = BytesIO()
    # pyarrow writes NULL as nothing and an empty text as "", which is how COPY tells them apart.
    pacsv.write_csv(arrow, buffer, pacsv.WriteOptions(include_header=False))
    columns = ", ".join(arrow.column_names)
    driver = connection.connection.driver_connection
    if driver is None:
        raise UsageError("warehouse: the connection is closed")
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(buffer.getbuffer())


@contextmanager
def _without_values(target: Table) -> Iterator[None]:
    """The database's error texts quote rows; ours name the table and what was violated."""
    try:
        yield
    except DBAPIError as error:
        raise _translated(target, error.orig) from None
    except psycopg.Error as error:
        raise _translated(target, error) from None


def _translated(target: Table, error: BaseException | None) -> PactError:
    state = getattr(error, "sqlstate", None) or "no answer"
    if isinstance(error, psycopg.OperationalError):
        return Retryable(f"warehouse: {target.name} could not be loaded ({state})")
    diagnosis = getattr(error, "diag", None)
    violated = [getattr(diagnosis, name, None) for name in ("constraint_name", "column_name")]
    words = " ".join([state, *filter(None, violated)])
    return InvariantBroken(f"warehouse: {target.name} refused the load ({words})")
