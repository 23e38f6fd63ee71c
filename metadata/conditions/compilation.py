"""The meaning of a condition in SQL."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    String,
    Text,
    and_,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import NullType

from metadata.conditions.binding import Bindings, Bound, bind
from metadata.conditions.evaluation import holds
from metadata.conditions.nodes import All, Any, Compare, Condition, Not
from metadata.operators import Span
from metadata.schema import Field, Path

Resolve = Callable[[Path], ColumnElement[typing.Any]]
"""Gives the SQL of a path's values, NULL for empty, with its SQL type: what the type's `expression`
makes (text folded in full, a picklist's code, a checkbox's boolean, a multiple choice as jsonb)
or, except for text, a live slot or a column (a picklist's number, a checkbox's 0 or 1, ...)."""

Narrow = Callable[[Compare], ColumnElement[bool] | None]
"""Gives, for `=` or `in`, a predicate that an index serves and that is true wherever the comparison
is; None for no such predicate."""


def compile_sql(
    condition: Condition | None,
    resolve: Resolve,
    bindings: Bindings,
    narrow: Narrow | None = None,
) -> ColumnElement[bool]:
    """The condition as an SQL predicate, NULL where it is unknown. Values are bind parameters.

    `narrow` is asked for comparisons whose operator says `narrows`, where only truth counts:
    never below a `not`, since there a false prefilter would turn true. With it the predicate may be
    false where it would be NULL; it is true for the same records.
    """
    return _Compiler(resolve, bindings, narrow).node(condition, narrow is not None)


@dataclass(frozen=True, slots=True)
class _Compiler:
    resolve: Resolve
    bindings: Bindings
    narrow: Narrow | None

    def node(self, condition: Condition | None, may_narrow: bool) -> ColumnElement[bool]:
        match condition:
            case None:
                return true()
            case All(parts):
                return and_(*(self.node(part, may_narrow) for part in parts))
            case Any(parts):
                return or_(*(self.node(part, may_narrow) for part in parts))
            case Not(part):
                return not_(self.node(part, False))
            case Compare():
                return self._compare(condition, may_narrow)

    def _compare(self, compare: Compare, may_narrow: bool) -> ColumnElement[bool]:
        bound = bind(compare, self.bindings)
        if bound is None:
            return cast(null(), Boolean)
        field = compare.path.field
        predicate = _predicate(bound, field, self.resolve(compare.path))
        if may_narrow and self.narrow is not None and compare.operator.narrows:
            prefilter = self.narrow(compare)
            if prefilter is not None:
                return and_(prefilter, predicate)
        return predicate


def _predicate(
    bound: Bound, field: Field, column: ColumnElement[typing.Any]
) -> ColumnElement[bool]:
    if isinstance(column.type, NullType):
        raise TypeError(f"the SQL of {field.name} has no type")
    if isinstance(column.type, JSON):
        column = func.nullif(column, cast(literal("[]", Text()), JSONB), type_=JSONB())
    if bound.operator.arity == "none":
        return bound.operator.sql(column, None)
    predicate = bound.operator.sql(column, _in_column(bound.value, field, column))
    if bound.negated:
        predicate = not_(predicate)
    if field.type.absent is None:
        return predicate
    if holds(bound, field, None):
        return or_(column.is_(None), predicate)
    return and_(column.is_not(None), predicate)


def _in_column(value: typing.Any, field: Field, column: ColumnElement[typing.Any]) -> typing.Any:
    """The value as the column holds values."""
    if isinstance(value, tuple):
        return tuple(_in_column(part, field, column) for part in value)
    if isinstance(value, Span):
        low, high = (
            None if end is None else _in_column(end, field, column)
            for end in (value.low, value.high)
        )
        return Span(low, high, value.closed)
    if isinstance(column.type, String):
        return field.type.comparable(field, value)
    if isinstance(column.type, Boolean | Date | JSON):
        return value
    return field.type.slot_value(field, value)
