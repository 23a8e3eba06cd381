"""Runs the warehouse's migrations in one transaction; called by Alembic only."""

from alembic import context
from sqlalchemy import text

from pact_etl.warehouse.schema import open_warehouse
from pact_etl.warehouse.tables import metadata

engine = open_warehouse(context.config.attributes["url"])
with engine.begin() as connection:
    # Two processes that migrate at once take turns; the second finds nothing left to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(7002)"))
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    context.run_migrations()
engine.dispose()
