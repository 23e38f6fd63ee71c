"""The filter builder's drafts: from conditions and forms, changed by buttons, back again."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from metadata.compiler import compile_bodies
from metadata.paths import PathError, resolve_path
from metadata.schema import Path, Schema
from runtime.workspace.filters import (
    Group,
    Rule,
    apply_action,
    draft_of,
    is_ready,
    read_form,
    rules_of,
    settle,
    to_condition,
)
from tests.runtime.workspace.sample import documents


@pytest.fixture(scope="module")
def schema() -> Schema:
    return compile_bodies(documents())


def _find(schema: Schema, name: str) -> Path | None:
    try:
        return resolve_path(name, schema.objects["deal"], schema)
    except PathError:
        return None


def _built(schema: Schema, root: Group) -> Any:
    return to_condition(root, lambda name: _find(schema, name), "UTC")


TODAY = {"$date": "today"}
CONDITIONS: list[dict[str, Any]] = [
    {"field": "amount", "op": ">", "value": "1000.00"},
    {"field": "name", "op": "contains", "value": "华为 & <b>"},
    {"field": "name", "op": "is_empty"},
    {"field": "name", "op": "in", "value": ["a", "b"]},
    {"field": "amount", "op": "between", "value": ["1.00", "2.00"]},
    {"field": "stage", "op": "in", "value": ["new", "won"]},
    {"field": "tags", "op": "has_any", "value": ["vip"]},
    {"field": "urgent", "op": "=", "value": True},
    {"field": "company", "op": "=", "value": "123456789012345678"},
    {"field": "owner", "op": "=", "value": {"$user": "id"}},
    {"field": "owner", "op": "in", "value": [{"$user": "id"}, "123456789012345678"]},
    {"field": "company.city", "op": "starts_with", "value": "深"},
    {"field": "close_on", "op": "=", "value": "2026-05-31"},
    {"field": "close_on", "op": "during", "value": "last_quarter"},
    {"field": "close_on", "op": ">=", "value": {"$date": "today", "days": -30}},
    {"field": "close_on", "op": "between", "value": [TODAY, {"$date": "today", "days": 7}]},
    {"field": "called_at", "op": "<", "value": "2026-05-31"},
]  # fmt: skip
NESTED = {
    "any": [
        CONDITIONS[0],
        {"all": [CONDITIONS[1], {"not": {"any": [CONDITIONS[2], CONDITIONS[5]]}}]},
        {"not": CONDITIONS[7]},
    ]
}


@pytest.mark.parametrize("condition", [*CONDITIONS, {"all": CONDITIONS}, NESTED])
def test_a_condition_survives_the_builder(schema: Schema, condition: dict[str, Any]) -> None:
    root = draft_of(condition)
    settle(root, lambda name: _find(schema, name))
    assert _built(schema, root) == condition
    assert is_ready(root)


@pytest.mark.parametrize("condition", [*CONDITIONS, {"all": CONDITIONS}, NESTED])
def test_a_draft_survives_its_form(condition: dict[str, Any]) -> None:
    root = draft_of(condition)
    form: MultiDict[str, str] = MultiDict()
    _fill(form, root, "f")
    assert read_form(form) == root


def _fill(form: MultiDict[str, str], node: Rule | Group, name: str) -> None:
    if isinstance(node, Group):
        form[f"{name}.match"] = node.match
        for at, child in enumerate(node.children):
            _fill(form, child, f"{name}-{at}")
        return
    form[f"{name}.field"] = node.field
    form[f"{name}.op"] = node.op
    for value, day in zip(node.values, node.days, strict=True):
        form.add(f"{name}.value", value)
        form.add(f"{name}.day", day)


def test_values_are_read_as_people_write_them(schema: Schema) -> None:
    root = Group(children=[Rule("amount", ">", ["1,234.5"]), Rule("name", "in", ["a; b；c\nd"])])
    assert _built(schema, root) == {
        "all": [
            {"field": "amount", "op": ">", "value": "1234.50"},
            {"field": "name", "op": "in", "value": ["a", "b", "c", "d"]},
        ]
    }


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule("amount", ">", ["much"]), "not a number"),
        (Rule("amount", ">", []), "A value is missing."),
        (Rule("amount", "between", ["1"]), "A value is missing."),
        (Rule("gone", "=", ["1"]), "This field does not exist any more."),
        (Rule("close_on", "=", ["2026-02-30"], [""]), "not in the calendar"),
        (Rule("close_on", "=", ["soon"], ["ago"]), "Give a number of days."),
    ],
)
def test_a_rule_that_is_not_ready_says_why(schema: Schema, rule: Rule, message: str) -> None:
    root = Group(children=[rule])
    _built(schema, root)
    assert not is_ready(root)
    assert message in str(rule.error)


def test_buttons_change_the_tree() -> None:
    root = Group()
    assert apply_action(root, "add-rule:f", "name") == "f-0"
    assert apply_action(root, "add-group:f", "name") == "f-1"
    assert apply_action(root, "add-rule:f-1", "amount") == "f-1-1"
    assert [rule.field for rule in rules_of(root)] == ["name", "name", "amount"]
    apply_action(root, "remove:f-1-0", "name")
    apply_action(root, "remove:f-0", "name")
    assert root == Group(children=[Group("any", [Rule("amount")])])


@pytest.mark.parametrize(
    "action",
    ["", "remove", "remove:f", "remove:f-9", "remove:f-x", "remove:f-0-0-0", "add-rule:f-0-7",
     "x:f"],
)  # fmt: skip
def test_unknown_buttons_change_nothing(action: str) -> None:
    root = Group(children=[Rule("name", "=", ["a"])])
    apply_action(root, action, "name")
    assert root == Group(children=[Rule("name", "=", ["a"])])


def test_a_hostile_form_cannot_grow_without_end() -> None:
    form: MultiDict[str, str] = MultiDict({"f.match": "all"})
    name = "f"
    for _ in range(500):
        name += "-0"
        form[f"{name}.match"] = "all"
    for at in range(500):
        form[f"f-{at}.field"] = "name"
    assert len(rules_of(read_form(form))) < 100


def test_changing_the_field_settles_the_operator(schema: Schema) -> None:
    root = Group(children=[Rule("amount", "contains", ["x"]), Rule("name", "=", ["a", "b"])])
    settle(root, lambda name: _find(schema, name))
    assert root.children == [Rule("amount", "="), Rule("name", "=", ["a"])]
