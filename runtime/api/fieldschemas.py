"""JSON Schemas of an object's values, conditions, lists and figures, for `openapi.json`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kernel.i18n import label_text
from metadata.conditions.parsing import MAX_DAYS, MAX_TEXT, MAX_VALUES
from metadata.periods import PERIODS
from metadata.schema import Field, Object
from runtime.api.description import ID, Json, ref
from runtime.query.requests import MAX_FIELDS, MAX_GROUPINGS, MAX_MEASURES, MAX_SORT_KEYS
from runtime.records.inputs import AUTONUMBER, OWNER

_DECIMAL: Json = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
_LINK_ANSWER: Json = {
    "type": ["object", "null"],
    "description": "The other record; its name is null when the caller may not see it.",
    "properties": {"id": ID, "name": {"type": ["string", "null"]}},
    "required": ["id", "name"],
}
_ANY_ID: Json = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
_LINK_OBJECT: Json = {
    "type": "object",
    "properties": {"id": _ANY_ID, "name": {}},
    "required": ["id"],
    "additionalProperties": False,
}
_LINK_REQUEST: Json = {
    "description": "The id of a record, or the value of one of its fields that only it has.",
    "anyOf": [
        *_ANY_ID["anyOf"],
        _LINK_OBJECT,
        {
            "type": "object",
            "properties": {
                "match": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": {"type": ["string", "number", "boolean"]},
                }
            },
            "required": ["match"],
            "additionalProperties": False,
        },
    ],
}
_EMPTY: Json = {"enum": ["", None]}


# -- records --------------------------------------------------------------------------------------


def record_answer(object_: Object) -> Json:
    """A whole record."""
    properties: Json = {"id": ID, "version": {"type": "integer", "minimum": 1}}
    for field in object_.fields.values():
        if field.api not in properties:
            properties[field.api] = _titled(field, answered(field))
    return {
        "type": "object",
        "title": label_text(object_.label),
        "properties": properties,
        "required": list(properties),
    }


def record_request(object_: Object, *, new: bool) -> Json:
    """The values of a new record, or the changes of one."""
    fields = [f for f in object_.data_fields() if not f.read_only and f.type.name != AUTONUMBER]
    schema: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {f.api: _titled(f, asked(f)) for f in fields},
    }
    if object_.master is None:
        owner = _LINK_REQUEST if not new else {"anyOf": [_LINK_REQUEST, {"type": "null"}]}
        schema["properties"][OWNER] = _titled(object_.fields[OWNER], owner)
    required = [f.api for f in fields if f.required and f.default is None]
    if new and required:
        schema["required"] = required
    return schema


def answered(field: Field) -> Json:
    """A value as answers show it."""
    if field.to is not None:
        return _LINK_ANSWER
    if field.type.slot_kind == "n" and field.type.name != "integer":
        return {"anyOf": [_DECIMAL, {"type": "null"}]}
    return {"anyOf": [field.type.json_schema(field), {"type": "null"}]}


def asked(field: Field) -> Json:
    """A value as requests give it."""
    schema = _LINK_REQUEST if field.to is not None else _given(field)
    return schema if field.required else {"anyOf": [schema, _EMPTY]}


def _given(field: Field) -> Json:
    schema = field.type.json_schema(field)
    # Whole numbers may be sent as texts too, as decimals are.
    return schema | {"type": ["integer", "string"]} if schema.get("type") == "integer" else schema


def _titled(field: Field, schema: Json) -> Json:
    return {"title": label_text(field.label), **schema}


# -- conditions -----------------------------------------------------------------------------------


def condition(object_: Object) -> Json:
    """A condition on an object's records: comparisons, nested with all, any and not."""
    inner = ref(f"{object_.api}.condition")
    group: Json = {"type": "array", "minItems": 1, "items": inner}
    return {
        "description": "A comparison, or all, any, not of conditions.",
        "anyOf": [
            *_comparisons(object_),
            *(_exactly({name: group}) for name in ("all", "any")),
            _exactly({"not": inner}),
        ],
    }


def where(object_: Object) -> Json:
    """A condition, or none."""
    nothing = ({"type": "null"}, {"type": "object", "maxProperties": 0})
    return {"anyOf": [ref(f"{object_.api}.condition"), *nothing, {"const": {"all": []}}]}


