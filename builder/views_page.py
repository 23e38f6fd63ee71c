"""List views that everybody sees: columns, filter, order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import attempt, find_entry, is_editable, label_of, setup
from builder.conditions import (
    asked_filter,
    drafted_object,
    filter_context,
    is_step,
    known_filter,
    sent_filter,
    where_of,
)
from builder.inputs import Input, State, missing, read_typed, to_body, typed_of
from builder.names import make_name
from kernel.errors import Forbidden
from kernel.i18n import _, label_text, lazy
from kernel.web.gate import current_scope
from kernel.web.pages import viewer
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.kinds import kind_schema
from metadata.schema import Object, Path
from runtime.scope import RecordScope
from runtime.workspace.display import path_label
from runtime.workspace.filters import Group
from runtime.workspace.list_links import ListLink
from runtime.workspace.list_page import available_paths, find_path
from runtime.workspace.list_state import ListState

SORT_KEYS = 3


def named_inputs(kind: str) -> list[Input]:
    """The name and api name of a document."""
    keys = kind_schema(kind)["properties"]
    return [
        Input("label", "label", label_text(keys["label"]["x-label"]), required=True),
        Input("api", "words", label_text(keys["api"]["x-label"]), hint=_(
            "How programs and imports call it. Leave it empty to have it made from the name."
        )),
    ]  # fmt: skip


def bare(body: Any) -> dict[str, Any]:
    """A body with the part of its api name behind the object's."""
    return {**body, "api": body["api"].split(".")[-1]}


def view_link(object_: Object, state: ListState) -> ListLink | None:
    """The link above a list that makes a view of it for everybody."""
    person = viewer()
    if person is None or not person.is_admin or not state.changed or state.problem is not None:
        return None
    asked = {"columns": ",".join(state.column_names()), "sort": ",".join(state.sort_names())}
    if state.where_json:
        asked["where"] = orjson.dumps(state.where_json).decode()
    url = f"/setup/objects/{object_.api}/views/-new?{urlencode(asked)}"
    return ListLink(lazy("View for everybody"), url, "users")


@route(setup, "/objects/<object_api>/views/-new", needs=ADMIN)
def new_view(object_api: str) -> ResponseReturnValue:
    """The form, filled with the list that the address describes."""
    find_entry("object", object_api)
    scope, object_ = drafted_object(object_api)
    first = object_.views[0]
    columns = _asked("columns") or [path.api for path in first.columns]
    sort = _asked("sort") or [key.api for key in first.sort]
    inputs = named_inputs("view")
    root = known_filter(scope, object_, asked_filter())
    return _form(scope, object_, None, State(typed_of(inputs, {})), columns, sort, root)


def _asked(name: str) -> list[str]:
    return [text for text in request.args.get(name, "").split(",") if text]


@route(setup, "/objects/<object_api>/views/-new", methods=["POST"], needs=ADMIN, writes=False)
def create_view(object_api: str) -> ResponseReturnValue:
    """Make the view, or take one step in its filter."""
    find_entry("object", object_api)
    return _save(object_api, None)


@route(setup, "/objects/<object_api>/views/<api>", needs=ADMIN)
def edit_view(object_api: str, api: str) -> ResponseReturnValue:
    """The form, filled with the view."""
    entry = _editable(object_api, api)
    scope, object_ = drafted_object(object_api)
    body = entry.body
    state = State(typed_of(named_inputs("view"), bare(body)))
    root = known_filter(scope, object_, body.get("where"))
    return _form(scope, object_, entry, state, body["columns"], body.get("sort", []), root)


@route(setup, "/objects/<object_api>/views/<api>", methods=["POST"], needs=ADMIN, writes=False)
def save_view(object_api: str, api: str) -> ResponseReturnValue:
    """Change the view, or take one step in its filter."""
    return _save(object_api, _editable(object_api, api))


def _editable(object_api: str, api: str) -> Entry:
    entry = find_entry("view", f"{object_api}.{api}", object_api)
    if not is_editable(entry):
        raise Forbidden(_("Every workspace has this list view as it is."))
    return entry


def _save(object_api: str, entry: Entry | None) -> ResponseReturnValue:
    scope, object_ = drafted_object(object_api)
    inputs = named_inputs("view")
    state = State(read_typed(inputs, request.form))
    columns, sort = request.form.getlist("column"), _sent_sort()
    root, focus = sent_filter(scope, object_)
    if is_step():
        return _form(scope, object_, entry, state, columns, sort, root, focus)
    state.errors = missing(inputs, state.typed)
    where = where_of(scope, object_, root, state)
    if not columns:
        state.others.append(_("Choose at least one column."))
    body = to_body(inputs, state.typed, entry.body if entry else {"object": object_api})
    taken = {e.api for e in store.list_documents(current_scope(), "view", object_api)}
    names = {api.split(".")[1] for api in taken}
    name = state.typed["api"] or make_name(body.get("label", {}), names, "view")
    api = f"{object_api}.{name}"
    if entry is None and api in taken:
        state.errors.setdefault("api", _("This name is taken."))
    body |= {"api": api, "columns": columns, "where": where, "sort": sort}
    body = {key: value for key, value in body.items() if value is not None and value != []}
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(current_scope(), "view", entry.api if entry else api, body),
            _("List view “%(name)s” saved", name=label_of(body)),
        )
        if problem is None:
            return redirect(f"/setup/objects/{object_api}", 303)
        state.note(f"view {api}", problem)
    return _form(scope, object_, entry, state, columns, sort, root), 422


def _sent_sort() -> list[str]:
    keys = []
    for n in range(1, SORT_KEYS + 1):
        name = request.form.get(f"sort{n}", "")
        if name:
            keys.append(("-" if request.form.get(f"direction{n}") == "down" else "") + name)
    return list(dict.fromkeys(keys))


def _form(
    scope: RecordScope,
    object_: Object,
    entry: Entry | None,
    state: State,
    columns: Sequence[str],
    sort: Sequence[str],
    root: Group,
    focus: str | None = None,
) -> str:
    url = f"/setup/objects/{object_.api}/views/"
    url += entry.api.split(".")[1] if entry else "-new"
    chosen = [(api, _label(scope, object_, api)) for api in columns]
    paths = available_paths(scope, object_)
    return render_template(
        "setup/view_form.html",
        object=object_,
        entry=entry,
        inputs=named_inputs("view"),
        state=state,
        action=url,
        back=f"/setup/objects/{object_.api}",
        chosen=chosen,
        rest=[(p.api, path_label(p)) for p in paths if p.api not in columns],
        sortable=[(p.api, path_label(p)) for p in paths if p.field.type.sortable],
        sort=[(key.removeprefix("-"), key.startswith("-")) for key in sort],
        sort_places=range(SORT_KEYS),
        **filter_context(scope, object_, root, url, focus),
    )


def _label(scope: RecordScope, object_: Object, api: str) -> str:
    path: Path | None = find_path(scope, object_, api)
    return path_label(path) if path is not None else api
