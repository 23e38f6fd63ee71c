"""Shared picklists and their values."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import attempt, find_entry, is_published, label_of, setup
from builder.inputs import Input, State, missing, read_typed, to_body, typed_of
from builder.names import make_name
from kernel.i18n import _, label_text, lazy
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.kinds import kind_schema


def picklist_inputs() -> list[Input]:
    """The inputs of a picklist."""
    keys = kind_schema("picklist")["properties"]
    return [
        Input("label", "label", label_text(keys["label"]["x-label"]), required=True),
        Input("api", "words", label_text(keys["api"]["x-label"]), hint=_(
            "How programs and imports call it. Leave it empty to have it made from the name."
        )),
        Input("values", "values", label_text(keys["values"]["x-label"]), required=True),
    ]  # fmt: skip


@route(setup, "/picklists", needs=ADMIN)
def list_picklists() -> ResponseReturnValue:
    """All shared picklists."""
    entries = store.list_documents(current_scope(), "picklist")
    return render_template("setup/picklists.html", entries=entries, users=_users())


def _users() -> dict[str, list[Entry]]:
    """The fields that use each picklist."""
    users: dict[str, list[Entry]] = {}
    for entry in store.list_documents(current_scope(), "field"):
        if "set" in entry.body:
            users.setdefault(entry.body["set"], []).append(entry)
    return users


@route(setup, "/picklists/-new", needs=ADMIN)
def new_picklist() -> ResponseReturnValue:
    """The empty form."""
    inputs = picklist_inputs()
    return _form(None, inputs, State(typed_of(inputs, {})))


@route(setup, "/picklists/-new", methods=["POST"], needs=ADMIN, writes=False)
def create_picklist() -> ResponseReturnValue:
    """Make the picklist."""
    scope = current_scope()
    inputs = picklist_inputs()
    state = State(read_typed(inputs, request.form))
    state.errors = missing(inputs, state.typed)
    taken = {entry.api for entry in store.list_documents(scope, "picklist")}
    body = to_body(inputs, state.typed, {})
    api = body.setdefault("api", make_name(body.get("label", {}), taken, "picklist"))
    if api in taken:
        state.errors.setdefault("api", lazy("This name is taken."))
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(scope, "picklist", api, body),
            _("Picklist “%(name)s” added", name=label_of(body)),
        )
        if problem is None:
            return redirect("/setup/picklists", 303)
        state.note(f"picklist {api}", problem)
    return _form(None, inputs, state), 422


@route(setup, "/picklists/<api>", needs=ADMIN)
def edit_picklist(api: str) -> ResponseReturnValue:
    """The form, filled with the picklist."""
    entry = find_entry("picklist", api)
    inputs = picklist_inputs()
    return _form(entry, inputs, State(typed_of(inputs, entry.body)))


@route(setup, "/picklists/<api>", methods=["POST"], needs=ADMIN, writes=False)
def save_picklist(api: str) -> ResponseReturnValue:
    """Change the picklist."""
    entry = find_entry("picklist", api)
    inputs = picklist_inputs()
    state = State(read_typed(inputs, request.form))
    state.errors = missing(inputs, state.typed)
    body = to_body(inputs, state.typed, entry.body)
    new_api = body.setdefault("api", api)
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(current_scope(), "picklist", api, body),
            _("Picklist “%(name)s” changed", name=label_of(body)),
        )
        if problem is None:
            return redirect(f"/setup/picklists/{new_api}", 303)
        state.note(f"picklist {new_api}", problem)
    return _form(entry, inputs, state), 422


def _form(entry: Entry | None, inputs: list[Input], state: State) -> str:
    return render_template(
        "setup/picklist_form.html",
        entry=entry,
        published=entry is not None and is_published(entry),
        inputs=inputs,
        state=state,
        users=_users().get(entry.api, []) if entry else [],
        back="/setup/picklists",
        action=f"/setup/picklists/{entry.api}" if entry else "/setup/picklists/-new",
    )
