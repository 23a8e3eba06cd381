"""Bring the operational database to the schema this code expects."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import ProgrammingError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")


def migration_config(url: str) -> "Config":
    """Alembic's settings without an ini file."""
    from alembic.config import Config

    config = Config()
    # A percent sign would be taken for the start of an interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Run every migration that is still missing; safe to run by several processes at once."""
    if is_current(url):  # every command and every task comes by here, nearly always for nothing
        return
    from alembic import command

    command.upgrade(migration_config(url), "head")


def newest_migration() -> str:
    """The last migration's number; they are one row, and each file's name begins with its own."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current(url: str) -> bool:
    """Whether a database has every migration already."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
            return list(found) == [newest_migration()]
    except ProgrammingError:  # no such table: nothing was ever migrated here
        return False
    finally:
        engine.dispose()
