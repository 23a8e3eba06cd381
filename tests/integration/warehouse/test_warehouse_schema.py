"""The migrations and the tables say the same."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from pact_etl.warehouse.schema import open_warehouse
from pact_etl.warehouse.tables import metadata

pytestmark = pytest.mark.integration


def test_migrating_builds_exactly_the_declared_tables(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_a_plain_postgresql_url_is_opened_through_psycopg(warehouse_url: str) -> None:
    engine = open_warehouse(warehouse_url.replace("postgresql+psycopg://", "postgresql://"))

    assert engine.driver == "psycopg"
    engine.dispose()


def test_several_processes_may_migrate_at_once(fresh_database: Callable[[str], str]) -> None:
    url = fresh_database("warehouse")
    program = "import sys; from pact_etl.warehouse.schema import migrate; migrate(sys.argv[1])"

    processes = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(3)]

    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    engine = open_warehouse(url)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()
