"""Lists and figures over HTTP: conditions, sorts, pages, groups, and what is refused."""

from __future__ import annotations

import base64
from decimal import Decimal, localcontext
from typing import Any

import orjson
import pytest

from runtime import records
from tests.runtime.api.conftest import Bench
from tests.runtime.api.test_records import codes


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


@pytest.fixture
def things(bench: Bench) -> Bench:
    """Five things of two firms."""
    big = bench.user.make("firm", name="Big", code="B")["id"]
    small = bench.user.make("firm", name="Small", code="S", parent=big)["id"]
    for values in (
        {"name": "a", "price": "10", "firm": big, "color": "red", "made_on": "2026-01-31"},
        {"name": "b", "price": "20.5", "firm": small, "color": "blue", "made_on": "2026-02-01"},
        {"name": "c", "price": "0.1", "firm": small, "color": "red", "ready": True},
        {"name": "d", "price": "0.2", "colors": ["red", "blue"], "keeper": str(bench.side.user.id)},
        {"name": "e"},
    ):
        bench.user.make("thing", **values)
    return bench


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (None, "abcde"),
        ({}, "abcde"),
        ({"all": []}, "abcde"),
        ({"field": "price", "op": ">", "value": 10}, "b"),
        ({"field": "price", "op": "=", "value": "10.0"}, "a"),
        ({"field": "price", "op": "in", "value": [0.1, "0.2"]}, "cd"),
        ({"field": "price", "op": "between", "value": ["0.2", 10]}, "ad"),
        ({"field": "price", "op": "is_empty"}, "e"),
        ({"field": "firm.name", "op": "=", "value": "SMALL"}, "bc"),
        ({"field": "firm.parent.code", "op": "=", "value": "b"}, "bc"),
        ({"field": "firm.parent", "op": "is_empty"}, "ade"),
        ({"field": "color", "op": "=", "value": "red"}, "ac"),
        ({"field": "ready", "op": "=", "value": False}, "abde"),
        ({"field": "colors", "op": "has_any", "value": ["blue"]}, "d"),
        ({"field": "keeper", "op": "=", "value": {"$user": "id"}}, "d"),
        ({"field": "owner", "op": "=", "value": {"$user": "id"}}, "abcde"),
        ({"field": "made_on", "op": "during", "value": "last_month"}, "b"),
        ({"field": "created_at", "op": "=", "value": {"$date": "today"}}, "abcde"),
        ({"not": {"field": "color", "op": "=", "value": "red"}}, "b"),
        ({"field": "number", "op": "=", "value": "t-0003"}, "c"),
        ({"field": "name", "op": "=", "value": "' OR 1=1 --"}, ""),
    ],
)
def test_conditions(things: Bench, where: Any, names: str) -> None:
    rows = things.user.rows("thing", where=where, sort=["name"], fields=["name"])
    assert _names(rows) == list(names)
    (row,) = things.user.figures("thing", where=where)
    assert row == {"groups": [], "measures": [len(names)]}


def _nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"field": "name", "op": "=", "value": "x"}
    for _ in range(depth - 1):
        inner = {"all": [inner]}
    return inner


@pytest.mark.parametrize(
    ("where", "at"),
    [
        ({"field": "nothing", "op": "=", "value": 1}, "where.field"),
        ({"field": "__proto__", "op": "=", "value": 1}, "where.field"),
        ({"field": "data->>'1'", "op": "=", "value": 1}, "where.field"),
        ({"field": "firm.nothing", "op": "=", "value": 1}, "where.field"),
        ({"field": "name.x", "op": "=", "value": 1}, "where.field"),
        ({"field": "firm.parent.parent.parent.name", "op": "=", "value": "1"}, "where.field"),
        ({"field": ["name"], "op": "=", "value": 1}, "where.field"),
        ({"field": "name", "op": "like", "value": "%"}, "where.op"),
        ({"field": "name", "op": "=) OR (1=1", "value": "x"}, "where.op"),
        ({"field": "price", "op": "=", "value": "x"}, "where.value"),
        ({"field": "price", "op": "=", "value": {"a": 1}}, "where.value"),
        ({"field": "price", "op": "="}, "where.value"),
        ({"field": "name", "op": "=", "value": "a\x00"}, "where.value"),
        ({"field": "name", "op": "in", "value": ["x"] * 1001}, "where.value"),
        ({"field": "made_on", "op": "during", "value": "someday"}, "where.value"),
        ({"field": "name", "op": "=", "value": "x", "sql": "1"}, "where"),
        ({"all": [], "any": []}, "where"),
        ({"any": []}, "where.any"),
        ({"all": [{"field": "name", "op": "is_empty"}] * 200}, "where.all[199]"),
        (_nested(11), "where" + ".all[0]" * 10),
    ],
)
def test_bad_conditions(bench: Bench, where: Any, at: str) -> None:
    for path in ("query", "aggregate"):
        answer = bench.user.post(f"/{path}/thing", json={"where": where})
        assert answer.status_code == 422
        assert list(codes(answer)) == [at]


