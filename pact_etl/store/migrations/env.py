"""Alembic's entry: one connection, one lock, so that two starts do not migrate at once."""

from alembic import context
from sqlalchemy import create_engine, text

from pact_etl.store.tables import metadata

engine = create_engine(context.config.attributes["url"])
with engine.begin() as connection:
    connection.execute(text("SELECT pg_advisory_xact_lock(7001)"))
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    context.run_migrations()
engine.dispose()
