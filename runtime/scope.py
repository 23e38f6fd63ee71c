"""The scope of record work: a tenant's unit of work together with its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from kernel.db.unit import Database
from kernel.errors import NotFound
from kernel.scope import SYSTEM, Actor, Scope
from metadata import store
from metadata.condition import Bindings
from metadata.schema import Schema
from tenants.models import Tenant


@dataclass(frozen=True, kw_only=True)
class RecordScope(Scope):
    """What everything that touches records takes first."""

    schema: Schema

    def bindings(self) -> Bindings:
        """What relative values in conditions mean for this actor now."""
        return Bindings.of(self.actor, self.unit.clock.now())


def record_scope(scope: Scope, version: int) -> RecordScope:
    """The scope with the tenant's metadata of `version`."""
    schema = store.published(scope, version)
    return RecordScope(tenant_id=scope.tenant_id, actor=scope.actor, unit=scope.unit, schema=schema)


@contextmanager
def open_scope(
    database: Database, tenant_id: int, actor: Actor = SYSTEM, *, write: bool = False
) -> Iterator[RecordScope]:
    """A unit of work on records.

    A writing one holds a share lock on the tenant's row until it ends: publishing metadata takes
    the row exclusively, so no record is ever written under a version that is no longer valid.
    """
    with database.scope(tenant_id, actor) as scope:
        query: Any = select(Tenant.metadata_version).where(Tenant.id == tenant_id)
        if write:
            query = query.with_for_update(read=True)
        version = scope.unit.connection.execute(query).scalar_one_or_none()
        if version is None:
            raise NotFound()
        yield record_scope(scope, version)
