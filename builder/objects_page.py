"""Objects: the list of them, one with all that belongs to it, and the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import attempt, find_entry, is_editable, is_published, label_of, setup
from builder.inputs import WORDS, Choices, Input, State, missing, read_typed, to_body, typed_of
from builder.names import make_name
from kernel.errors import Forbidden
from kernel.i18n import LOCALES, Text, _, label_text, lazy
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.compiling.objects import NAMING_TYPES
from metadata.drafts import Entry
from metadata.fieldtypes import TYPES
from metadata.kinds import kind_schema

ICONS = (
    *("box", "building", "building-factory", "users", "user", "address-book", "briefcase"),
    *("target-arrow", "phone-call", "calendar", "checklist", "clipboard", "file-text"),
    *("file-invoice", "receipt", "cash", "coin", "credit-card", "package", "packages"),
    *("shopping-cart", "truck", "building-warehouse", "tool", "device-laptop", "headset"),
    *("ticket", "message", "mail", "map-pin", "car", "school", "heart", "star", "flag"),
    *("bulb", "rocket", "certificate", "scale", "shield", "folder", "tag", "notes", "apps"),
)
"""Icons that are offered; a document may name any other of the icon font."""
ACCESS: Choices = (
    ("private", lazy("See nothing of it")),
    ("read", lazy("Read it")),
    ("edit", lazy("Read and change it")),
)
NAMING: Mapping[str, Text] = {
    "text": lazy("Somebody types it"),
    "autonumber": lazy("A number is given automatically"),
}
NAME = {"en": "Name", "zh_CN": "名称"}
FIRST_FORMAT = "{0000}"


def object_inputs(entry: Entry | None) -> list[Input]:
    """The inputs of an object; a new one gets the field that names its records too."""
    keys = kind_schema("object")["properties"]
    found = [
        Input("label", "label", label_text(keys["label"]["x-label"]), required=True),
        Input("plural", "label", label_text(keys["plural"]["x-label"]), hint=_("Above lists")),
        Input("api", "words", label_text(keys["api"]["x-label"]), hint=_(
            "How programs and imports call it. Leave it empty to have it made from the name."
        )),
        Input("icon", "choice", label_text(keys["icon"]["x-label"]), _icons(entry)),
        Input("access", "choice", _("What people may do with records that others own"), ACCESS),
    ]  # fmt: skip
    if entry is None:
        naming = tuple(NAMING.items())
        return [
            *found,
            Input("name_label", "label", _("What the name of a record is called"), required=True),
            Input("name_type", "choice", _("Where the name comes from"), naming),
            Input("name_format", "words", label_text(
                TYPES["autonumber"].options_schema["format"]["x-label"]
            ), hint=_("For automatic numbers only")),
        ]  # fmt: skip
    title = label_text(keys["name_field"]["x-label"])
    return [*found, Input("name_field", "choice", title, _naming_fields(entry.api), required=True)]


def _icons(entry: Entry | None) -> Choices:
    own = entry.body.get("icon", "box") if entry else "box"
    return tuple((icon, icon) for icon in dict.fromkeys((own, *ICONS)))


def _naming_fields(object_api: str) -> Choices:
    return tuple(
        (entry.body["api"].split(".")[1], label_text(entry.body["label"]))
        for entry in store.list_documents(current_scope(), "field", object_api)
        if entry.body["type"] in NAMING_TYPES
    )


def _flat(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "access": body.get("access", {}).get("default", "private")}


def _deep(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "access": {"default": body.get("access", "private")}}


@route(setup, "", needs=ADMIN)
def start() -> ResponseReturnValue:
    """The first of the set-up pages."""
    return redirect("/setup/objects")


@route(setup, "/objects", needs=ADMIN)
def list_objects() -> ResponseReturnValue:
    """All objects."""
    entries = store.list_documents(current_scope(), "object")
    return render_template("setup/objects.html", entries=entries)


@route(setup, "/objects/-new", needs=ADMIN)
def new_object() -> ResponseReturnValue:
    """The empty form."""
    inputs = object_inputs(None)
    first = {
        "icon": "box",
        "access": "private",
        "name_label": NAME,
        "name_type": "text",
    }
    typed = typed_of(inputs, first)
    return _form(None, inputs, State(typed), [])


@route(setup, "/objects/-new", methods=["POST"], needs=ADMIN, writes=False)
def create_object() -> ResponseReturnValue:
    """Make the object and the field that names its records, and show it where asked."""
    scope = current_scope()
    inputs = object_inputs(None)
    state = State(read_typed(inputs, request.form))
    state.errors = missing(inputs, state.typed)
    shown_in = request.form.getlist("application")
    taken = {entry.api for entry in store.list_documents(scope, "object")}
    body = to_body(inputs, state.typed, {})
    api = body.setdefault("api", make_name(body.get("label", {}), taken, "object"))
    if api in taken:
        state.errors.setdefault("api", lazy("This name is taken."))
    if state.wrong:
        return _form(None, inputs, state, shown_in), 422
    label, kind = body.pop("name_label"), body.pop("name_type", "text")
    naming = {"type": kind, "label": label, "required": True}
    given = body.pop("name_format", FIRST_FORMAT)
    if kind == "autonumber":
        naming = {"type": kind, "label": label, "format": given}

    def change() -> None:
        store.put_document(scope, "object", api, {**_deep(body), "name_field": "name"})
        store.put_document(scope, "field", f"{api}.name", naming)
        for application in shown_in:
            _show_in(application, api)

    problem = attempt(change, _("Object “%(name)s” added", name=label_of(body)))
    if problem is not None:
        state.note(f"object {api}", problem)
        return _form(None, inputs, state, shown_in), problem.status
    return redirect(f"/setup/objects/{api}", 303)


def _show_in(application: str, object_api: str) -> None:
    entry = find_entry("application", application)
    body = {**entry.body, "items": [*entry.body["items"], {"object": object_api}]}
    store.put_document(current_scope(), "application", application, body)


@route(setup, "/objects/<object_api>", needs=ADMIN)
def show_object(object_api: str) -> ResponseReturnValue:
    """An object with its fields, layouts and list views."""
    scope = current_scope()
    parts = {
        kind: store.list_documents(scope, kind, object_api) for kind in ("field", "layout", "view")
    }
    return render_template(
        "setup/object.html",
        entry=find_entry("object", object_api),
        fields=parts["field"],
        layouts=parts["layout"],
        views=parts["view"],
        types=TYPES,
    )


@route(setup, "/objects/<object_api>/edit", needs=ADMIN)
def edit_object(object_api: str) -> ResponseReturnValue:
    """The form, filled with the object."""
    entry = _editable(object_api)
    inputs = object_inputs(entry)
    return _form(entry, inputs, State(typed_of(inputs, _flat(entry.body))), [])


@route(setup, "/objects/<object_api>/edit", methods=["POST"], needs=ADMIN, writes=False)
def save_object(object_api: str) -> ResponseReturnValue:
    """Change the object."""
    entry = _editable(object_api)
    inputs = object_inputs(entry)
    state = State(read_typed(inputs, request.form))
    state.errors = missing(inputs, state.typed)
    if state.wrong:
        return _form(entry, inputs, state, []), 422
    body = _deep(to_body(inputs, state.typed, entry.body))
    api = body.setdefault("api", entry.api)
    problem = attempt(
        lambda: store.put_document(current_scope(), "object", object_api, body),
        _("Object “%(name)s” changed", name=label_of(body)),
    )
    if problem is not None:
        state.note(f"object {api}", problem)
        return _form(entry, inputs, state, []), problem.status
    return redirect(f"/setup/objects/{api}", 303)


def _editable(object_api: str) -> Entry:
    entry = find_entry("object", object_api)
    if not is_editable(entry):
        raise Forbidden(_("Every workspace has this object as it is; only fields can be added."))
    return entry


def _form(entry: Entry | None, inputs: list[Input], state: State, shown_in: list[str]) -> str:
    applications = store.list_documents(current_scope(), "application")
    url = f"/setup/objects/{entry.api}/edit" if entry else "/setup/objects/-new"
    return render_template(
        "setup/object_form.html",
        entry=entry,
        published=entry is not None and is_published(entry),
        inputs=inputs,
        state=state,
        action=url,
        back=f"/setup/objects/{entry.api}" if entry else "/setup/objects",
        applications=[a for a in applications if is_editable(a)] if entry is None else [],
        shown_in=shown_in,
        words=WORDS,
        locales=LOCALES,
    )
