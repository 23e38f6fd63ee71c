"""The SQL of conditions: its shape, and where an index prefilter goes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Boolean, ColumnElement, Integer, Text, column
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from metadata.condition import Compare, compile_sql, parse
from metadata.schema import Path
from tests.metadata.condition_samples import SCHEMA, THING, bindings

COLUMNS: dict[str, ColumnElement[Any]] = {
    "name": column("name", Text()),
    "the_integer": column("n", Integer()),
    "the_checkbox": column("box", Boolean()),
    "the_picklist": column("p", Integer()),
    "the_multi_picklist": column("tags", JSONB()),
    "owner": column("owner", Integer()),
}


def resolve(path: Path) -> ColumnElement[Any]:
    return COLUMNS[path.api]


def narrow(compare: Compare) -> ColumnElement[bool] | None:
    """A prefilter that can be seen in the statement."""
    return column("slot", Text()) == "key" if compare.path.api == "name" else None


def sql(json: Any, *, narrowed: bool = False, user_id: int | None = 1) -> str:
    condition = parse(json, THING, SCHEMA)
    reader = bindings(user_id=user_id)
    clause = compile_sql(condition, resolve, reader, narrow if narrowed else None)
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return " ".join(str(clause.compile(dialect=dialect)).split())


def compare(api: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": api, "op": op, "value": value}


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        (None, "true"),
        (compare("name", "=", "A%"), "name = :name_1"),
        (compare("name", "in", ["a", "b"]), "name = ANY (:param_1)"),
        (compare("name", "not_in", ["a", "b"]), "name != ALL (:param_1)"),
        ({"not": compare("name", "in", ["a", "b"])}, "NOT (name = ANY (:param_1))"),
        (compare("name", "contains", "%"), "strpos(name, :strpos_1) > :strpos_2"),
        (compare("name", "starts_with", "_"), "starts_with(name, :starts_with_1)"),
        (compare("name", "is_empty"), "name IS NULL"),
        (compare("the_integer", "between", [1, 2]), "n >= :n_1 AND n <= :n_2"),
        (compare("the_picklist", "=", "won"), "p = :p_1"),
        (compare("the_checkbox", "=", True), "box IS NOT NULL AND box = true"),
        (compare("the_checkbox", "=", False), "box IS NULL OR box = false"),
        (
            compare("the_multi_picklist", "has_any", ["won"]),
            "nullif(tags, CAST(:param_1 AS JSONB)) ?| :param_2",
        ),
        (
            {"all": [compare("the_integer", ">", 1), {"any": [compare("name", "=", "a")] * 2}]},
            "n > :n_1 AND (name = :name_1 OR name = :name_2)",
        ),
        (compare("owner", "=", {"$user": "id"}), "owner = :owner_1"),
    ],
)
def test_shapes(json: Any, expected: str) -> None:
    statement = sql(json)
    for array in ("::TEXT[]", "::BIGINT[]", "::JSONB", "::INTEGER", "::VARCHAR"):
        statement = statement.replace(array, "")
    assert statement == expected


def test_nobody_compares_with_me() -> None:
    node = compare("owner", "!=", {"$user": "id"})
    assert sql(node, user_id=None) == "CAST(NULL AS BOOLEAN)"


NAME = compare("name", "=", "A")
PREFILTER = "slot = "


@pytest.mark.parametrize(
    "json",
    [
        NAME,
        compare("name", "in", ["A", "B"]),
        {"all": [NAME, compare("the_integer", ">", 1)]},
        {"any": [NAME, compare("the_integer", ">", 1)]},
    ],
)
def test_equality_is_narrowed(json: Any) -> None:
    assert PREFILTER in sql(json, narrowed=True)
    assert PREFILTER not in sql(json)


@pytest.mark.parametrize(
    "json",
    [
        {"not": NAME},
        {"not": {"not": NAME}},
        {"all": [{"not": {"any": [NAME, NAME]}}]},
        compare("name", "!=", "A"),
        compare("name", "not_in", ["A"]),
        compare("name", "starts_with", "A"),
        compare("name", "contains", "A"),
        compare("name", "is_empty"),
        compare("the_integer", "=", 1),
    ],
)
def test_nothing_else_is_narrowed(json: Any) -> None:
    assert PREFILTER not in sql(json, narrowed=True)


def test_an_expression_without_a_type_is_refused() -> None:
    condition = parse(NAME, THING, SCHEMA)
    with pytest.raises(TypeError, match=r"thing\.name"):
        compile_sql(condition, lambda _path: column("name"), bindings())
