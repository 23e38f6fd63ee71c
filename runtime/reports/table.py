"""The table of a report: rows, subtotals and totals, in the texts that people read.

Subtotals are asked from the database, not added up: an average of averages is none, and a
maximum has no sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import orjson
from babel import dates

from kernel.i18n import _, current_locale, format_date, format_decimal, label_text
from metadata.condition import Condition
from metadata.schema import Grouping, Measure, Object
from runtime.query import Aggregate, AggregateRow, aggregate
from runtime.query.aggregation import MAX_GROUPS
from runtime.reports.drill import group_condition, joined
from runtime.scope import RecordScope
from runtime.workspace.display import path_label, value_text


@dataclass(frozen=True, slots=True)
class Definition:
    """What a report asks: of metadata, or put together by its reader."""

    object: Object
    where: Condition | None
    where_json: Any
    group_by: tuple[Grouping, ...]
    measures: tuple[Measure, ...]
    chart: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the table and the list of its records."""

    text: str
    value: Any
    """The exact figure as in API answers."""
    url: str

    @property
    def number(self) -> float | None:
        """For charts, which only draw."""
        try:
            return None if self.value is None else float(self.value)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Line:
    """A row: the texts of its groups and its figures. `level` is the number of groups that it
    stands for: all of them for a plain row, fewer for subtotals, none for the grand total."""

    groups: tuple[str, ...]
    figures: tuple[Figure, ...]
    level: int


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A report, ready to be shown."""

    headings: tuple[str, ...]
    measures: tuple[str, ...]
    lines: tuple[Line, ...]
    truncated: bool

    def plain(self) -> list[Line]:
        """The rows without subtotals and total."""
        return [line for line in self.lines if line.level == len(self.headings)]


def make_table(scope: RecordScope, definition: Definition) -> ReportTable:
    """Ask the figures and write them down."""
    rows = _ask(scope, definition, definition.group_by)
    lines: list[Line] = []
    if len(definition.group_by) == 2:
        lines = _with_subtotals(scope, definition, rows)
    elif definition.group_by:
        lines = [_line(scope, definition, row) for row in rows[:MAX_GROUPS]]
    total = _ask(scope, definition, ())
    lines += [_line(scope, definition, row, total=True) for row in total]
    return ReportTable(
        tuple(grouping_label(g) for g in definition.group_by),
        tuple(measure_label(m) for m in definition.measures),
        tuple(lines),
        len(rows) > MAX_GROUPS,
    )


def _ask(
    scope: RecordScope, definition: Definition, group_by: tuple[Grouping, ...]
) -> list[AggregateRow]:
    query = Aggregate(definition.object, definition.where, group_by, definition.measures)
    return aggregate(scope, query)


def _with_subtotals(
    scope: RecordScope, definition: Definition, rows: Sequence[AggregateRow]
) -> list[Line]:
    outer = _ask(scope, definition, definition.group_by[:1])
    inner: dict[bytes, list[AggregateRow]] = {}
    for row in rows[:MAX_GROUPS]:
        inner.setdefault(orjson.dumps(row.groups[0]), []).append(row)
    lines = []
    for group in outer:
        members = inner.get(orjson.dumps(group.groups[0]), [])
        lines += [_line(scope, definition, row) for row in members]
        lines.append(_line(scope, definition, group))
    return lines


def _line(
    scope: RecordScope, definition: Definition, row: AggregateRow, *, total: bool = False
) -> Line:
    used = definition.group_by[: len(row.groups)]
    texts = tuple(group_text(scope, g, value) for g, value in zip(used, row.groups, strict=True))
    url = _records_url(definition, row.groups)
    figures = tuple(
        Figure(_figure_text(scope, measure, value), value, url)
        for measure, value in zip(definition.measures, row.measures, strict=True)
    )
    return Line(texts if not total else (), figures, len(row.groups))


def _records_url(definition: Definition, groups: Sequence[Any]) -> str:
    pairs = zip(definition.group_by, groups, strict=False)
    where = joined(definition.where_json, *(group_condition(g, value) for g, value in pairs))
    text = orjson.dumps(where).decode() if where else ""
    return f"/o/{definition.object.api}?{urlencode({'where': text})}"


def group_text(scope: RecordScope, grouping: Grouping, value: Any) -> str:
    """A group as people read it."""
    field = grouping.path.field
    if value is None:
        return _("(empty)")
    if field.to is not None:
        return value["name"] or _("(not visible)")
    if grouping.by is not None:
        return period_text(date.fromisoformat(value), grouping.by)
    if field.type.temporal == "instant":
        return format_date(date.fromisoformat(value))
    return value_text(scope.actor, field, value)


def period_text(first: date, by: str) -> str:
    """A period as people call it: March 2026, 2026年3月, Q1 2026."""
    locale = current_locale()
    match by:
        case "year":
            return dates.format_skeleton("y", first, locale=locale)
        case "quarter":
            return dates.format_skeleton("yQQQ", first, locale=locale)
        case "month":
            return dates.format_skeleton("yMMM", first, locale=locale)
        case "week":
            return _("Week of %(day)s", day=format_date(first))
    return format_date(first)


def grouping_label(grouping: Grouping) -> str:
    """What a key is called."""
    label = path_label(grouping.path)
    return label if grouping.by is None else f"{label} ({period_label(grouping.by)})"


def period_label(by: str) -> str:
    """The name of a kind of period."""
    return {
        "day": _("day"),
        "week": _("week"),
        "month": _("month"),
        "quarter": _("quarter"),
        "year": _("year"),
    }[by]


def function_label(fn: str) -> str:
    """The name of a figure's function."""
    return {
        "count": _("Number"),
        "sum": _("Sum"),
        "avg": _("Average"),
        "min": _("Smallest"),
        "max": _("Largest"),
    }[fn]


def measure_label(measure: Measure) -> str:
    """What a figure is called."""
    if measure.path is None:
        return _("Records")
    return f"{function_label(measure.fn)}: {path_label(measure.path)}"


def _figure_text(scope: RecordScope, measure: Measure, value: Any) -> str:
    if value is None:
        return "–"
    if measure.path is None or measure.fn == "count":
        return format_decimal(int(value))
    if measure.fn == "avg":
        return format_decimal(Decimal(value).quantize(Decimal("0.01")), scale=2)
    return value_text(scope.actor, measure.path.field, value)


def object_title(definition: Definition) -> str:
    """The name of the records that the report is about."""
    return label_text(definition.object.plural) or label_text(definition.object.label)
