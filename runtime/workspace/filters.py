"""The filter builder: a condition as people edit it, half-finished and as text.

A *draft* is a tree of groups and rules. It comes from a condition's JSON (`draft_of`) or from
the builder's form (`read_form`), is changed by the builder's buttons (`apply_action`), and
becomes a condition's JSON again (`to_condition`), with an error beside each rule that is not
ready. Nodes are named by their place: `f` is the root, `f-0` its first child, `f-0-2` a
grandchild.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from werkzeug.datastructures import MultiDict

from kernel.i18n import Text, current_locale, lazy
from metadata.fieldtypes.base import BadValue
from metadata.fieldtypes.dates import read_day
from metadata.operators import OPERATORS, Operator
from metadata.schema import Field, Path

ROOT = "f"
MATCHES = ("all", "any", "none")
MAX_NODES = 60
MAX_DEPTH = 5
ME = "$me"
"""The value of a lookup of people that means whoever looks."""
RELATIVE = ("today", "ago", "ahead")
"""How a day may be given other than as a date: today, so many days ago, in so many days."""


Form = MultiDict[str, str]


@dataclass(slots=True)
class Rule:
    """One comparison in the making. `days` says of each value how it is given as a day."""

    field: str = ""
    op: str = ""
    values: list[str] = dataclasses.field(default_factory=list)
    days: list[str] = dataclasses.field(default_factory=list)
    error: Text | None = None


@dataclass(slots=True)
class Group:
    """Rules and groups of which all, any or none must hold."""

    match: str = "all"
    children: list[Rule | Group] = dataclasses.field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """For templates, which cannot ask for a class."""
        return True


class Paths(Protocol):
    """Finds the path of a dotted name, None when there is none (any more)."""

    def __call__(self, api: str, /) -> Path | None: ...


# -- from a condition's JSON ------------------------------------------------------------------


def draft_of(condition: Any) -> Group:
    """The draft of a condition that has passed `metadata.condition.parse` (or of none)."""
    if not condition:
        return Group()
    node = _node(condition)
    return node if isinstance(node, Group) else Group(children=[node])


def _node(condition: Mapping[str, Any]) -> Rule | Group:
    for match in ("all", "any"):
        if match in condition:
            return Group(match, [_node(child) for child in condition[match]])
    if "not" in condition:
        inner = _node(condition["not"])
        if isinstance(inner, Group) and inner.match == "any":
            return Group("none", inner.children)
        return Group("none", [inner])
    return _rule(condition)


def _rule(condition: Mapping[str, Any]) -> Rule:
    value = condition.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    texts, days = [], []
    for item in values:
        text, day = _written(item)
        texts.append(text)
        days.append(day)
    return Rule(condition["field"], condition["op"], texts, days)


def _written(value: Any) -> tuple[str, str]:
    if isinstance(value, Mapping):
        if "$user" in value:
            return ME, ""
        if "$date" in value:
            days = int(value.get("days", 0))
            return str(abs(days)), "today" if days == 0 else "ago" if days < 0 else "ahead"
        return str(value.get("id", "")), ""
    if isinstance(value, bool):
        return "true" if value else "false", ""
    return str(value), ""


# -- from and to the form ---------------------------------------------------------------------


def read_form(form: Form) -> Group:
    """The draft that a sent form holds; what does not fit the form's own pattern is left out."""
    budget = [MAX_NODES]
    root = _read_node(form, ROOT, 0, budget)
    return root if isinstance(root, Group) else Group()


def _read_node(form: Form, name: str, depth: int, budget: list[int]) -> Rule | Group:
    budget[0] -= 1
    if f"{name}.match" not in form:
        return Rule(
            form.get(f"{name}.field", ""),
            form.get(f"{name}.op", ""),
            [value.strip() for value in form.getlist(f"{name}.value")],
            form.getlist(f"{name}.day"),
        )
    match = form.get(f"{name}.match", "all")
    group = Group(match if match in MATCHES else "all")
    for at in range(MAX_NODES):
        child = f"{name}-{at}"
        present = f"{child}.field" in form or (f"{child}.match" in form and depth < MAX_DEPTH)
        if not present or budget[0] <= 0:
            break
        group.children.append(_read_node(form, child, depth + 1, budget))
    return group


