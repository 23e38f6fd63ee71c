"""The meaning of a condition in Python."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator

from metadata.conditions.binding import Bindings, Bound, bind
from metadata.conditions.nodes import All, Any, Compare, Condition, Not
from metadata.operators import Span
from metadata.schema import Field, Path

Read = Callable[[Path], typing.Any]
"""Gives a record's value at a path; None when it is empty."""


def evaluate(condition: Condition | None, read: Read, bindings: Bindings) -> bool | None:
    """Whether a record matches; None for unknown (see `metadata.conditions`)."""
    match condition:
        case None:
            return True
        case All(parts):
            return _every(evaluate(part, read, bindings) for part in parts)
        case Any(parts):
            return _negated(_every(_negated(evaluate(part, read, bindings)) for part in parts))
        case Not(part):
            return _negated(evaluate(part, read, bindings))
        case Compare(path):
            bound = bind(condition, bindings)
            return None if bound is None else holds(bound, path.field, read(path))


def _every(truths: Iterator[bool | None]) -> bool | None:
    result: bool | None = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def _negated(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def holds(bound: Bound, field: Field, value: typing.Any) -> bool | None:
    """Whether a bound comparison is true of a field's value; None for unknown."""
    if isinstance(value, str | tuple | list) and not value:
        value = None
    if bound.operator.arity == "none":
        return bound.operator.python(value, None)
    if value is None:
        value = field.type.absent
    if value is None:
        return None
    left = field.type.comparable(field, value)
    return bound.operator.python(left, _comparable(field, bound.value)) is not bound.negated


def _comparable(field: Field, value: typing.Any) -> typing.Any:
    if isinstance(value, Span) or field.picklist is not None:
        return value
    if isinstance(value, tuple):
        return tuple(field.type.comparable(field, part) for part in value)
    return field.type.comparable(field, value)
