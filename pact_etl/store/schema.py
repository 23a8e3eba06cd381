"""Bring the operational database to the schema this code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")


def migration_config(url: str) -> Config:
    """Alembic's settings without an ini file."""
    config = Config()
    # A percent sign would be taken for the start of an interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Run every migration that is still missing; safe to run by several processes at once."""
    command.upgrade(migration_config(url), "head")
