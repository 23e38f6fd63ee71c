"""Figures equal those that Python counts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.scope import Actor
from runtime.query import Aggregate, aggregate
from runtime.query.requests import read_groupings, read_measures
from tests.runtime.query.conftest import Wide

PERIODS = ("day", "week", "month", "quarter", "year")
PLAIN = st.sampled_from(
    ["text0", "text9", "picklist0", "picklist7", "checkbox0", "checkbox3", "firm", "firm.name"]
).map(lambda name: {"field": name})
DATED = st.builds(
    lambda name, by: {"field": name} | ({"by": by} if by else {}),
    st.sampled_from(["date0", "date3", "datetime0"]),
    st.sampled_from([None, *PERIODS]),
)
GROUPINGS = st.lists(PLAIN | DATED, max_size=2)
NUMBERS = st.sampled_from(["number0", "number9"])


def _cut(day: date, by: str | None) -> date:
    """The first day of the period."""
    match by:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def _group(row: dict[str, Any], grouping: dict[str, Any], zone: str) -> Any:
    name = grouping["field"]
    value = row["firm" if name.startswith("firm") else name]
    if name == "firm":
        return None if row["firm_id"] is None else (str(row["firm_id"]), value)
    if name.startswith("checkbox"):
        return bool(value)
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    return _cut(value, grouping.get("by")).isoformat() if isinstance(value, date) else value


def _figures(values: list[Decimal]) -> list[Any]:
    """count, sum, min, max; None where there is nothing."""
    with localcontext(prec=60):
        total = sum(values, Decimal())
    return [len(values), total, min(values), max(values)] if values else [0, None, None, None]


def test_figures_are_those_of_python(wide: Wide) -> None:
    zone = "Asia/Shanghai"
    side = wide.bench.side
    reader = Actor(id=side.other.id, name="Other", zone=zone)

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(GROUPINGS, NUMBERS)
    def check(groupings: list[dict[str, Any]], number: str) -> None:
        expected: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
        sizes: dict[tuple[Any, ...], int] = defaultdict(int)
        for row in wide.rows.values():
            key = tuple(_group(row, grouping, zone) for grouping in groupings)
            expected[key] += [] if row[number] is None else [row[number]]
            sizes[key] += 1
        fns = ("count", "sum", "min", "max")
        measures = [{"fn": fn, "field": number} for fn in fns] + [{"fn": "count"}]
        with wide.bench.scope(reader) as scope:
            object_ = wide.object(scope)
            keys = read_groupings(scope.schema, object_, groupings)
            asked = read_measures(scope.schema, object_, measures)
            rows = aggregate(scope, Aggregate(object_, None, keys, asked))
        found = {
            tuple((g["id"], g["name"]) if isinstance(g, dict) else g for g in row.groups): [
                None if m is None else Decimal(m) for m in row.measures
            ]
            for row in rows
        }
        assert len(found) == len(rows)
        assert found == {k: [*_figures(v), sizes[k]] for k, v in expected.items()}
        for place in range(len(groupings[:1])):  # empty keys come last
            empty = [row.groups[place] is None for row in rows]
            assert empty == sorted(empty)

    check()


def test_averages_round_to_six_decimals(wide: Wide) -> None:
    with wide.bench.scope() as scope:
        object_ = wide.object(scope)
        asked = read_measures(scope.schema, object_, [{"fn": "avg", "field": "number0"}])
        (row,) = aggregate(scope, Aggregate(object_, None, (), asked))
    values = [row["number0"] for row in wide.rows.values() if row["number0"] is not None]
    with localcontext(prec=60):
        exact = sum(values, Decimal()) / len(values)
        assert abs(Decimal(row.measures[0]) - exact) <= Decimal("0.0000005")
