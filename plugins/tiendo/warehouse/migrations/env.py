"""Alembic's entry point; the connection is handed in by ``tiendo.warehouse.migrate``."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="tiendo_schema_version")
with context.begin_transaction():
    context.run_migrations()
