"""Deleting a tenant with all that it has."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from sqlalchemy import delete, text

from kernel.db.unit import Database
from kernel.settings import Settings
from tenants.models import Tenant
from tenants.service import find_tenant, suspend_tenant

BATCH = 10_000
"""Rows of one statement: short transactions, so that other tenants notice nothing."""

_TABLES = text(
    "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
    "AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'host' ORDER BY c.relname"
)


def delete_tenant(database: Database, settings: Settings, slug: str) -> None:
    """Delete a tenant's rows, then its files, then the tenant.

    It is suspended first. When this is interrupted, call it again. Raises `NotFound`.
    """
    tenant = find_tenant(database, slug)
    suspend_tenant(database, slug)
    for table in tenant_tables(database):
        while _delete_batch(database, tenant.id, table):
            pass
    for folder in (settings.files_dir, settings.mail_dir):
        shutil.rmtree(folder / str(tenant.id), ignore_errors=True)
    with database.system(f"delete tenant {slug}") as unit:
        unit.connection.execute(delete(Tenant).where(Tenant.id == tenant.id))


def tenant_tables(database: Database) -> Sequence[str]:
    """All tables whose rows belong to tenants, as the database knows them."""
    with database.system("list the tables of tenants") as unit:
        return unit.connection.scalars(_TABLES).all()


def _delete_batch(database: Database, tenant_id: int, table: str) -> bool:
    # The name comes from the catalogue, not from a person. A tenant's rows are in one partition.
    statement = text(
        f'DELETE FROM "{table}" WHERE tenant_id = :tenant_id AND ctid IN '  # noqa: S608
        f'(SELECT ctid FROM "{table}" WHERE tenant_id = :tenant_id LIMIT :batch)'
    )
    with database.scope(tenant_id) as scope:
        result = scope.unit.connection.execute(statement, {"tenant_id": tenant_id, "batch": BATCH})
        return result.rowcount > 0
