"""Fields of an object: choose a type, fill the form of that type, say where the field is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import (
    attempt,
    drafted_scope,
    find_entry,
    is_editable,
    is_published,
    label_of,
    setup,
)
from builder.conditions import (
    filter_context,
    is_step,
    known_filter,
    sent_filter,
    where_of,
)
from builder.inputs import (
    Choices,
    Input,
    State,
    input_of,
    missing,
    read_typed,
    to_body,
    typed_of,
)
from builder.names import make_name
from builder.placing import add_column, add_to_layout
from kernel.errors import Forbidden, NotFound
from kernel.i18n import Text, _, label_text, lazy
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.fieldtypes import TYPES, FieldType
from metadata.kinds import kind_schema
from metadata.schema import Object
from metadata.systemfields import USER_OBJECT
from runtime.scope import RecordScope
from runtime.workspace.filters import Group

Filtered = tuple[RecordScope, Object, Group, str | None]
"""A filter being edited: of which records, how far it is, and where to go on."""
FIXED = ("to", "set")
"""Options that records rely on; they stay once the field is published."""


# -- the inputs of a type -----------------------------------------------------------------------


def field_inputs(field_type: FieldType, entry: Entry | None) -> list[Input]:
    """The inputs of a field of this type; `entry` is the field when there is one already."""
    keys = kind_schema("field", field_type.name)["properties"]
    return [
        Input("label", "label", label_text(keys["label"]["x-label"]), required=True),
        Input("api", "words", label_text(keys["api"]["x-label"]), hint=_(
            "How programs and imports call it. Leave it empty to have it made from the name."
        )),
        *_options(field_type, entry),
        *_rules(field_type, keys),
        *_default(field_type, entry),
        Input("help", "help", label_text(keys["help"]["x-label"]), hint=_("Shown below the input")),
    ]  # fmt: skip


def _options(field_type: FieldType, entry: Entry | None) -> list[Input]:
    published = entry is not None and is_published(entry)
    found = []
    for name, schema in field_type.options_schema.items():
        given = entry.body.get(name) if entry else None
        if published and name in ("set", "values") and given is None:
            continue  # whether a picklist is shared stays as it was
        one = input_of(
            name,
            schema,
            choices=_references(name),
            required=name == "to" or name == "format",
            fixed=_label_of_reference(name, given) if published and name in FIXED else None,
        )
        if one is not None:
            found.append(one)
    return found


def _references(name: str) -> Choices:
    kind = {"to": "object", "set": "picklist"}.get(name)
    if kind is None:
        return ()
    blank = ("", _("Choose") if kind == "object" else _("Values of its own, given below"))
    entries = store.list_documents(current_scope(), kind)
    return (blank, *((entry.api, label_text(entry.body["label"])) for entry in entries))


def _label_of_reference(name: str, api: Any) -> str:
    return str(next((text for value, text in _references(name) if value == api), api))


def _rules(field_type: FieldType, keys: Mapping[str, Any]) -> list[Input]:
    names = []
    if not field_type.computed and field_type.name not in ("master_detail", "checkbox"):
        names.append("required")
    if field_type.can_be_unique:
        names.append("unique")
    if field_type.slot_kind is not None:
        names.append("indexed")
    made = (input_of(name, keys[name]) for name in names)
    return [Input(one.name, "flag", one.title) for one in made if one is not None]


def _default(field_type: FieldType, entry: Entry | None) -> list[Input]:
    if not field_type.can_have_default or field_type.name == "multi_picklist":
        return []
    title = label_text(kind_schema("field")["properties"]["default"]["x-label"])
    if field_type.name == "checkbox":
        return [Input("default", "choice", title, (("", _("Not ticked")), ("true", _("Ticked"))))]
    if "values" in field_type.options_schema:
        choices = _default_choices(entry)
        return [Input("default", "choice", title, (("", "–"), *choices))] if choices else []
    if field_type.temporal is not None:
        hint = _("Such as 2026-12-31")
        return [Input("default", "words", title, hint=hint)]
    return [Input("default", "words", title)]


def _default_choices(entry: Entry | None) -> Choices:
    body = entry.body if entry else {}
    if "set" in body:
        body = find_entry("picklist", body["set"]).body
    offered = [value for value in body.get("values", ()) if not value.get("retired")]
    return tuple((value["code"], label_text(value["label"])) for value in offered)


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as its inputs hold it."""
    default = body.get("default")
    shown = {**body, "api": body["api"].split(".")[1] if "api" in body else None}
    return shown | {"default": "true" if default is True else default or None}


def _body(
    inputs: list[Input], typed: dict[str, Any], field_type: FieldType, before: Mapping[str, Any]
) -> dict[str, Any]:
    body = to_body(inputs, typed, before)
    if field_type.name == "checkbox" and "default" in body:
        body["default"] = body["default"] in ("true", True)
    return body


# -- new fields ---------------------------------------------------------------------------------


@route(setup, "/objects/<object_api>/fields/-new", needs=ADMIN)
def new_field(object_api: str) -> ResponseReturnValue:
    """Choose a type, then the empty form of that type."""
    owner = find_entry("object", object_api)
    if "type" not in request.args:
        return render_template("setup/field_types.html", owner=owner, types=TYPES.values())
    field_type = _type_of(request.args["type"])
    inputs = field_inputs(field_type, None)
    return _form(owner, field_type, None, inputs, State(typed_of(inputs, {})))


