"""What is a condition, and what is refused with which message."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kernel.i18n import LOCALES, use_locale
from metadata.condition import (
    All,
    Compare,
    ConditionError,
    DateRef,
    Not,
    UserRef,
    parse,
    paths,
    to_json,
)
from metadata.condition import (
    Any as AnyOf,
)
from metadata.conditions.parsing import MAX_DEPTH, MAX_NODES, MAX_TEXT, MAX_VALUES
from metadata.fieldtypes import TYPES
from metadata.operators import OPERATORS
from tests.metadata.condition_samples import SCHEMA, THING

NAME = {"field": "name", "op": "=", "value": "x"}


def field(api: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": api, "op": op, "value": value}


@pytest.mark.parametrize("json", [None, {}, {"all": []}])
def test_no_condition(json: Any) -> None:
    assert parse(json, THING, SCHEMA) is None


def test_groups_become_a_tree() -> None:
    condition = parse({"all": [NAME, {"any": [NAME, {"not": NAME}]}]}, THING, SCHEMA)
    leaf = parse(NAME, THING, SCHEMA)
    assert leaf is not None
    assert condition == All((leaf, AnyOf((leaf, Not(leaf)))))
    assert [path.api for path in paths(condition)] == ["name"]


@pytest.mark.parametrize(
    ("api", "op", "json", "value"),
    [
        ("the_integer", "=", 5, 5),
        ("the_number", ">", "1.50", Decimal("1.5")),
        ("the_currency", "in", [1, "2.5"], (Decimal(1), Decimal("2.5"))),
        ("the_date", "=", "2026-05-31", date(2026, 5, 31)),
        ("the_date", "<", {"$date": "today", "days": -7}, DateRef(-7)),
        ("the_datetime", "=", "2026-05-31", date(2026, 5, 31)),
        ("the_datetime", "=", "2026-05-31T10:00:00+08:00", datetime(2026, 5, 31, 2, tzinfo=UTC)),
        ("created_at", "during", "this_week", "this_week"),
        ("the_checkbox", "=", True, True),
        ("the_picklist", "=", "old", "old"),
        ("the_multi_picklist", "has_any", ["won", "old"], ("won", "old")),
        ("account", "=", "12", 12),
        ("owner", "in", [{"$user": "id"}, "7"], (UserRef(), 7)),
        ("account.owner.manager.name", "contains", "@", "@"),
        ("the_email", "contains", "@example", "@example"),
        ("name", "is_empty", None, None),
    ],
)
def test_values_get_the_type_of_their_field(api: str, op: str, json: Any, value: Any) -> None:
    condition = parse(field(api, op, json), THING, SCHEMA)
    assert isinstance(condition, Compare)
    assert (condition.path.api, condition.operator.name) == (api, op)
    assert condition.value == value
    assert type(condition.value) is type(value)


def test_a_question_may_go_beyond_the_limits_of_records() -> None:
    from dataclasses import replace

    number = THING.fields["the_number"]
    limited = replace(number, options={"scale": 0, "min": 0, "max": 10})
    thing = replace(THING, fields={**THING.fields, "the_number": limited})
    condition = parse(field("the_number", "<", -1), thing, SCHEMA)
    assert isinstance(condition, Compare)
    assert condition.value == -1


def nested(depth: int) -> Any:
    node: Any = NAME
    for _ in range(depth - 1):
        node = {"not": node}
    return node


@pytest.mark.parametrize(
    ("json", "at", "code"),
    [
        (5, "where", "not_a_condition"),
        ([NAME], "where", "not_a_condition"),
        ("name = 1", "where", "not_a_condition"),
        ({"all": [NAME], "any": [NAME]}, "where", "not_a_condition"),
        ({**NAME, "note": 1}, "where", "not_a_condition"),
        ({"field": "name"}, "where", "not_a_condition"),
        ({"__proto__": {}}, "where", "not_a_condition"),
        ({"all": {}}, "where.all", "empty_group"),
        ({"any": []}, "where.any", "empty_group"),
        ({"all": [NAME, {"all": []}]}, "where.all[1].all", "empty_group"),
        ({"all": [NAME, {"not": None}]}, "where.all[1].not", "not_a_condition"),
        (nested(MAX_DEPTH + 1), "where" + ".not" * MAX_DEPTH, "too_deep"),
        ({"any": [NAME] * MAX_NODES}, f"where.any[{MAX_NODES - 1}]", "too_many"),
        (field("nothing", "=", 1), "where.field", "no_such_field"),
        (field("__proto__", "=", 1), "where.field", "no_such_field"),
        (field("", "=", 1), "where.field", "no_such_field"),
        (field("account.nothing", "=", 1), "where.field", "no_such_field"),
        (field("name.length", "=", 1), "where.field", "no_such_field"),
        (field("account.owner.manager.manager.name", "=", "x"), "where.field", "no_such_field"),
        ({"field": ["name"], "op": "="}, "where.field", "no_such_field"),
        (field("name", "<", "x"), "where.op", "bad_operator"),
        (field("name", "; DROP TABLE record", "x"), "where.op", "bad_operator"),
        ({"field": "name", "op": {}}, "where.op", "bad_operator"),
        (field("name", "is_empty", "x"), "where.value", "unexpected_value"),
        (field("name", "=", None), "where.value", "missing_value"),
        (field("name", "=", ""), "where.value", "missing_value"),
        (field("name", "=", "  "), "where.value", "missing_value"),
        (field("name", "=", 5), "where.value", "not_text"),
        (field("name", "contains", 5), "where.value", "not_text"),
        (field("name", "contains", "a\0"), "where.value", "bad_text"),
        (field("name", "contains", "\ud800"), "where.value", "bad_text"),
        (field("name", "contains", "x" * (MAX_TEXT + 1)), "where.value", "too_long"),
        (field("the_phone", "contains", "abc"), "where.value", "bad_text"),
        (field("name", "in", "x"), "where.value", "not_a_list"),
        (field("name", "in", []), "where.value", "empty_list"),
        (field("name", "in", ["x"] * (MAX_VALUES + 1)), "where.value", "too_many"),
        (field("name", "in", ["x", None]), "where.value[1]", "missing_value"),
        (field("the_integer", "between", [1]), "where.value", "not_two"),
        (field("the_integer", "=", "abc"), "where.value", "not_a_number"),
        (field("the_integer", "=", True), "where.value", "not_a_number"),
        (field("the_integer", "=", 10**30), "where.value", "too_many_digits"),
        (field("the_number", "=", float("nan")), "where.value", "not_a_number"),
        (field("the_number", "=", {"a": 1}), "where.value", "not_a_number"),
        (field("the_date", "=", "2026-02-30"), "where.value", "no_such_day"),
        (field("the_date", "=", "31.5.2026"), "where.value", "not_a_date"),
        (field("the_datetime", "=", "2026-02-30"), "where.value", "no_such_day"),
        (field("the_datetime", "=", "soon"), "where.value", "not_a_datetime"),
        (field("the_date", "during", "next_century"), "where.value", "bad_period"),
        (field("the_date", "during", ["today"]), "where.value", "bad_period"),
        (field("the_date", "=", {"$date": "now"}), "where.value", "bad_reference"),
        (field("the_date", "=", {"$date": "today", "days": 1.5}), "where.value", "bad_reference"),
        (field("the_date", "=", {"$date": "today", "days": True}), "where.value", "bad_reference"),
        (field("the_date", "=", {"$date": "today", "days": 10**9}), "where.value", "bad_reference"),
        (field("the_date", "=", {"$user": "id"}), "where.value", "bad_reference"),
        (field("account", "=", {"$user": "id"}), "where.value", "bad_reference"),
        (field("owner", "=", {"$user": "email"}), "where.value", "bad_reference"),
        (field("name", "=", {"$date": "today"}), "where.value", "bad_reference"),
        (field("the_picklist", "=", "nothing"), "where.value", "not_a_choice"),
        (field("the_picklist", "=", 1), "where.value", "not_a_choice"),
        (field("the_multi_picklist", "has_any", ["won", "x"]), "where.value[1]", "not_a_choice"),
        (field("the_checkbox", "=", "true"), "where.value", "not_a_boolean"),
        (field("account", "=", "x"), "where.value", "not_an_id"),
        (field("account", "=", 2**63), "where.value", "not_an_id"),
        (field("account", "=", {"match": {"name": "x"}}), "where.value", "not_an_id"),
    ],
)
def test_what_means_nothing_is_refused(json: Any, at: str, code: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(json, THING, SCHEMA)
    [error] = caught.value.errors
    assert (error.field, error.code) == (at, code)
    texts = set()
    for locale in LOCALES:
        with use_locale(locale):
            texts.add(str(error.message))
    assert len(texts) == len(LOCALES), f"not translated: {texts}"


def test_the_place_of_a_bad_part_begins_where_the_caller_says() -> None:
    with pytest.raises(ConditionError) as caught:
        parse({"all": [NAME, {**NAME, "op": "~"}]}, THING, SCHEMA, at="filter")
    assert caught.value.at == "filter.all[1].op"


def test_the_limits_themselves_are_allowed() -> None:
    assert parse(nested(MAX_DEPTH), THING, SCHEMA)
    assert parse({"any": [NAME] * (MAX_NODES - 1)}, THING, SCHEMA)
    assert parse(field("name", "in", ["x"] * MAX_VALUES), THING, SCHEMA)
    assert parse(field("the_long_text", "contains", "x" * MAX_TEXT), THING, SCHEMA)


def test_json_of_values_is_their_stored_form() -> None:
    json = {
        "all": [
            field("the_currency", ">=", "2.50"),
            field("the_datetime", "=", "2026-05-31T02:00:00Z"),
            field("the_datetime", "<", "2026-05-31"),
            field("the_date", "between", ["2026-01-01", {"$date": "today", "days": 3}]),
            field("owner", "in", [{"$user": "id"}, "7"]),
            field("the_multi_picklist", "has_all", ["won"]),
            {"field": "name", "op": "is_empty"},
        ]
    }
    assert to_json(parse(json, THING, SCHEMA)) == json
    assert to_json(None) is None


def test_field_types_name_operators_of_the_table() -> None:
    for field_type in TYPES.values():
        assert set(field_type.operators) <= set(OPERATORS), field_type.name
    for operator in OPERATORS.values():
        if operator.opposite:
            assert OPERATORS[operator.opposite].opposite == operator.name