def test_conditions_at_their_limits(bench: Bench) -> None:
    for where in (
        _nested(10),
        {"all": [{"field": "name", "op": "is_empty"}] * 199},
        {"field": "name", "op": "in", "value": [f"x{n}" for n in range(1000)]},
    ):
        assert bench.user.rows("thing", where=where) == []


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ({"where": "1=1"}, "where"),
        ({"sort": "name"}, "sort"),
        ({"sort": ["nothing"]}, "sort[0]"),
        ({"sort": ["name; DROP TABLE record"]}, "sort[0]"),
        ({"sort": ["name DESC"]}, "sort[0]"),
        ({"sort": ["about"]}, "sort[0]"),
        ({"sort": ["colors"]}, "sort[0]"),
        ({"sort": [1]}, "sort[0]"),
        ({"sort": ["name"] * 6}, "sort"),
        ({"fields": ["nothing"]}, "fields[0]"),
        ({"fields": ["firm.code", "firm.x"]}, "fields[1]"),
        ({"fields": ["name"] * 101}, "fields"),
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "5"}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": None}, "limit"),
        ({"cursor": 5}, "cursor"),
        ({"cursor": "x" * 4001}, "cursor"),
        ({"offset": 5}, "offset"),
        ({"tenant_id": 5}, "tenant_id"),
    ],
)
def test_bad_queries(bench: Bench, query: dict[str, Any], at: str) -> None:
    answer = bench.user.post("/query/thing", json=query)
    assert (answer.status_code, list(codes(answer))) == (422, [at]), answer.text


def test_fields(things: Bench) -> None:
    fields = ["name", "firm", "firm.name", "firm.parent", "firm.parent.name", "owner.email"]
    rows = things.user.rows("thing", fields=fields, sort=["name"], limit=2)
    big = rows[0]["firm"]["id"]
    small = {"id": rows[1]["firm"]["id"], "name": "Small"}
    mail = things.side.email(things.side.user)
    for row in rows:
        assert list(row) == ["id", "version", *fields]
    assert list(rows[0].values())[2:] == ["a", {"id": big, "name": "Big"}, "Big", None, None, mail]
    parent = {"id": big, "name": "Big"}
    assert list(rows[1].values())[2:] == ["b", small, "Small", parent, "Big", mail]


def test_aggregates(things: Bench) -> None:
    figures = things.user.figures
    measures = [{"fn": fn, "field": "price"} for fn in ("sum", "avg", "min", "max", "count")]
    (row,) = figures("thing", measures=measures)
    assert row["measures"] == ["30.80", "7.7", "0.10", "20.50", 4]
    rows = figures("thing", group_by=[{"field": "color"}], measures=measures[:1])
    assert [(row["groups"], row["measures"]) for row in rows] == [
        (["red"], ["10.10"]),
        (["blue"], ["20.50"]),
        ([None], ["0.20"]),
    ]
    rows = figures("thing", group_by=[{"field": "firm.name"}, {"field": "made_on", "by": "month"}])
    assert [(row["groups"], row["measures"]) for row in rows] == [
        (["Big", "2026-01-01"], [1]),
        (["Small", "2026-02-01"], [1]),
        (["Small", None], [1]),
        ([None, None], [2]),
    ]
    assert figures("thing", where={"field": "name", "op": "=", "value": "x"})[0]["measures"] == [0]