def _exactly(properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _comparisons(object_: Object) -> Iterable[Json]:
    """Comparisons of the object's own fields, those of one type together; and of paths."""
    kinds: dict[tuple[str, str | None], list[Field]] = defaultdict(list)
    for field in object_.fields.values():
        kinds[field.type.name, field.picklist.api if field.picklist else None].append(field)
    for fields in kinds.values():
        names = {"enum": [field.api for field in fields]}
        yield _comparison(names, {"enum": list(fields[0].type.operators)}, _operand(fields[0]))
    if paths := _paths(object_):
        yield _comparison(paths, {"type": "string"}, {})


def _comparison(field: Json, operator: Json, value: Json) -> Json:
    return {
        "type": "object",
        "properties": {"field": field, "op": operator, "value": value},
        "required": ["field", "op"],
        "additionalProperties": False,
    }


def _operand(field: Field) -> Json:
    """What may stand on the right: a value, a list of values, something relative, nothing."""
    if field.to is not None or field.type.name == "id":
        single: list[Json] = [*_ANY_ID["anyOf"], _LINK_OBJECT]
        if field.to == "user":
            single.append(_exactly({"$user": {"const": "id"}}))
    elif field.picklist is not None:
        single = [{"enum": [choice.code for choice in field.picklist.values]}]
    elif field.type.temporal is not None:
        today = _exactly({"$date": {"const": "today"}})
        today["properties"]["days"] = {"type": "integer", "minimum": -MAX_DAYS, "maximum": MAX_DAYS}
        single = [{"type": "string"}, {"enum": list(PERIODS)}, today]
    elif field.type.slot_kind == "n":
        single = [{"type": ["string", "number"]}]
    elif field.type.name == "checkbox":
        single = [{"type": "boolean"}]
    else:
        single = [{"type": "string", "maxLength": MAX_TEXT}]
    several = {"type": "array", "minItems": 1, "maxItems": MAX_VALUES, "items": {"anyOf": single}}
    return {"anyOf": [*single, several, {"type": "null"}]}


def _paths(object_: Object) -> Json | None:
    """Dotted names of fields behind the object's lookups."""
    links = [field.api for field in object_.fields.values() if field.to is not None]
    pattern = rf"^({'|'.join(links)})(\.[a-z][a-z0-9_]*){{1,3}}$"
    return {"type": "string", "pattern": pattern} if links else None


def _names(object_: Object, names: Iterable[str], sign: str = "") -> Json:
    listed: list[Json] = [{"enum": list(names)}]
    if paths := _paths(object_):
        listed.append(paths | {"pattern": paths["pattern"].replace("^", "^" + sign, 1)})
    return {"anyOf": listed}


# -- lists and figures ----------------------------------------------------------------------------


def narrow_query(shape: Json, object_: Object) -> Json:
    """The shape of a list's request with the names of an object's fields."""
    sortable = [f.api for f in object_.fields.values() if f.type.sortable]
    keys = _names(object_, [*sortable, *("-" + name for name in sortable)], "-?")
    return _with(
        shape,
        where=where(object_),
        sort=_list_of(keys, MAX_SORT_KEYS),
        fields=_list_of(_names(object_, object_.fields), MAX_FIELDS),
    )


def narrow_aggregate(shape: Json, grouping: Json, measure: Json, object_: Object) -> Json:
    """The shape of a report's request with the names of an object's fields."""
    fields = object_.fields.values()
    keys = _names(object_, [f.api for f in fields if f.type.groupable])
    figures = {"anyOf": [_names(object_, object_.fields), {"type": "null"}]}
    return _with(
        shape,
        where=where(object_),
        group_by=_list_of(_with(grouping, field=keys), MAX_GROUPINGS),
        measures=_list_of(_with(measure, field=figures), MAX_MEASURES),
    )


def page_answer(object_: Object) -> Json:
    """A page of records with the asked fields."""
    whole = record_answer(object_)
    some = whole | {"required": ["id", "version"]}
    properties: Json = {
        "records": {"type": "array", "items": some},
        "next": {"type": ["string", "null"], "description": "The cursor of the next page."},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def figures_answer() -> Json:
    """Figures by group."""
    key = {"anyOf": [_LINK_ANSWER, {"type": ["string", "integer", "boolean"]}]}
    row = _exactly(
        {
            "groups": {"type": "array", "maxItems": MAX_GROUPINGS, "items": key},
            "measures": {"type": "array", "items": {"type": ["string", "integer", "null"]}},
        }
    )
    properties: Json = {
        "rows": {"type": "array", "items": row},
        "truncated": {"type": "boolean", "description": "Whether there are more groups."},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list_of(items: Json, limit: int) -> Json:
    return {"type": ["array", "null"], "maxItems": limit, "items": items}


def _with(shape: Json, **properties: Any) -> Json:
    return shape | {"properties": shape["properties"] | properties}
