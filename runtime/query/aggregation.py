"""Figures over records: counts, sums, averages, minima and maxima by up to two keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, String, cast, func, text

from metadata.condition import Condition
from metadata.schema import Field, Grouping, Measure, Object
from metadata.text import sort_key
from runtime.query.source import Source
from runtime.records.shape import Names, find_names, instant
from runtime.scope import RecordScope

PERIODS = ("day", "week", "month", "quarter", "year")
MAX_GROUPS = 10_000
_AVERAGE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Which figures over which records, by which keys."""

    object: Object
    where: Condition | None
    group_by: tuple[Grouping, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class AggregateRow:
    """Figures of one group. Groups are API values (a period is its first day), as measures are."""

    groups: tuple[Any, ...]
    measures: tuple[Any, ...]

    def as_json(self) -> dict[str, Any]:
        """The row as in an API answer."""
        return {"groups": list(self.groups), "measures": list(self.measures)}


def aggregate(scope: RecordScope, query: Aggregate) -> list[AggregateRow]:
    """The figures, in the order in which people expect the keys; empty keys come last.

    At most `MAX_GROUPS` + 1 rows are returned: a caller that gets more than `MAX_GROUPS` says
    that the list is cut.
    """
    source = Source(scope, query.object)
    source.where(query.where)
    keys = [_key(scope, source, grouping) for grouping in query.group_by]
    figures = [_figure(source, measure) for measure in query.measures]
    statement = source.select(*keys, *figures).group_by(*keys).limit(MAX_GROUPS + 1)
    joined = any(len(grouping.path.fields) > 1 for grouping in query.group_by)
    connection = scope.unit.connection
    if joined:  # a join report reads everything once: hashing beats a million index look-ups
        connection.execute(text("SET LOCAL enable_nestloop = off"))
    rows = connection.execute(statement).all()
    if joined:
        connection.execute(text("SET LOCAL enable_nestloop = on"))
    names = _names(scope, query.group_by, rows)
    shaped = [_shape(query, row, names) for row in rows]
    shaped.sort(
        key=lambda row: [_order(g, v) for g, v in zip(query.group_by, row.groups, strict=True)]
    )
    return shaped


def _key(scope: RecordScope, source: Source, grouping: Grouping) -> ColumnElement[Any]:
    term = source.group_term(grouping.path)
    absent = grouping.path.field.type.absent
    if absent is not None:  # an empty checkbox counts as unticked, as in conditions
        blank = str(absent).lower() if isinstance(term.type, String) else int(absent)
        term = func.coalesce(term, blank)
    if _is_instant(grouping.path.field):
        term = func.timezone(scope.actor.zone, term)  # days and months are those of the reader
    elif grouping.by is not None or grouping.path.field.type.slot_kind == "d":
        term = cast(term, Date)
    if grouping.by is not None:
        term = cast(func.date_trunc(grouping.by, term), Date)
    elif _is_instant(grouping.path.field):
        term = cast(term, Date)
    return term


def _figure(source: Source, measure: Measure) -> ColumnElement[Any]:
    if measure.path is None:
        return func.count()
    term = source.comparable(measure.path)
    match measure.fn:
        case "count":
            return func.count(term)
        case "sum":
            return func.sum(term)
        case "avg":
            # `avg` has 16 digits or a few more, and none behind the point of a large average.
            total = cast(func.sum(term), Numeric(200, 2 * _AVERAGE_DECIMALS))
            return func.round(total / func.nullif(func.count(term), 0), _AVERAGE_DECIMALS)
        case "min":
            return func.min(term)
        case "max":
            return func.max(term)
    raise ValueError(measure.fn)


def _is_instant(field: Field) -> bool:
    return field.type.name == "datetime"


def _names(scope: RecordScope, groupings: Sequence[Grouping], rows: Sequence[Any]) -> Names:
    places = [n for n, grouping in enumerate(groupings) if grouping.path.field.to is not None]
    return find_names(scope, (int(row[n]) for row in rows for n in places if row[n] is not None))


def _shape(query: Aggregate, row: Any, names: Names) -> AggregateRow:
    split = len(query.group_by)
    groups = tuple(
        _group_value(grouping, value, names)
        for grouping, value in zip(query.group_by, row[:split], strict=True)
    )
    measures = tuple(
        _measure_value(measure, value)
        for measure, value in zip(query.measures, row[split:], strict=True)
    )
    return AggregateRow(groups, measures)


def _group_value(grouping: Grouping, value: Any, names: Names) -> Any:
    field = grouping.path.field
    if value is None:
        return None
    if field.to is not None:
        return {"id": str(value), "name": names.get(int(value))}
    if field.picklist is not None and isinstance(value, int):
        return field.picklist.by_number[value].code
    if field.type.name == "checkbox":
        return value in (1, True, "true")
    return _plain(value)


def _measure_value(measure: Measure, value: Any) -> Any:
    if measure.fn == "count":
        return int(value)
    if value is None:
        return None
    if (
        measure.path is not None
        and measure.path.field.type.name == "integer"
        and measure.fn != "avg"
    ):
        return int(value)
    if measure.fn == "avg":
        digits = format(value, "f")  # `normalize` would round to 28 digits
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    if measure.path is not None and measure.path.field.type.name == "date":
        return value.date().isoformat() if isinstance(value, datetime) else value.isoformat()
    return _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case datetime():
            return instant(value)
        case bool() | int() | str():
            return value
    return value.isoformat()


def _order(grouping: Grouping, value: Any) -> tuple[int, Any]:
    """Where a key stands: picklists by position, lookups by name, the rest by value."""
    if value is None:
        return (1, 0)
    field = grouping.path.field
    if isinstance(value, dict):
        return (0, sort_key(value["name"] or ""))
    if field.picklist is not None:
        return (0, [choice.code for choice in field.picklist.values].index(value))
    if field.type.slot_kind == "n":
        return (0, Decimal(value))
    return (0, sort_key(value) if field.type.slot_kind == "t" else value)
