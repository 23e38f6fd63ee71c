"""The filter builder of lists: a form that the server draws anew after each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson
from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.i18n import _, label_text
from kernel.web.gate import wants_fragment
from kernel.web.routes import SIGNED_IN, route
from metadata.condition import ConditionError, parse
from metadata.fieldtypes.lookup import MAX_ID
from metadata.operators import OPERATORS
from metadata.periods import PERIODS
from metadata.schema import Field, Object, Path
from runtime import access
from runtime.records.shape import find_names
from runtime.scope import RecordScope
from runtime.web import request_scope
from runtime.workspace.blueprint import pages
from runtime.workspace.filters import (
    ME,
    ROOT,
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
from runtime.workspace.list_page import (
    available_paths,
    condition_text,
    current_state,
    find_path,
)

MAX_WHERE = 4500
"""Characters of a filter in an address; servers and proxies cut off addresses over 8 KiB."""


@dataclass(frozen=True, slots=True)
class Builder:
    """What the template of the builder asks for."""

    scope: RecordScope
    object: Object
    root: Group
    url: str
    """Where each step is sent."""
    names: dict[int, str | None] = field(default_factory=dict)

    def path(self, rule: Rule) -> Path | None:
        """The field of a rule."""
        return find_path(self.scope, self.object, rule.field)

    def fields(self) -> list[tuple[str, list[Path]]]:
        """The fields to choose from, in groups: one's own, then those behind each lookup."""
        groups: dict[str, list[Path]] = {}
        for path in available_paths(self.scope, self.object):
            title = "" if len(path.fields) == 1 else label_text(path.fields[0].label)
            groups.setdefault(title, []).append(path)
        return list(groups.items())

    def operators(self, path: Path) -> list[tuple[str, str]]:
        """The operators of a field, with what they are called."""
        family = family_of(path.field)
        return [
            (name, label_text(OPERATORS[name].words_for(family).label))
            for name in path.field.type.operators
        ]

    def arity(self, rule: Rule) -> str:
        """How many values the rule's operator takes."""
        return OPERATORS[rule.op].arity

    def takes(self, rule: Rule) -> str:
        """What the rule's operator takes: value, part (of a text) or period."""
        return OPERATORS[rule.op].takes

    def name_of(self, value: str) -> str:
        """The name of a chosen record."""
        return (self.names.get(int(value)) if _is_id(value) else None) or f"#{value}"

    def periods(self) -> list[tuple[str, str]]:
        """The named periods."""
        return [(period.name, label_text(period.label)) for period in PERIODS.values()]


def family_of(target: Field) -> str | None:
    """Which words operators use for a field."""
    if target.type.temporal is not None:
        return "date"
    return "reference" if target.to is not None else None


def make_builder(scope: RecordScope, object_: Object, root: Group, url: str) -> Builder:
    """What draws a draft; its rules get operators and values that fit."""
    settle(root, lambda name: find_path(scope, object_, name))
    names = dict(find_names(scope, _chosen_ids(scope, object_, root)))
    return Builder(scope, object_, root, url, names)


@route(pages, "/o/<object_api>/filter", needs=SIGNED_IN)
def show_filter(object_api: str) -> ResponseReturnValue:
    """The builder, filled with the list's filter."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    state = current_state(scope, object_)
    root = draft_of(state.where_json if state.problem is None else None)
    if not root.children:
        root.children.append(Rule(object_.name_field.api))
    return _panel(scope, object_, root, focus=f"{ROOT}-0")


@route(pages, "/o/<object_api>/filter", methods=["POST"], needs=SIGNED_IN, writes=False)
def change_filter(object_api: str) -> ResponseReturnValue:
    """One step in the builder, or its end: the list with the new filter."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    root = read_form(request.form)
    action = request.form.get("action", "")
    focus = apply_action(root, action, object_.name_field.api)
    settle(root, lambda name: find_path(scope, object_, name))
    if action == "clear":
        return _to_list(object_, None)
    if action != "apply":
        return _panel(scope, object_, root, focus=focus)
    where, problem = condition_of(scope, object_, root)
    if problem is not None or not is_ready(root):
        return _panel(scope, object_, root, problem=problem), 200
    return _to_list(object_, where)


def condition_of(scope: RecordScope, object_: Object, root: Group) -> tuple[Any, str | None]:
    """The condition's JSON, and what the engine finds wrong with it."""
    where = to_condition(root, lambda name: find_path(scope, object_, name), scope.actor.zone)
    if not is_ready(root):
        return None, None
    try:
        parse(where, object_, scope.schema)
    except ConditionError as error:
        return None, str(error.reason)
    if len(quote_plus(orjson.dumps(where))) > MAX_WHERE:
        return None, _("This filter is too long for an address. Use fewer or shorter values.")
    return where, None


def _panel(
    scope: RecordScope,
    object_: Object,
    root: Group,
    *,
    focus: str | None = None,
    problem: str | None = None,
) -> str:
    return render_template(
        "workspace/filter.html",
        builder=make_builder(scope, object_, root, f"/o/{object_.api}/filter"),
        object=object_,
        root=root,
        root_name=ROOT,
        me=ME,
        focus=focus,
        problem=problem,
        sentence=_sentence(scope, object_, root) if problem is None else "",
        view=request.values.get("view", ""),
        sort=request.values.get("sort"),
        columns=request.values.get("columns"),
    )


def _chosen_ids(scope: RecordScope, object_: Object, root: Group) -> list[int]:
    """Ids of the records that the rules name."""
    found: list[int] = []
    for rule in rules_of(root):
        path = find_path(scope, object_, rule.field)
        if path is not None and path.field.to is not None:
            found += [int(v) for v in rule.values if _is_id(v)]
    return found


def _sentence(scope: RecordScope, object_: Object, root: Group) -> str:
    """What the draft would mean, when it is ready; the errors of a half-finished one stay
    unsaid until it is applied."""
    where, _problem = condition_of(scope, object_, root)
    ready = is_ready(root)
    if request.form.get("action") != "apply":
        for rule in rules_of(root):
            rule.error = None
    condition = parse(where, object_, scope.schema) if ready and where else None
    return condition_text(scope, condition) if condition else ""


def _to_list(object_: Object, where: Any) -> ResponseReturnValue:
    kept = {n: request.form[n] for n in ("view", "sort", "columns") if request.form.get(n)}
    kept["where"] = orjson.dumps(where).decode() if where is not None else ""
    url = f"/o/{object_.api}?{urlencode(kept)}"
    return ("", 204, {"HX-Redirect": url}) if wants_fragment() else redirect(url, 303)


def _is_id(text: str) -> bool:
    # The length first: Python refuses to read thousands of digits.
    return len(text) < 20 and text.isdecimal() and 0 < int(text) <= MAX_ID