def test_sums_are_exact(bench: Bench) -> None:
    for weight in ("0.1", "0.2", "9007199254740993", "1234567890123456789.0123456789"):
        bench.user.make("thing", weight=weight)
    measures = [{"fn": fn, "field": "weight"} for fn in ("sum", "avg")]
    (row,) = bench.user.figures("thing", measures=measures)
    with localcontext(prec=60):
        total = Decimal("0.3") + 9007199254740993 + Decimal("1234567890123456789.0123456789")
        assert Decimal(row["measures"][0]) == total
        assert abs(Decimal(row["measures"][1]) - total / 4) <= Decimal("0.000001")


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ({"group_by": [{"field": "about"}]}, "group_by[0].field"),
        ({"group_by": [{"field": "nothing"}]}, "group_by[0].field"),
        ({"group_by": [{"field": "made_on", "by": "decade"}]}, "group_by[0].by"),
        ({"group_by": [{"field": "made_on", "by": "month'; --"}]}, "group_by[0].by"),
        ({"group_by": [{"field": "color", "by": "month"}]}, "group_by[0].by"),
        ({"group_by": [{"field": "color"}] * 3}, "group_by"),
        ({"group_by": ["color"]}, "group_by[0]"),
        ({"measures": [{"fn": "median", "field": "price"}]}, "measures[0].fn"),
        ({"measures": [{"fn": "sum"}]}, "measures[0].field"),
        ({"measures": [{"fn": "sum", "field": "name"}]}, "measures[0].field"),
        ({"measures": [{"fn": "count"}] * 11}, "measures"),
        ({"having": {}}, "having"),
    ],
)
def test_bad_aggregates(bench: Bench, query: dict[str, Any], at: str) -> None:
    answer = bench.user.post("/aggregate/thing", json=query)
    assert answer.status_code == 422, answer.text
    assert list(codes(answer)) == [at]


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", [[], ["color"], ["-price"], ["price", "-name"], ["firm"]])
def test_pages_show_each_record_once_while_others_are_inserted(
    bench: Bench, sort: list[str]
) -> None:
    with bench.scope(bench.side.user) as scope:
        rows = [
            {"name": f"n{n % 3}", "color": "red" if n % 4 else None, "price": (None, 5)[n % 2]}
            for n in range(130)
        ]
        made = {str(result.id) for result in records.create_many(scope, "thing", rows)}
    seen: list[str] = []
    cursor = None
    while True:
        query = {"sort": sort, "limit": 20, "cursor": cursor, "fields": ["name"]}
        answer = bench.user.post("/query/thing", json=query).json
        seen += [row["id"] for row in answer["records"]]
        cursor = answer["next"]
        if cursor is None:
            break
        bench.user.make("thing", name="n1", color="red", price="5")
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def _forged(cursor: str, **changes: Any) -> str:
    """The cursor with another part: `at` and `value`."""
    content = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    content[changes["at"]] = changes["value"]
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "at", "value"),
    [
        ("price", 2, ["s", "x"]),
        ("price", 2, ["s", "1; DROP TABLE record"]),
        ("price", 2, ["t", "2026-01-01T00:00:00"]),
        ("price", 2, ["n", "NaN"]),
        ("price", 2, ["n", "1e999999"]),
        ("price", 2, ["x", "1"]),
        ("price", 2, "n"),
        ("name", 2, ["n", "1"]),
        ("name", 2, ["s", "a\x00"]),
        ("color", 2, ["s", "red"]),
        ("color", 2, ["i", str(2**62)]),
        ("ready", 2, ["s", "true"]),
        ("ready", 2, ["t", "2026-01-01T00:00:00"]),
        ("made_on", 2, ["s", "2026"]),
        ("made_on", 2, ["i", "5"]),
        ("made_on", 2, ["t", "0001-01-01T00:00:00+23:00"]),
        ("created_at", 2, ["b", "1"]),
        ("version", 2, ["s", "x"]),
        ("firm", 2, ["i", "1"]),
        ("price", 1, "1"),
        ("price", 1, -1),
        ("price", 1, 2**64 - 1),
        ("price", 1, None),
        ("price", 0, "x"),
    ],
)
def test_forged_cursors(things: Bench, sort: str, at: int, value: Any) -> None:
    for _ in range(2):
        things.user.make("thing", made_on="2026-05-05", color="red", ready=True)
    asked = {"sort": [sort], "limit": 1}
    cursor = things.user.post("/query/thing", json=asked).json["next"]
    answer = things.user.post(
        "/query/thing", json=asked | {"cursor": _forged(cursor, at=at, value=value)}
    )
    if answer.status_code != 200:  # starting elsewhere is allowed, since it shows nothing new
        assert (answer.status_code, answer.json["code"]) == (400, "malformed"), answer.text


def test_cursors_belong_to_their_query(things: Bench) -> None:
    cursor = things.user.post("/query/thing", json={"sort": ["name"], "limit": 1}).json["next"]
    for query in ({"sort": ["-name"]}, {"sort": ["price"]}, {"sort": ["name", "price"]}, {}):
        answer = things.user.post("/query/thing", json={**query, "cursor": cursor})
        assert answer.status_code == 400
    assert (
        things.user.post("/query/firm", json={"sort": ["name"], "cursor": cursor}).status_code
        == 400
    )
    for nonsense in ("x", "é", "AAAA", cursor[:-3], cursor + "A", "W10"):
        answer = things.user.post("/query/thing", json={"sort": ["name"], "cursor": nonsense})
        assert answer.status_code == 400, nonsense
