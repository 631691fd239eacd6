"""Alembic's entry: migrate schema `cutover` on the connection that the caller hands in."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="ledger_version", version_table_schema="cutover")
with context.begin_transaction():
    context.run_migrations()
