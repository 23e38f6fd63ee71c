"""Deleting records: what goes with them, what lets go of them, what forbids it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Table,
    func,
    literal,
    select,
    update,
)
from sqlalchemy import (
    delete as sql_delete,
)

from kernel.errors import Conflict, FieldError, Forbidden, NotFound, Problem, Stale
from kernel.i18n import Text, label_text, lazy
from metadata.schema import Field, Object
from runtime import access
from runtime.query.source import raw
from runtime.records import hooks, statements
from runtime.records.writing import RowResult, lock
from runtime.scope import RecordScope
from runtime.tables import record, record_rows, record_search

_CHUNK = 1000


@dataclass(slots=True)
class DeletePlan:
    """What deleting records would do: ids by object that go, links that are cleared, blockers.

    `blocked` counts the records that the actor may see; 0 when only others stand in the way.
    """

    going: dict[Object, list[int]] = field(default_factory=lambda: defaultdict(list))
    clearing: list[tuple[Object, Field, list[int]]] = field(default_factory=list)
    blocked: dict[tuple[Object, Field], int] = field(default_factory=dict)
    forbidden: dict[Object, int] = field(default_factory=dict)

    def problem(self) -> Problem | None:
        """Why it cannot be done, if it cannot."""
        if self.blocked:
            return Conflict(
                lazy("Other records still point to this one."),
                errors=[
                    FieldError(link.name, "in_use", _in_use(child, link, count))
                    for (child, link), count in self.blocked.items()
                ],
            )
        if self.forbidden:
            return Forbidden(lazy("Records that would be deleted too belong to somebody else."))
        return None


def _in_use(child: Object, link: Field, count: int) -> Text:
    field = label_text(link.label)
    if count == 0:
        return lazy("Records that you may not see point here with “%(field)s”.", field=field)
    return lazy(
        "%(n)s × %(object)s point here with “%(field)s”.",
        n=count,
        object=label_text(child.label),
        field=field,
    )


def plan_deletion(scope: RecordScope, object_api: str, record_id: int) -> DeletePlan:
    """What deleting a visible record would do; nothing is changed."""
    object_ = access.require_object(scope, object_api)
    if record_id not in lock(scope, object_, [record_id]):
        raise NotFound()
    return _plan(scope, object_, [record_id])


def delete(scope: RecordScope, object_api: str, record_id: int, version: int | None = None) -> None:
    """Delete a record and what belongs to it.

    Raises `NotFound`, `Forbidden`, `Stale` or, when something that must not lose it points to
    it, `Conflict`.
    """
    (result,) = delete_many(scope, object_api, [(record_id, version)])
    if result.problem is not None:
        raise result.problem


def delete_many(
    scope: RecordScope, object_api: str, wanted: Sequence[tuple[int, int | None]]
) -> list[RowResult]:
    """Delete a batch of (id, expected version or None); answers row by row."""
    object_ = access.require_object(scope, object_api)
    locked = lock(scope, object_, [record_id for record_id, _version in wanted])
    return [_delete_one(scope, object_, locked.pop(i, None), version) for i, version in wanted]


def _delete_one(scope: RecordScope, object_: Object, row: Any, version: int | None) -> RowResult:
    if row is None:
        return RowResult(problem=NotFound())
    if not access.may_edit(scope, object_, row.owner_id):
        return RowResult(
            problem=Forbidden(
                lazy("Only the owner of this record or an administrator may delete it.")
            )
        )
    if version is not None and version != row.version:
        return RowResult(problem=Stale())
    problem = hooks.before_delete(scope, object_, row.id)
    if problem is not None:
        return RowResult(problem=problem)
    plan = _plan(scope, object_, [row.id])
    problem = plan.problem()
    if problem is not None:
        return RowResult(problem=problem)
    _carry_out(scope, plan)
    return RowResult(row.id, row.version + 1)


def _plan(scope: RecordScope, object_: Object, ids: Sequence[int]) -> DeletePlan:
    plan = DeletePlan()
    _collect(scope, object_, list(ids), plan)
    # A record that goes anyway neither blocks nor needs to let go.
    for child, link in list(plan.blocked):
        gone = set(plan.going[child])
        targets = plan.going[scope.schema.objects[link.to or ""]]
        left = [row for row in _pointing(scope, child, link, targets) if row.id not in gone]
        if left:
            seen = sum(access.may_read(scope, child, row.owner_id) for row in left)
            plan.blocked[child, link] = seen
        else:
            del plan.blocked[child, link]
    return plan


def _collect(scope: RecordScope, object_: Object, ids: list[int], plan: DeletePlan) -> None:
    known = set(plan.going[object_])
    fresh = [record_id for record_id in ids if record_id not in known]
    if not fresh:
        return
    plan.going[object_] += fresh
    for relation in object_.children:
        child = scope.schema.objects[relation.object]
        link = child.fields[relation.field]
        if link.column is not None:
            continue
        rows = _pointing(scope, child, link, fresh)
        if not rows:
            continue
        found = [row.id for row in rows]
        if relation.owned:
            _collect(scope, child, found, plan)
        elif (action := on_delete(link)) == "cascade":
            others = sum(not access.may_edit(scope, child, row.owner_id) for row in rows)
            if others:
                plan.forbidden[child] = plan.forbidden.get(child, 0) + others
            _collect(scope, child, found, plan)
        elif action == "clear":
            plan.clearing.append((child, link, fresh))
        else:
            plan.blocked[child, link] = 0


def on_delete(link: Field) -> str:
    """What a lookup does when its record is deleted; a required one cannot be cleared."""
    chosen = link.options.get("on_delete")
    return str(chosen) if chosen else ("restrict" if link.required else "clear")


def _pointing(scope: RecordScope, child: Object, link: Field, ids: Sequence[int]) -> list[Any]:
    rows = record_rows.c
    points = _points(scope, record_rows, child, link, ids)
    statement = select(rows.id, rows.owner_id).where(*points)
    return list(scope.unit.connection.execute(statement))


def _points(
    scope: RecordScope, source: Table, child: Object, link: Field, ids: Sequence[int]
) -> tuple[ColumnElement[bool], ...]:
    return (
        source.c.tenant_id == scope.tenant_id,
        source.c.object_id == child.number,
        source.c.deleted.is_(False),
        raw(source, link) == func.any(literal(list(ids), ARRAY(BigInteger))),
    )


def _carry_out(scope: RecordScope, plan: DeletePlan) -> None:
    for child, link, targets in plan.clearing:
        _clear(scope, child, link, targets)
    for ids in plan.going.values():
        for start in range(0, len(ids), _CHUNK):
            _mark_deleted(scope, ids[start : start + _CHUNK])


def _clear(scope: RecordScope, child: Object, link: Field, ids: Sequence[int]) -> None:
    values: dict[str, Any] = {"data": record.c.data.op("-")(link.key)}
    if link.slot is not None:
        values[link.slot] = None
    scope.unit.connection.execute(
        update(record)
        .where(*_points(scope, record, child, link, ids))
        .values(**values, **_stamp(scope))
    )


def _mark_deleted(scope: RecordScope, ids: Sequence[int]) -> None:
    connection = scope.unit.connection
    listed = func.any(literal(list(ids), ARRAY(BigInteger)))
    connection.execute(
        update(record)
        .where(record.c.tenant_id == scope.tenant_id, record.c.id == listed)
        .values(deleted=True, **_stamp(scope))
    )
    connection.execute(
        sql_delete(record_search).where(
            record_search.c.tenant_id == scope.tenant_id, record_search.c.id == listed
        )
    )
    statements.release_unique(
        connection, tenant_id=scope.tenant_id, claims=[(record_id, None) for record_id in ids]
    )


def _stamp(scope: RecordScope) -> dict[str, Any]:
    return {
        "version": record.c.version + 1,
        "updated_at": scope.unit.clock.now(),
        "updated_by": scope.actor.id,
    }
