"""Alembic's entry: runs the migrations on the connection that `upgrade` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

_MIGRATION_LOCK = 7_041_776_001

connection = context.config.attributes["connection"]
# One migrator at a time per database; several web nodes may start together.
connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
