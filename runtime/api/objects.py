"""Objects and their fields, as the caller may see them."""

from __future__ import annotations

from typing import Any

from flask import Response

from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Field, Object
from runtime import access
from runtime.api.blueprint import answer, api
from runtime.api.openapi import describe_tenant
from runtime.web import request_scope


@route(api, "/objects", needs=SIGNED_IN)
def list_objects() -> Response:
    """All objects."""
    schema = request_scope().schema
    return answer({"objects": [_summary(found) for found in schema.objects.values()]})


@route(api, "/objects/<object>", needs=SIGNED_IN)
def read_object(object: str) -> Response:
    """An object with its fields."""
    found = access.require_object(request_scope(), object)
    return answer(_summary(found) | {"fields": [_field(f) for f in found.fields.values()]})


@route(api, "/openapi.json", needs=SIGNED_IN)
def read_openapi() -> Response:
    """The description of this tenant's API."""
    return answer(describe_tenant(request_scope()))


def _summary(object_: Object) -> dict[str, Any]:
    return {
        "id": object_.id,
        "api": object_.api,
        "label": dict(object_.label),
        "plural": dict(object_.plural),
        "name_field": object_.name_field.api,
        "icon": object_.icon,
    }


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": field.id,
        "api": field.api,
        "label": dict(field.label),
        "type": field.type.name,
        "required": field.required,
        "unique": field.unique,
        "read_only": field.read_only or (field.column is not None and field.api != "owner"),
        "operators": list(field.type.operators),
    }
    if field.to is not None:
        described["to"] = field.to
    if field.picklist is not None:
        described["values"] = [
            {"code": value.code, "label": dict(value.label), "retired": value.retired}
            for value in field.picklist.values
        ]
    return described
