"""Connections and locks. A step opens one transaction at a time and closes it itself."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from pact_etl.domain.errors import InvariantBroken, Retryable

logger = logging.getLogger(__name__)

DISK_FULL = "53100"


def open_engine(url: str) -> Engine:
    """An engine for one PostgreSQL URL; connections are checked before use because servers restart.

    Parameters stay out of error texts, for they hold names and addresses.
    """
    return create_engine(url, pool_pre_ping=True, pool_size=2, max_overflow=2, hide_parameters=True)


@contextmanager
def slice_transaction(engine: Engine, slice_name: str) -> Iterator[Connection]:
    """One transaction that owns a named slice: a second run of the same slice waits for the first.

    Args:
        engine: the operational database.
        slice_name: such as `record:elk-grove-unified`; opaque words only.

    Raises:
        Retryable: the slice stayed busy for two minutes, or the server's disk is full.
        InvariantBroken: the database refused a row; which one is not said, for the server's text quotes it.
    """
    with _room(slice_name), engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '120s'")
        try:
            connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(slice_name, 0)))
            )
        except Exception as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) == "55P03":
                raise Retryable(f"{slice_name} is busy") from None
            raise
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        try:
            yield connection
        except (IntegrityError, DataError) as error:
            state = getattr(error.orig, "sqlstate", None)
            raise InvariantBroken(f"{slice_name}: the database refused a row, {state}") from None


@contextmanager
def _room(slice_name: str) -> Iterator[None]:
    """Say that the server's disk is full, whether a statement found it or the commit."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != DISK_FULL:
            raise
        logger.error(
            "nothing can be booked", extra={"fault": "no_space", "runbook": "database-full"}
        )
        raise Retryable(f"{slice_name}: the database has no room") from None


def refresh_statistics(connection: Connection) -> None:
    """Let the planner know the large tables now; its own housekeeping comes minutes later."""
    connection.exec_driver_sql("ANALYZE mark, enrollment, student_record, calendar_day, tally")