def _type_of(name: str) -> FieldType:
    found = TYPES.get(name)
    if found is None:
        raise NotFound(lazy("There is no such type of field."))
    return found


@route(setup, "/objects/<object_api>/fields/-new", methods=["POST"], needs=ADMIN, writes=False)
def create_field(object_api: str) -> ResponseReturnValue:
    """Make the field and put it on the chosen layouts and lists."""
    scope = current_scope()
    owner = find_entry("object", object_api)
    field_type = _type_of(request.form.get("type", ""))
    inputs = field_inputs(field_type, None)
    state = State(read_typed(inputs, request.form))
    state.errors = missing(inputs, state.typed)
    body = _body(inputs, state.typed, field_type, {"type": field_type.name})
    taken = {e.api.split(".")[1] for e in store.list_documents(scope, "field", object_api)}
    name = body.pop("api", None) or make_name(body.get("label", {}), taken, "field")
    if name in taken:
        state.errors.setdefault("api", lazy("This name is taken."))
    api = f"{object_api}.{name}"

    def change() -> None:
        store.put_document(scope, "field", api, {**body, "api": api})
        for layout in request.form.getlist("layout"):
            add_to_layout(scope, layout, name)
        for view in request.form.getlist("view"):
            add_column(scope, view, name)

    if not state.wrong:
        problem = attempt(change, _("Field “%(name)s” added", name=label_of(body)))
        if problem is None:
            return redirect(f"/setup/objects/{object_api}", 303)
        state.note(f"field {api}", problem)
    return _form(owner, field_type, None, inputs, state), 422


# -- a field ------------------------------------------------------------------------------------


@route(setup, "/objects/<object_api>/fields/<api>", needs=ADMIN)
def edit_field(object_api: str, api: str) -> ResponseReturnValue:
    """The form, filled with the field."""
    owner, entry = _found(object_api, api)
    field_type = TYPES[entry.body["type"]]
    inputs = field_inputs(field_type, entry)
    state = State(typed_of(inputs, _shown(entry.body)))
    choice = _choice(entry)
    if choice is None:
        return _form(owner, field_type, entry, inputs, state)
    root = known_filter(*choice, entry.body.get("filter"))
    return _form(owner, field_type, entry, inputs, state, (*choice, root, None))


@route(setup, "/objects/<object_api>/fields/<api>", methods=["POST"], needs=ADMIN, writes=False)
def save_field(object_api: str, api: str) -> ResponseReturnValue:
    """Change the field."""
    owner, entry = _found(object_api, api)
    field_type = TYPES[entry.body["type"]]
    inputs = field_inputs(field_type, entry)
    state = State(read_typed(inputs, request.form))
    choice, part = _choice(entry), None
    if choice is not None:
        part = (*choice, *sent_filter(*choice))
        if is_step():
            return _form(owner, field_type, entry, inputs, state, part)
    state.errors = missing(inputs, state.typed)
    body = _body(inputs, state.typed, field_type, entry.body)
    name = state.typed["api"] or api
    body["api"] = f"{object_api}.{name}"
    if part is not None:
        body["filter"] = where_of(*part[:3], state)
        if body["filter"] is None:
            del body["filter"]
    if not state.wrong:
        problem = attempt(
            lambda: store.put_document(current_scope(), "field", entry.api, body),
            _("Field “%(name)s” changed", name=label_of(body)),
        )
        if problem is None:
            return redirect(f"/setup/objects/{object_api}", 303)
        state.note(f"field {object_api}.{name}", problem)
    return _form(owner, field_type, entry, inputs, state, part), 422


def _found(object_api: str, api: str) -> tuple[Entry, Entry]:
    owner = find_entry("object", object_api)
    entry = find_entry("field", f"{object_api}.{api}", object_api)
    if not is_editable(entry):
        raise Forbidden(_("Every workspace has this field as it is."))
    return owner, entry


def _choice(entry: Entry) -> tuple[RecordScope, Object] | None:
    """What a lookup chooses from; None for other fields, and while the draft does not fit."""
    if "filter" not in TYPES[entry.body["type"]].options_schema:
        return None
    scope = drafted_scope()
    target = scope.schema.objects.get(entry.body.get("to", USER_OBJECT))
    return (scope, target) if target is not None else None


def _form(
    owner: Entry,
    field_type: FieldType,
    entry: Entry | None,
    inputs: list[Input],
    state: State,
    filtered: Filtered | None = None,
) -> str:
    sent = request.method == "POST"
    places: dict[str, list[tuple[str, Text, bool]]] = {"layout": [], "view": []}
    for kind in places if entry is None else ():
        chosen = request.form.getlist(kind)
        documents = store.list_documents(current_scope(), kind, owner.api)
        editable = [document for document in documents if is_editable(document)]
        for n, document in enumerate(editable):
            ticked = document.api in chosen if sent else kind == "layout" or n == 0
            places[kind].append((document.api, label_of(document.body), ticked))
    url = f"/setup/objects/{owner.api}/fields/{entry.api.split('.')[1] if entry else '-new'}"
    return render_template(
        "setup/field_form.html",
        owner=owner,
        field_type=field_type,
        entry=entry,
        inputs=inputs,
        state=state,
        layouts=places["layout"],
        views=places["view"],
        back=f"/setup/objects/{owner.api}",
        action=url,
        **(filter_context(*filtered[:3], url, filtered[3]) if filtered else {"builder": None}),
    )
