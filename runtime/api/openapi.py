"""`openapi.json` of a tenant: its objects, its fields, its choices (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from kernel.i18n import label_text
from metadata.schema import Field, Object
from runtime import access
from runtime.api import schemas
from runtime.query.selection import DEFAULT_LIMIT, MAX_LIMIT
from runtime.records.inputs import AUTONUMBER
from runtime.scope import RecordScope

Json = dict[str, Any]

_ID: Json = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
_LINK_ANSWER: Json = {
    "type": ["object", "null"],
    "properties": {"id": _ID, "name": {"type": ["string", "null"]}},
    "required": ["id", "name"],
}
_LINK_REQUEST: Json = {
    "description": "The id of a record, or the value of one of its fields that only it has.",
    "anyOf": [
        _ID,
        {
            "type": "object",
            "properties": {
                "match": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": {"type": "string"},
                }
            },
            "required": ["match"],
            "additionalProperties": False,
        },
    ],
}
_CONDITION: Json = {
    "description": "A condition: a comparison, or all, any, not of conditions.",
    "oneOf": [
        {
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "op": {"type": "string"},
                "value": {},
            },
            "required": ["field", "op"],
            "additionalProperties": False,
        },
        *(
            {
                "type": "object",
                "properties": {
                    name: {"type": "array", "items": {"$ref": "#/components/schemas/Condition"}}
                },
                "required": [name],
                "additionalProperties": False,
            }
            for name in ("all", "any")
        ),
        {
            "type": "object",
            "properties": {"not": {"$ref": "#/components/schemas/Condition"}},
            "required": ["not"],
            "additionalProperties": False,
        },
    ],
}
_PROBLEMS = {
    400: "Malformed",
    401: "Not signed in",
    403: "Not allowed",
    404: "Absent or invisible",
    409: "Conflict",
    412: "Changed by somebody else",
    413: "Too large",
    415: "Not JSON",
    422: "Invalid values",
    429: "Too many requests",
}


def describe_tenant(scope: RecordScope) -> Json:
    """The description, with what the caller may see."""
    spec = APISpec(
        title="Banyan",
        version=f"1.0.{scope.schema.version}",
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={"description": "Records of this tenant. Errors are problem documents (RFC 9457)."},
        security=[{"token": []}, {"session": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(
        "session", {"type": "apiKey", "in": "cookie", "name": "__Host-session"}
    )
    spec.components.schema("Problem", schema=schemas.ProblemAnswer)
    spec.components.schema("Job", schema=schemas.JobAnswer)
    spec.components.schema("JobStarted", schema=schemas.JobStarted)
    spec.components.schema("TokenRequest", schema=schemas.TokenRequest)
    spec.components.schema("Token", schema=schemas.TokenAnswer)
    spec.components.schema("AggregateRequest", schema=schemas.AggregateRequest)
    spec.components.schema("Condition", _CONDITION)
    _describe_tokens(spec)
    _describe_jobs(spec)
    _describe_objects(spec, scope)
    for object_ in scope.schema.objects.values():
        _describe_object(spec, scope, object_)
    return spec.to_dict()


def _describe_tokens(spec: APISpec) -> None:
    spec.path(
        "/api/v1/tokens",
        operations={
            "post": _operation(
                "Get a token",
                {201: _json("The token", _ref("Token"))},
                (400, 401, 403, 413, 415, 422, 429),
                body=_ref("TokenRequest"),
                security=[],
            )
        },
    )


def _describe_jobs(spec: APISpec) -> None:
    spec.path(
        "/api/v1/jobs/{id}",
        parameters=[_path_id()],
        operations={
            "get": _operation(
                "Read the progress of a job", {200: _json("The job", _ref("Job"))}, (401, 403, 404)
            ),
            "delete": _operation(
                "Cancel a job", {204: {"description": "Asked to stop"}}, (400, 401, 403, 404, 409)
            ),
        },
    )


def _describe_objects(spec: APISpec, scope: RecordScope) -> None:
    summary: Json = {"type": "object", "required": ["api", "label"]}
    spec.path(
        "/api/v1/objects",
        operations={
            "get": _operation(
                "List the objects",
                {
                    200: _json(
                        "The objects",
                        {
                            "type": "object",
                            "properties": {"objects": {"type": "array", "items": summary}},
                            "required": ["objects"],
                        },
                    )
                },
                (401, 403),
            )
        },
    )
    names = {"type": "string", "enum": list(scope.schema.objects)}
    spec.path(
        "/api/v1/objects/{object}",
        parameters=[{"name": "object", "in": "path", "required": True, "schema": names}],
        operations={
            "get": _operation(
                "Describe an object", {200: _json("The object", summary)}, (401, 403, 404)
            )
        },
    )


def _describe_object(spec: APISpec, scope: RecordScope, object_: Object) -> None:
    answer, create, change = f"{object_.api}", f"{object_.api}.create", f"{object_.api}.change"
    spec.components.schema(answer, _answer_schema(object_))
    spec.components.schema(create, _request_schema(object_, new=True))
    spec.components.schema(change, _request_schema(object_, new=False))
    shown = _json(label_text(object_.label), _ref(answer))
    tags = [object_.api]
    base = f"/api/v1/records/{object_.api}"
    if access.may_create(scope, object_):
        spec.path(
            base,
            operations={
                "post": _operation(
                    f"Create a record: {label_text(object_.label)}",
                    {201: shown},
                    (400, 401, 403, 409, 413, 415, 422),
                    body=_ref(create),
                    tags=tags,
                )
            },
        )
    match = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
    spec.path(
        base + "/{id}",
        parameters=[_path_id()],
        operations={
            "get": _operation("Read a record", {200: shown}, (401, 403, 404), tags=tags),
            "patch": _operation(
                "Change the given fields of a record",
                {200: shown},
                (400, 401, 403, 404, 409, 412, 413, 415, 422),
                body=_ref(change),
                tags=tags,
                parameters=[match],
            ),
            "delete": _operation(
                "Delete a record",
                {204: {"description": "Deleted"}},
                (400, 401, 403, 404, 409, 412),
                tags=tags,
                parameters=[match],
            ),
        },
    )
    _describe_queries(spec, object_, tags)


def _describe_queries(spec: APISpec, object_: Object, tags: list[str]) -> None:
    page: Json = {
        "type": "object",
        "properties": {
            "records": {"type": "array", "items": {"type": "object", "required": ["id"]}},
            "next": {"type": ["string", "null"]},
        },
        "required": ["records", "next"],
    }
    spec.path(
        f"/api/v1/query/{object_.api}",
        operations={
            "post": _operation(
                "List records",
                {200: _json("A page", page)},
                (400, 401, 403, 404, 413, 415, 422),
                body=_query_schema(object_),
                tags=tags,
            )
        },
    )
    figures: Json = {
        "type": "object",
        "properties": {
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"groups": {"type": "array"}, "measures": {"type": "array"}},
                    "required": ["groups", "measures"],
                },
            },
            "truncated": {"type": "boolean"},
        },
        "required": ["rows"],
    }
    spec.path(
        f"/api/v1/aggregate/{object_.api}",
        operations={
            "post": _operation(
                "Figures over records",
                {200: _json("The figures", figures)},
                (400, 401, 403, 404, 413, 415, 422),
                body=_ref("AggregateRequest"),
                tags=tags,
            )
        },
    )


def _query_schema(object_: Object) -> Json:
    sortable = [f.api for f in object_.fields.values() if f.type.sortable]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "where": {"anyOf": [_ref("Condition"), {"type": "null"}]},
            "sort": {
                "type": ["array", "null"],
                "maxItems": 5,
                "items": {"type": "string", "examples": sortable},
            },
            "fields": {
                "type": ["array", "null"],
                "maxItems": 100,
                "items": {"type": "string", "examples": list(object_.fields)},
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_LIMIT,
                "default": DEFAULT_LIMIT,
            },
            "cursor": {"type": ["string", "null"], "maxLength": 4000},
        },
    }


def _answer_schema(object_: Object) -> Json:
    properties: Json = {"id": _ID, "version": {"type": "integer", "minimum": 1}}
    for field in object_.fields.values():
        if field.api not in properties:
            properties[field.api] = _titled(field, _answered(field))
    return {
        "type": "object",
        "title": label_text(object_.label),
        "properties": properties,
        "required": list(properties),
    }


def _request_schema(object_: Object, *, new: bool) -> Json:
    fields = [f for f in object_.data_fields() if not f.read_only and f.type.name != AUTONUMBER]
    schema: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {f.api: _titled(f, _asked(f)) for f in fields},
    }
    if object_.master is None:
        schema["properties"]["owner"] = _LINK_REQUEST
    required = [f.api for f in fields if f.required and f.default is None]
    if new and required:
        schema["required"] = required
    return schema


def _titled(field: Field, schema: Json) -> Json:
    return {"title": label_text(field.label), **schema}


def _answered(field: Field) -> Json:
    if field.to is not None:
        return _LINK_ANSWER
    return {"anyOf": [field.type.json_schema(field), {"type": "null"}]}


def _asked(field: Field) -> Json:
    schema = _LINK_REQUEST if field.to is not None else field.type.json_schema(field)
    return schema if field.required else {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _path_id() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": _ID}


def _operation(
    summary: str,
    answers: dict[int, Json],
    problems: tuple[int, ...],
    *,
    body: Json | None = None,
    **more: Any,
) -> Json:
    responses: Json = {str(status): answer for status, answer in answers.items()}
    for status in problems:
        responses[str(status)] = {
            "description": _PROBLEMS[status],
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
    operation: Json = {"summary": summary, "responses": responses, **more}
    if body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return operation
