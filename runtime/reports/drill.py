"""From a figure to its records: the condition that a group of a report means."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from metadata.schema import Grouping

Json = Any


def period_end(first: date, by: str) -> date:
    """The last day of the period that begins on `first`."""
    match by:
        case "day":
            return first
        case "week":
            return first + timedelta(6)
        case "month" | "quarter":
            months = first.month + (1 if by == "month" else 3)
            year, month = (first.year, months) if months <= 12 else (first.year + 1, months - 12)
            if year > date.max.year:
                return date.max
            return date(year, month, 1) - timedelta(1)
        case "year":
            return date(first.year, 12, 31)
    raise ValueError(by)


def group_condition(grouping: Grouping, value: Json) -> Json:
    """The condition, as JSON, that holds for the records of one group.

    `value` is the group as `runtime.query.aggregate` answers it. An unticked checkbox and an
    empty one are different groups of the figures but not different for conditions, so neither
    is asked for emptiness.
    """
    field, name = grouping.path.field, grouping.path.api
    if value is None:
        return {"field": name, "op": "is_empty"}
    if field.to is not None:
        return {"field": name, "op": "=", "value": value["id"]}
    by = grouping.by or ("day" if field.type.temporal == "instant" else None)
    if by is None:
        return {"field": name, "op": "=", "value": value}
    first = date.fromisoformat(value)
    if by == "day":
        return {"field": name, "op": "=", "value": value}
    last = period_end(first, by)
    return {"field": name, "op": "between", "value": [value, last.isoformat()]}


def joined(*conditions: Json) -> Json:
    """All of several conditions, as JSON; None for none."""
    given = [condition for condition in conditions if condition]
    if len(given) < 2:
        return given[0] if given else None
    return {"all": given}
