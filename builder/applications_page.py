"""Applications: what stands in the navigation."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import attempt, find_entry, is_editable, label_of, setup
from builder.inputs import Input, State, missing, read_typed, to_body, typed_of
from builder.names import make_name
from builder.objects_page import ICONS
from builder.views_page import named_inputs
from kernel.errors import Forbidden
from kernel.i18n import Text, _, label_text
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.kinds import kind_schema

KINDS = ("object", "report")
"""Kinds of documents that an entry of the navigation may show."""


def application_inputs(entry: Entry | None) -> list[Input]:
    """The inputs of an application beside its entries."""
    title = label_text(kind_schema("application")["properties"]["icon"]["x-label"])
    own = entry.body.get("icon", "apps") if entry else "apps"
    icons = tuple((icon, icon) for icon in dict.fromkeys((own, *ICONS)))
    return [*named_inputs("application"), Input("icon", "choice", title, icons)]


@route(setup, "/applications", needs=ADMIN)
def list_applications() -> ResponseReturnValue:
    """All applications."""
    entries = store.list_documents(current_scope(), "application")
    return render_template("setup/applications.html", entries=entries)


@route(setup, "/applications/-new", needs=ADMIN)
def new_application() -> ResponseReturnValue:
    """The empty form."""
    return _form(None, State(typed_of(application_inputs(None), {"icon": "apps"})), [])


@route(setup, "/applications/-new", methods=["POST"], needs=ADMIN, writes=False)
def create_application() -> ResponseReturnValue:
    """Make the application."""
    return _save(None)


@route(setup, "/applications/<api>", needs=ADMIN)
def edit_application(api: str) -> ResponseReturnValue:
    """The form, filled with the application."""
    entry = _editable(api)
    state = State(typed_of(application_inputs(entry), {"icon": "apps", **entry.body}))
    return _form(entry, state, [_key(item) for item in entry.body["items"]])


@route(setup, "/applications/<api>", methods=["POST"], needs=ADMIN, writes=False)
def save_application(api: str) -> ResponseReturnValue:
    """Change the application."""
    return _save(_editable(api))


def _editable(api: str) -> Entry:
    entry = find_entry("application", api)
    if not is_editable(entry):
        raise Forbidden(_("Every workspace has this application as it is."))
    return entry


def _key(item: Any) -> str:
    return next(f"{kind}:{item[kind]}" for kind in KINDS if kind in item)


def _save(entry: Entry | None) -> ResponseReturnValue:
    scope = current_scope()
    inputs = application_inputs(entry)
    state = State(read_typed(inputs, request.form))
    state.errors = missing(inputs, state.typed)
    keys = request.form.getlist("item")
    if not keys:
        state.others.append(_("Choose at least one entry."))
    known = {_key(item): item for item in entry.body["items"]} if entry else {}
    items = [known.get(key) or dict([key.split(":", 1)]) for key in keys if ":" in key]
    body = to_body(inputs, state.typed, entry.body if entry else {})
    taken = {e.api for e in store.list_documents(scope, "application")}
    api = body.setdefault("api", make_name(body.get("label", {}), taken, "application"))
    if entry is None and api in taken:
        state.errors.setdefault("api", _("This name is taken."))
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(
                scope, "application", entry.api if entry else api, {**body, "items": items}
            ),
            _("Application “%(name)s” saved", name=label_of(body)),
        )
        if problem is None:
            return redirect("/setup/applications", 303)
        state.note(f"application {api}", problem)
    return _form(entry, state, keys), 422


def _form(entry: Entry | None, state: State, keys: list[str]) -> str:
    titles: dict[str, Text] = {}
    for kind in KINDS:
        for document in store.list_documents(current_scope(), kind):
            body = document.body
            title = label_text(body.get("plural")) or label_of(body)
            titles[f"{kind}:{document.api}"] = title if kind == "object" else _(
                "Report: %(name)s", name=title
            )  # fmt: skip
    return render_template(
        "setup/application_form.html",
        entry=entry,
        inputs=application_inputs(entry),
        state=state,
        chosen=[(key, titles.get(key, key)) for key in keys],
        rest=[(key, title) for key, title in titles.items() if key not in keys],
        action=f"/setup/applications/{entry.api}" if entry else "/setup/applications/-new",
        back="/setup/applications",
    )
