"""Objects, fields and picklists: the first step of the compiler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.i18n import lazy
from metadata.compiling.state import Compilation, complete
from metadata.documents import Document
from metadata.fieldtypes import TYPES, BadValue
from metadata.picklists import numbered
from metadata.schema import ChildRelation, Field, Object, Picklist, PicklistValue
from metadata.systemfields import USER_OBJECT, system_fields

MAX_FIELDS = 500
"""Fields that one object may have."""
NAMING_TYPES = ("text", "autonumber", "email")
"""Types of a field that may name a record."""
_NOT_OPTIONS = ("to", "filter", "values", "set")


def build_picklists(work: Compilation) -> None:
    """The shared picklists."""
    for document in work.catalogue.of_kind("picklist"):
        work.picklists[document.api] = _picklist(work, document, document.api)


def build_objects(work: Compilation) -> None:
    """All objects with their fields, without anything that names fields of other objects."""
    for document in work.catalogue.of_kind("object"):
        if work.catalogue.twin(document) is None:
            built = _object(work, document)
            if built is not None:
                work.objects[built.api] = built
    complete(work.schema, by_number={o.number: o for o in work.objects.values()})
    _link(work)


def _object(work: Compilation, document: Document) -> Object | None:
    body = work.catalogue.with_names(document)
    documents = work.catalogue.of_object("field", document.id)
    if len(documents) > MAX_FIELDS:
        reason = lazy("An object has at most %(limit)s fields.", limit=MAX_FIELDS)
        work.faults.add(document, "", "too_many_fields", reason)
    own = [_field(work, d, document.api) for d in documents if work.catalogue.twin(d) is None]
    fields = {f.api: f for f in own} | {f.api: f for f in system_fields(document.api, document.id)}
    name_field = fields.get(body["name_field"])
    if name_field is None:
        reason = lazy("There is no field %(name)s in this object.", name=body["name_field"])
        work.faults.add(document, "name_field", "no_such_field", reason)
        return None
    if name_field.type.name not in NAMING_TYPES:
        reason = lazy("Only a text, an automatic number or an e-mail address names a record.")
        work.faults.add(document, "name_field", "not_a_name", reason)
    return Object(
        id=document.id,
        api=document.api,
        number=document.number,
        label=body["label"],
        plural=body.get("plural", body["label"]),
        name_field=name_field,
        access=body.get("access", {}).get("default", "private"),
        icon=body.get("icon", "box"),
        fields=fields,
        by_key={f.key: f for f in own},
        built_in=document.built_in,
    )


def _field(work: Compilation, document: Document, object_api: str) -> Field:
    body = work.catalogue.with_names(document)
    field_type = TYPES[body["type"]]
    slot = work.slots.get(document.number)
    field = Field(
        id=document.id,
        api=document.api,
        number=document.number,
        key=str(document.number),
        object=object_api,
        label=body["label"],
        type=field_type,
        options=_options(work, document, body),
        help=body.get("help"),
        required=body.get("required", False) or field_type.name == "master_detail",
        unique=body.get("unique", False),
        slot=slot.name if slot else None,
        slot_live=slot.live if slot else False,
        read_only=field_type.computed,
        to=USER_OBJECT if field_type.name == "user" else body.get("to"),
        picklist=_choices(work, document, body),
    )
    _check_field(work, document, body, field)
    complete(field, default=_default(work, document, body, field))
    return field


def _options(work: Compilation, document: Document, body: Mapping[str, Any]) -> dict[str, Any]:
    field_type = TYPES[body["type"]]
    given = {name: body[name] for name in field_type.options_schema if name in body}
    try:
        field_type.check_options(given)
    except BadValue as error:
        work.faults.add(document, "", error.code, error.text)
    options = {name: value for name, value in given.items() if name not in _NOT_OPTIONS}
    for name in ("currency", "region"):
        inherited = getattr(work.surroundings, name)
        if name in field_type.options_schema and inherited:
            options.setdefault(name, inherited)
    if field_type.name == "master_detail":
        options["on_delete"] = "cascade"
    elif "on_delete" in field_type.options_schema:
        options.setdefault("on_delete", "restrict")
    return options


def _choices(work: Compilation, document: Document, body: Mapping[str, Any]) -> Picklist | None:
    if "set" in body:
        found = work.picklists.get(body["set"])
        if found is None:
            reason = lazy("There is no picklist %(name)s.", name=body["set"])
            work.faults.add(document, "set", "no_such_picklist", reason)
        return found or _picklist_of(document.id, body["set"], body["label"], [])
    if "values" in body:
        return _picklist(work, document, work.catalogue.name(document))
    if "set" in TYPES[body["type"]].options_schema:
        return _picklist_of(document.id, document.api, body["label"], [])
    return None


def _picklist(work: Compilation, document: Document, api: str) -> Picklist:
    seen: set[str] = set()
    for n, value in enumerate(document.body["values"]):
        if value["code"] in seen:
            reason = lazy("The code %(code)s is here twice.", code=value["code"])
            work.faults.add(document, f"values[{n}].code", "duplicate", reason)
        seen.add(value["code"])
    values = numbered(document.body["values"], ())
    return _picklist_of(document.id, api, document.body["label"], values)


def _picklist_of(
    document_id: str, api: str, label: Mapping[str, str], values: list[dict[str, Any]]
) -> Picklist:
    made = tuple(
        PicklistValue(
            code=value["code"],
            number=value["number"],
            label=value["label"],
            color=value.get("color"),
            retired=value.get("retired", False),
        )
        for value in values
    )
    return Picklist(
        id=document_id,
        api=api,
        label=label,
        values=made,
        by_code={value.code: value for value in made},
        by_number={value.number: value for value in made},
    )


def _check_field(
    work: Compilation, document: Document, body: Mapping[str, Any], field: Field
) -> None:
    def refuse(path: str, code: str, message: str) -> None:
        work.faults.add(document, path, code, lazy(message, type=field.type.name))

    if "to" in field.type.options_schema and field.to is None:
        refuse("to", "required", "This is missing.")
    if field.type.name == "master_detail" and field.to == USER_OBJECT:
        refuse("to", "bad_master", "A person cannot be the parent; use the type user.")
    if field.unique and not field.type.can_be_unique:
        refuse("unique", "not_unique", "A field of type %(type)s cannot be unique.")
    if field.type.computed and body.get("required"):
        refuse("required", "not_required", "The system fills this field; it cannot be required.")
    if field.required and field.options.get("on_delete") == "clear":
        refuse("on_delete", "bad_on_delete", "A required field cannot be cleared.")
    if body.get("indexed") and field.type.slot_kind is None:
        refuse("indexed", "not_indexed", "A field of type %(type)s cannot be indexed.")


def _default(work: Compilation, document: Document, body: Mapping[str, Any], field: Field) -> Any:
    given = body.get("default")
    if given is None:
        return False if field.type.name == "checkbox" else None
    if not field.type.can_have_default:
        reason = lazy("A field of type %(type)s has no default.", type=field.type.name)
        work.faults.add(document, "default", "no_default", reason)
        return None
    try:
        return field.type.read(field, given)
    except BadValue as error:
        work.faults.add(document, "default", error.code, error.text)
        return None


def _link(work: Compilation) -> None:
    """Resolve lookups: children, masters, and cycles of masters."""
    children: dict[str, list[ChildRelation]] = {}
    for built in work.objects.values():
        masters = []
        for field in built.data_fields():
            document = work.catalogue.by_id[field.id]
            if field.to is None or work.object_of(document, field.to, "to") is None:
                continue
            owned = field.type.name == "master_detail"
            children.setdefault(field.to, []).append(ChildRelation(built.api, field.api, owned))
            if owned:
                masters.append(field)
        for field in masters[1:]:
            reason = lazy("An object has at most one master-detail field.")
            work.faults.add(work.catalogue.by_id[field.id], "type", "second_master", reason)
        complete(built, master=masters[0] if masters else None)
    for api, relations in children.items():
        complete(work.objects[api], children=tuple(relations))
    for built in work.objects.values():
        if built.master is not None and _is_own_ancestor(work, built):
            reason = lazy("Master-detail fields must not form a circle.")
            work.faults.add(work.catalogue.by_id[built.master.id], "to", "master_cycle", reason)


def _is_own_ancestor(work: Compilation, start: Object) -> bool:
    seen: set[str] = set()
    here: Object | None = start
    while here is not None and here.master is not None and here.api not in seen:
        seen.add(here.api)
        here = work.objects.get(here.master.to or "")
        if here is start:
            return True
    return False
