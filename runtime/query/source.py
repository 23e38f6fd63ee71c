"""The FROM clause of a record query and the SQL of the fields reached in it.

This is the only place where record tables become queries: a `Source` cannot be made without a
scope, and puts the tenant, the object, the soft-delete flag and the access rule in by itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    func,
    literal,
    select,
)

from metadata.condition import Compare, Condition, compile_sql
from metadata.schema import Field, Object, Path
from runtime import access
from runtime.scope import RecordScope
from runtime.tables import record_rows


class Source:
    """Records of one object, joined to what paths through lookups need."""

    def __init__(self, scope: RecordScope, object_: Object) -> None:
        self.scope = scope
        self.object = object_
        self.base: FromClause = _rows("r")
        self._from: Any = self.base
        self._joined: dict[tuple[str, ...], FromClause] = {}
        self._where: list[ColumnElement[bool]] = [
            self.base.c.tenant_id == scope.tenant_id,
            self.base.c.object_id == object_.number,
            self.base.c.deleted.is_(False),
        ]
        allowed = access.readable(scope, object_, self.base)
        if allowed is not None:
            self._where.append(allowed)

    def where(self, condition: Condition | None) -> None:
        """Keep only records that match."""
        if condition is not None:
            self.require(
                compile_sql(condition, self.comparable, self.scope.bindings(), self._narrow)
            )

    def require(self, clause: ColumnElement[bool]) -> None:
        """Keep only rows for which a clause of the caller holds."""
        self._where.append(clause)

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """The statement over everything joined so far."""
        return select(*columns).select_from(self._from).where(and_(*self._where))

    # -- places -----------------------------------------------------------------------------

    def place(self, path: Path) -> tuple[FromClause, Field]:
        """The row in which the path's last field stands; joins what is missing."""
        row = self.base
        for depth, link in enumerate(path.fields[:-1], start=1):
            row = self._join(row, tuple(f.id for f in path.fields[:depth]), link)
        return row, path.field

    def _join(self, row: FromClause, key: tuple[str, ...], link: Field) -> FromClause:
        known = self._joined.get(key)
        if known is not None:
            return known
        assert link.to is not None
        target = self.scope.schema.objects[link.to]
        joined = _rows(f"j{len(self._joined) + 1}")
        conditions = [
            joined.c.tenant_id == self.scope.tenant_id,
            joined.c.id == raw(row, link),
            joined.c.deleted.is_(False),
        ]
        allowed = access.readable(self.scope, target, joined)
        if allowed is not None:  # what the reader may not see is empty to them
            conditions.append(allowed)
        self._from = self._from.outerjoin(joined, and_(*conditions))
        self._joined[key] = joined
        return joined

    # -- expressions ------------------------------------------------------------------------

    def stored(self, path: Path) -> ColumnElement[Any]:
        """The stored form: jsonb for data, the column for system fields."""
        row, field = self.place(path)
        if field.column is not None:
            column: ColumnElement[Any] = row.c[field.column]
            return column
        return row.c.data[field.key]

    def comparable(self, path: Path) -> ColumnElement[Any]:
        """What conditions compare."""
        return raw(*self.place(path))

    def sort_term(self, path: Path) -> ColumnElement[Any]:
        """What lists are sorted by: for lookups the name of the other record."""
        field = path.field
        if field.to is not None:
            target = self.scope.schema.objects[field.to]
            return self.sort_term(Path((*path.fields, target.name_field)))
        row, _field = self.place(path)
        if field.column is not None:
            column: ColumnElement[Any] = row.c[field.column]
            return column
        kind = field.type.slot_kind
        live = row.c[field.slot] if field.slot is not None and field.slot_live else None
        if field.picklist is not None:
            return _by_position(field, row, live)
        if kind == "t":
            if live is not None:
                return live
            return func.coalesce(
                row.c.data[field.key + "~"].astext,
                func.left(func.lower(row.c.data[field.key].astext), 64),
            )
        if live is not None:
            return live
        value = raw(row, field)
        return value.cast(Integer) if kind == "p" else value  # a checkbox: 0 or 1, as in a slot

    def group_term(self, path: Path) -> ColumnElement[Any]:
        """What reports group by: the slot form where there is one, the stored text elsewhere."""
        row, field = self.place(path)
        if field.column is None and field.slot_live and field.type.slot_kind in ("p", "r", "d"):
            assert field.slot is not None
            slot: ColumnElement[Any] = row.c[field.slot]
            return slot
        if field.column is None and field.type.slot_kind in ("p", "t", None):
            text: ColumnElement[Any] = row.c.data[field.key].astext
            return text
        return raw(row, field)

    def _narrow(self, compare: Compare) -> ColumnElement[bool] | None:
        """A prefilter on the live slot of a text, which holds a shortened sort key."""
        field = compare.path.field
        if field.slot is None or not field.slot_live or field.type.slot_kind != "t":
            return None
        row, _field = self.place(compare.path)
        values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
        keys = [field.type.slot_value(field, value) for value in values]
        slot = row.c[field.slot]
        return slot == keys[0] if len(keys) == 1 else slot == func.any(literal(keys, ARRAY(Text())))


@cache
def _rows(name: str) -> FromClause:
    """The record rows under a name. Made once: an alias builds an object for each column."""
    rows = record_rows.alias(name)
    assert rows.c is not None  # builds them now, before threads share the alias
    return rows


def raw(row: FromClause, field: Field) -> ColumnElement[Any]:
    """The comparable of a field in a row: a column, a live slot, or the JSON made comparable."""
    if field.column is not None:
        column: ColumnElement[Any] = row.c[field.column]
        return column
    if field.slot_live and field.slot is not None and field.type.slot_kind != "t":
        slot: ColumnElement[Any] = row.c[field.slot]
        return slot
    made: ColumnElement[Any] = field.type.expression(field, row.c.data[field.key].astext)
    return made


def _by_position(
    field: Field, row: FromClause, live: ColumnElement[Any] | None
) -> ColumnElement[Any]:
    assert field.picklist is not None
    values = field.picklist.values
    if live is not None:
        numbers = [value.number for value in values]
        if numbers == sorted(numbers):  # as made: the slot itself is in the order of the list
            return live
        return func.array_position(literal(numbers, ARRAY(record_rows.c.p1.type)), live)
    codes = [value.code for value in values]
    return func.array_position(literal(codes, ARRAY(Text())), row.c.data[field.key].astext)
