"""The compiled schemas that this process keeps: the newest of each tenant that is at work."""

from __future__ import annotations

import threading
from collections import OrderedDict
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from kernel.db.unit import Database, Unit
from kernel.errors import NotFound
from kernel.scope import Scope
from metadata.compiler import compile_schema
from metadata.schema import Schema
from metadata.versions import documents_at, slots_of, tenant_state
from tenants.models import Tenant

CAPACITY = 256
"""Tenants whose schema a process keeps."""


class _Shelf:
    """The schemas of one database, least recently used first."""

    def __init__(self) -> None:
        self._schemas: OrderedDict[int, Schema] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tenant_id: int, version: int) -> Schema | None:
        with self._lock:
            schema = self._schemas.get(tenant_id)
            if schema is None or schema.version != version:
                return None
            self._schemas.move_to_end(tenant_id)
            return schema

    def put(self, tenant_id: int, schema: Schema) -> None:
        with self._lock:
            present = self._schemas.get(tenant_id)
            if present is not None and present.version > schema.version:
                return
            self._schemas[tenant_id] = schema
            self._schemas.move_to_end(tenant_id)
            while len(self._schemas) > CAPACITY:
                self._schemas.popitem(last=False)


_shelves: WeakKeyDictionary[Database, _Shelf] = WeakKeyDictionary()
_uncommitted: WeakKeyDictionary[Unit, Schema | None] = WeakKeyDictionary()


def published(scope: Scope, version: int | None = None) -> Schema:
    """The tenant's schema, compiled once per process and version.

    `version` saves a query when the caller has read the tenant's metadata_version already.
    """
    if version is None:
        query = sa.select(Tenant.metadata_version).where(Tenant.id == scope.tenant_id)
        version = scope.unit.connection.execute(query).scalar_one_or_none()
        if version is None:
            raise NotFound()
    if scope.unit in _uncommitted:
        own = _uncommitted[scope.unit]
        return own if own is not None and own.version == version else _compiled(scope, version)
    shelf = _shelves.setdefault(scope.unit.database, _Shelf())
    schema = shelf.get(scope.tenant_id, version)
    if schema is None:
        schema = _compiled(scope, version)
        shelf.put(scope.tenant_id, schema)
    return schema


def hold_until_commit(scope: Scope, schema: Schema | None) -> None:
    """Use a schema in this unit of work, and in the process once the unit is committed.

    What is not committed must not be cached: another version of the same number may come.
    """
    _uncommitted[scope.unit] = schema
    if schema is not None:
        shelf = _shelves.setdefault(scope.unit.database, _Shelf())
        scope.unit.after_commit(lambda: shelf.put(scope.tenant_id, schema))


def _compiled(scope: Scope, version: int) -> Schema:
    documents, _deleted = documents_at(scope, version)
    return compile_schema(
        documents.values(),
        version=version,
        slots=slots_of(scope),
        surroundings=tenant_state(scope).surroundings,
    )