def apply_action(root: Group, action: str, first_field: str) -> str | None:
    """Do what a button of the builder asks for (`add-rule:f-0`, `add-group:f`, `remove:f-1`).

    Answers the name of the node to put the focus on.
    """
    verb, _, name = action.partition(":")
    steps = name.split("-")[1:]
    if verb == "remove" and steps:
        parent = _find(root, steps[:-1])
        at = _index(steps[-1])
        if isinstance(parent, Group) and at < len(parent.children):
            del parent.children[at]
        return None
    group = _find(root, steps)
    if not isinstance(group, Group) or verb not in ("add-rule", "add-group"):
        return None
    rule = Rule(first_field)
    group.children.append(rule if verb == "add-rule" else Group("any", [rule]))
    return f"{name or ROOT}-{len(group.children) - 1}"


def _find(node: Rule | Group, steps: Iterable[str]) -> Rule | Group | None:
    for step in steps:
        at = _index(step)
        if not isinstance(node, Group) or at >= len(node.children):
            return None
        node = node.children[at]
    return node


def _index(step: str) -> int:
    return int(step) if step.isdecimal() and len(step) < 4 else MAX_NODES


# -- to a condition's JSON ----------------------------------------------------------------------


def settle(root: Group, paths: Paths) -> None:
    """Give each rule an operator that its field has, and values that fit that operator."""
    for rule in rules_of(root):
        path = paths(rule.field)
        if path is None:
            continue
        operators = path.field.type.operators
        if rule.op not in operators:
            rule.op, rule.values, rule.days = operators[0], [], []
        arity = OPERATORS[rule.op].arity
        limit = {"none": 0, "one": 1, "two": 2}.get(arity)
        if limit is not None:
            del rule.values[limit:]


def rules_of(node: Group) -> list[Rule]:
    """All rules below a group."""
    found: list[Rule] = []
    for child in node.children:
        if isinstance(child, Group):
            found += rules_of(child)
        else:
            found.append(child)
    return found


def to_condition(root: Group, paths: Paths, zone: str) -> Any | None:
    """The condition's JSON, None for an empty draft. Rules that are not ready get an `error`;
    then the answer must not be used (`is_ready`)."""
    children = [built for child in root.children if (built := _built(child, paths, zone))]
    if not children:
        return None
    if root.match == "none":
        return {"not": children[0] if len(children) == 1 else {"any": children}}
    if len(children) == 1 and root.match == "all":
        return children[0]
    return {root.match: children}


def is_ready(root: Group) -> bool:
    """Whether no rule has an error."""
    return all(rule.error is None for rule in rules_of(root))


def _built(node: Rule | Group, paths: Paths, zone: str) -> Any | None:
    if isinstance(node, Group):
        return to_condition(node, paths, zone)
    path = paths(node.field)
    if path is None:
        node.error = lazy("This field does not exist any more.")
        return None
    operator = OPERATORS[node.op]
    built: dict[str, Any] = {"field": path.api, "op": operator.name}
    if operator.arity == "none":
        return built
    try:
        values = [
            _value(path.field, operator, text, node.days[at] if at < len(node.days) else "", zone)
            for at, text in enumerate(_texts(path.field, operator, node.values))
        ]
    except BadValue as error:
        node.error = error.text
        return None
    wanted = {"one": 1, "two": 2}.get(operator.arity)
    if not values or (wanted is not None and len(values) < wanted):
        node.error = lazy("A value is missing.")
        return None
    return {**built, "value": values[0] if operator.arity == "one" else values}


def _texts(target: Field, operator: Operator, values: list[str]) -> list[str]:
    """The single texts: several numbers or words may stand in one line, with semicolons."""
    if operator.arity == "many" and target.picklist is None and target.to is None:
        joined = "\n".join(values).replace("；", ";").replace(";", "\n")
        return [line.strip() for line in joined.split("\n") if line.strip()]
    return [value for value in values if value]


def _value(target: Field, operator: Operator, text: str, day: str, zone: str) -> Any:
    if operator.takes in ("part", "period"):
        return text
    if target.to is not None:
        return {"$user": "id"} if text == ME and target.to == "user" else text
    if target.type.temporal is not None:
        return _day(text, day)
    if target.picklist is not None:
        return text
    loaded = target.type.parse_text(target, text, current_locale(), zone)
    return target.type.store(target, loaded)


def _day(text: str, day: str) -> Any:
    if day == "today":
        return {"$date": "today"}
    if day in RELATIVE:
        if not text.isdecimal() or len(text) > 5:
            raise BadValue("not_a_number", "Give a number of days.")
        return {"$date": "today", "days": int(text) if day == "ahead" else -int(text)}
    return read_day(text).isoformat()
