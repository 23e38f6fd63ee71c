"""Reading the documents of a tenant as they are, or as they were at a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from kernel.errors import NotFound
from kernel.scope import Scope
from metadata.compiler import Slot, Surroundings
from metadata.documents import Document, from_body
from metadata.models import RECORD, DocumentVersion, SlotAssignment
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class TenantState:
    """The part of a tenant's row that metadata uses."""

    version: int
    next_number: int
    surroundings: Surroundings


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A deleted document: its number stays its own if it ever comes back."""

    number: int
    version: int


def tenant_state(scope: Scope, *, lock: bool = False) -> TenantState:
    """The tenant's state; with `lock`, nobody else publishes or writes records until the end."""
    query = sa.select(
        Tenant.metadata_version, Tenant.next_number, Tenant.locale, Tenant.currency
    ).where(Tenant.id == scope.tenant_id)
    if lock:
        query = query.with_for_update()
    row = scope.unit.connection.execute(query).one_or_none()
    if row is None:
        _no_tenant()
    version, next_number, locale, currency = row
    return TenantState(version, next_number, Surroundings.of_tenant(locale, currency))


def _no_tenant() -> NoReturn:
    raise NotFound()


def documents_at(
    scope: Scope, version: int | None = None
) -> tuple[dict[str, Document], dict[str, Tombstone]]:
    """The documents by id, and those that were deleted; now, or at a version."""
    table = DocumentVersion
    query = (
        sa.select(
            table.document_id,
            table.version,
            table.number,
            table.origin,
            table.body,
        )
        .where(table.tenant_id == scope.tenant_id)
        .ext(distinct_on(table.document_id))
        .order_by(table.document_id, table.version.desc())
    )
    if version is not None:
        query = query.where(table.version <= version)
    alive: dict[str, Document] = {}
    deleted: dict[str, Tombstone] = {}
    for document_id, written, number, origin, body in scope.unit.session.execute(query):
        if body is None:
            deleted[document_id] = Tombstone(number, written)
        else:
            alive[document_id] = from_body(
                body, document_id=document_id, number=number, version=written, origin=origin
            )
    return alive, deleted


def slots_of(scope: Scope) -> dict[int, Slot]:
    """The slots of the tenant by number of the field."""
    query = sa.select(SlotAssignment.field_number, SlotAssignment.slot, SlotAssignment.state).where(
        SlotAssignment.tenant_id == scope.tenant_id
    )
    return {
        number: Slot(slot, live=state == "live")
        for number, slot, state in scope.unit.session.execute(query)
    }


def has_records(scope: Scope, object_number: int, *, alive: bool = False) -> bool:
    """Whether an object has any record; with `alive`, one that is not deleted."""
    query = sa.select(sa.literal(1)).where(
        RECORD.c.tenant_id == scope.tenant_id, RECORD.c.object_id == object_number
    )
    if alive:
        query = query.where(sa.not_(RECORD.c.deleted))
    return scope.unit.connection.execute(query.limit(1)).first() is not None
