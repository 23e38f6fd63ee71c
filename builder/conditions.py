"""The filter of a view or report, in a form that is sent as a whole after each step."""

from __future__ import annotations

from typing import Any

import orjson
from flask import request

from builder.blueprint import drafted_scope
from builder.inputs import State
from kernel.errors import Conflict
from kernel.i18n import _, lazy
from kernel.web.gate import wants_fragment
from metadata.condition import ConditionError, parse
from metadata.schema import Object
from runtime.scope import RecordScope
from runtime.workspace.filter_panel import Builder, condition_of, make_builder
from runtime.workspace.filters import (
    ME,
    ROOT,
    Group,
    apply_action,
    draft_of,
    is_ready,
    read_form,
    rules_of,
    settle,
)
from runtime.workspace.list_page import find_path


def drafted_object(object_api: str) -> tuple[RecordScope, Object]:
    """An object as the draft has it. Raises `Conflict` while the draft does not fit together."""
    scope = drafted_scope()
    object_ = scope.schema.objects.get(object_api)
    if object_ is None:
        raise Conflict(lazy("Your draft does not fit together yet. Look at its changes first."))
    return scope, object_


def is_step() -> bool:
    """Whether the form was sent to change its filter, not to be saved."""
    return "action" in request.form or wants_fragment()


def sent_filter(scope: RecordScope, object_: Object) -> tuple[Group, str | None]:
    """The filter of the sent form after the step that its button asks for, and where to go on."""
    root = read_form(request.form)
    focus = apply_action(root, request.form.get("action", ""), object_.name_field.api)
    settle(root, lambda name: find_path(scope, object_, name))
    if is_step():
        for rule in rules_of(root):
            rule.error = None
    return root, focus


def where_of(scope: RecordScope, object_: Object, root: Group, state: State) -> Any:
    """The condition's JSON; what is wrong with it is noted in `state`."""
    where, problem = condition_of(scope, object_, root)
    if problem is not None:
        state.others.append(problem)
    elif not is_ready(root):
        state.others.append(_("The filter is not complete."))
    return where


def known_filter(scope: RecordScope, object_: Object, where: Any) -> Group:
    """The filter of a condition; an empty one when it means nothing (any more)."""
    try:
        parse(where, object_, scope.schema)
    except ConditionError:
        return Group()
    return draft_of(where)


def asked_filter() -> Any:
    """The condition that the address brings along."""
    try:
        return orjson.loads(request.args["where"]) if request.args.get("where") else None
    except orjson.JSONDecodeError:
        return None


def filter_context(
    scope: RecordScope, object_: Object, root: Group, url: str, focus: str | None
) -> dict[str, Builder | Group | str | None]:
    """What the macros of the filter builder ask for."""
    return {
        "builder": make_builder(scope, object_, root, url),
        "root": root,
        "root_name": ROOT,
        "me": ME,
        "focus": focus,
    }
