"""What follows from a write in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import update

from kernel.errors import Problem
from metadata.schema import Object
from runtime.query.source import raw
from runtime.scope import RecordScope
from runtime.tables import record

AfterWrite = Callable[[RecordScope, Sequence[int]], None]
BeforeDelete = Callable[[RecordScope, int], Problem | None]

_after_write: dict[str, AfterWrite] = {}
_before_delete: dict[str, BeforeDelete] = {}


def register(object_api: str, *, after_write: AfterWrite, before_delete: BeforeDelete) -> None:
    """Follow a built-in object: `after_write(scope, ids)` runs when records were written,
    `before_delete(scope, id)` may answer with the problem that forbids it."""
    _after_write[object_api] = after_write
    _before_delete[object_api] = before_delete


def before_delete(scope: RecordScope, object_: Object, record_id: int) -> Problem | None:
    """What forbids deleting a record of a built-in object."""
    call = _before_delete.get(object_.api) if object_.built_in else None
    return call(scope, record_id) if call is not None else None


def after_write(scope: RecordScope, object_: Object, ids: Sequence[int]) -> None:
    """Run what a built-in object has registered."""
    call = _after_write.get(object_.api) if object_.built_in else None
    if call is not None and ids:
        call(scope, ids)


def hand_down_owner(
    scope: RecordScope, object_: Object, record_id: int, owner_id: int | None
) -> None:
    """Details always belong to the owner of their master, however deep they are."""
    for relation in object_.children:
        if not relation.owned:
            continue
        child = scope.schema.objects[relation.object]
        link = raw(record, child.fields[relation.field])
        statement = (
            update(record)
            .where(
                record.c.tenant_id == scope.tenant_id,
                record.c.object_id == child.number,
                link == record_id,
            )
            .values(owner_id=owner_id)
            .returning(record.c.id)
        )
        for child_id in scope.unit.connection.execute(statement).scalars().all():
            hand_down_owner(scope, child, child_id, owner_id)
