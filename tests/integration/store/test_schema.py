"""The operational database: its migrations end where its tables' declarations are, and its errors quote nobody."""

import traceback
from collections.abc import Callable
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from pact_etl.domain.errors import InvariantBroken
from pact_etl.store.schema import is_current, migrate, migration_config, newest_migration
from pact_etl.store.session import slice_transaction
from pact_etl.store.tables import metadata
from tests.factories import record_submission, roster


def test_the_migrations_make_exactly_the_declared_tables(store: Engine) -> None:
    with store.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_every_other_leads_to() -> None:
    script = ScriptDirectory.from_config(migration_config("unused"))

    assert script.get_heads() == [newest_migration()]


def test_a_database_that_was_never_migrated_or_stopped_half_way_is_brought_up_to_date(
    store: Engine, fresh_database: Callable[..., str]
) -> None:
    empty = fresh_database("never_migrated")
    assert not is_current(empty)
    migrate(empty)
    assert is_current(empty)

    url = store.url.render_as_string(hide_password=False)
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert not is_current(url)


def test_an_error_of_the_database_never_quotes_the_row(store: Engine) -> None:
    statement = text("INSERT INTO district (slug, name) VALUES ('canary', NULL)")
    with (
        pytest.raises(InvariantBroken) as broken,
        slice_transaction(store, "record:oak") as connection,
    ):
        connection.execute(statement)

    assert "canary" not in "".join(traceback.format_exception(broken.value))


def test_an_adult_with_one_name_only_is_recorded(store: Engine) -> None:
    frames = roster(["01"])
    frames["guardians"]["first_name"] = None

    record_submission(store, date(2026, 10, 1), frames)

    with store.connect() as connection:
        names = connection.execute(text("SELECT first_name, last_name FROM guardian")).all()
    assert [tuple(row) for row in names] == [("", "01")]
