"""The tree of a condition."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from metadata.operators import Operator
from metadata.schema import Field, Path


@dataclass(frozen=True, slots=True)
class UserRef:
    """The person who asks: `{"$user": "id"}`."""


@dataclass(frozen=True, slots=True)
class DateRef:
    """A day counted from the reader's today: `{"$date": "today", "days": -7}`."""

    days: int = 0


Scalar = str | bool | int | Decimal | date | datetime | UserRef | DateRef
Value = Scalar | tuple[Scalar, ...] | None
"""What stands on the right: nothing, one value, or several. On a field of instants a `date` means
the whole day in the reader's zone. For `during` it is the name of a period."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a value."""

    path: Path
    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True)
class All:
    """True when each part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when at least one part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is false."""

    part: Condition


Condition = Compare | All | Any | Not


def comparisons(condition: Condition | None) -> Iterator[Compare]:
    """All comparisons of a condition, from left to right."""
    match condition:
        case Compare():
            yield condition
        case All(parts) | Any(parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part):
            yield from comparisons(part)


def paths(condition: Condition | None) -> tuple[Path, ...]:
    """The paths that a condition reads, each once."""
    return tuple(dict.fromkeys(compare.path for compare in comparisons(condition)))


def to_json(condition: Condition | None) -> dict[str, typing.Any] | None:
    """The condition as JSON; `parse` gives the same condition back."""
    match condition:
        case None:
            return None
        case All(parts):
            return {"all": [to_json(part) for part in parts]}
        case Any(parts):
            return {"any": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}
        case Compare(path, operator):
            node: dict[str, typing.Any] = {"field": path.api, "op": operator.name}
            if operator.arity != "none":
                node["value"] = _value_json(condition)
            return node


def _value_json(compare: Compare) -> typing.Any:
    if isinstance(compare.value, tuple):
        return [_scalar_json(compare, value) for value in compare.value]
    return _scalar_json(compare, compare.value)


def _scalar_json(compare: Compare, value: typing.Any) -> typing.Any:
    field: Field = compare.path.field
    if isinstance(value, UserRef):
        return {"$user": "id"}
    if isinstance(value, DateRef):
        return {"$date": "today", "days": value.days} if value.days else {"$date": "today"}
    if isinstance(value, str):  # text, a code, part of a text, the name of a period
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return field.type.store(field, value)
