"""`openapi.json` of a tenant: its objects, its fields, its choices (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from kernel.i18n import label_text
from metadata.schema import Object
from runtime import access
from runtime.api import fieldschemas, schemas
from runtime.api.description import (
    Json,
    describe_parts,
    describes,
    empty_answer,
    json_answer,
    json_body,
    operation,
    parameter,
    path_id,
    ref,
)
from runtime.scope import RecordScope
from runtime.transfer.bulk import MODES

BASE = "/api/v1"

_ETAG: Json = {"schema": {"type": "string"}, "description": "The version of the record."}
_LOCATION: Json = {"schema": {"type": "string"}, "description": "Where it is found."}
_IF_MATCH = parameter(
    "header",
    "If-Match",
    {"type": "string"},
    "The entity tag that was read; when somebody has changed the record since, the answer is 412.",
)


def describe_tenant(scope: RecordScope) -> Json:
    """The description, with what the caller may see."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="Banyan",
        version=f"1.0.{scope.schema.version}",
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": "Records of this tenant. Errors are problem documents (RFC 9457)."},
        security=[{"token": []}, {"session": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    session: Json = {"type": "apiKey", "in": "cookie", "name": "__Host-session"}
    spec.components.security_scheme("session", session)
    for name, schema in _COMPONENTS.items():
        spec.components.schema(name, schema=schema)
    describe_parts(spec, scope)
    shapes = _Shapes(plugin)
    for object_ in scope.schema.objects.values():
        _describe_records(spec, scope, object_)
        _describe_queries(spec, object_, shapes)
        _describe_bulk(spec, object_)
    return spec.to_dict()


_COMPONENTS: dict[str, type[Schema]] = {
    "Problem": schemas.ProblemAnswer,
    "Job": schemas.JobAnswer,
    "JobStarted": schemas.JobStarted,
    "TokenRequest": schemas.TokenRequest,
    "Token": schemas.TokenAnswer,
    "Objects": schemas.ObjectsAnswer,
    "Object": schemas.ObjectAnswer,
}


class _Shapes:
    """The marshmallow schemas of requests that are narrowed for each object, as JSON Schemas."""

    def __init__(self, plugin: MarshmallowPlugin) -> None:
        self._converter: Any = plugin.converter
        self.query = self._shape(schemas.QueryRequest)
        self.aggregate = self._shape(schemas.AggregateRequest)
        self.grouping = self._shape(schemas.GroupingRequest)
        self.measure = self._shape(schemas.MeasureRequest)

    def _shape(self, schema: type[Schema]) -> Json:
        return dict(self._converter.schema2jsonschema(schema()))


@describes
def _describe_tokens(spec: APISpec, _scope: RecordScope) -> None:
    post = operation(
        "Get a token",
        {201: json_answer("The token, which is shown only now", ref("Token"))},
        problems=(429,),
        body=json_body(ref("TokenRequest")),
        security=[],
    )
    spec.path(f"{BASE}/tokens", operations={"post": post})


@describes
def _describe_jobs(spec: APISpec, _scope: RecordScope) -> None:
    path = f"{BASE}/jobs/{{id}}"
    operations = {
        "get": operation("Read the progress of a job", {200: json_answer("The job", ref("Job"))}),
        "delete": operation("Cancel a job", {204: empty_answer("It was asked to stop")}),
    }
    spec.path(path, parameters=[path_id()], operations=operations)
    text: Json = {"text/csv": {"schema": {"type": "string"}}}
    file = {"description": "Each row with what became of it", "content": text}
    results = operation("Download the results of a job", {200: file})
    spec.path(f"{path}/results", parameters=[path_id()], operations={"get": results})


@describes
def _describe_objects(spec: APISpec, scope: RecordScope) -> None:
    everything = operation("List the objects", {200: json_answer("The objects", ref("Objects"))})
    spec.path(f"{BASE}/objects", operations={"get": everything})
    one = operation("Describe an object", {200: json_answer("The object", ref("Object"))})
    name = parameter("path", "object", {"type": "string", "enum": list(scope.schema.objects)})
    spec.path(f"{BASE}/objects/{{object}}", parameters=[name], operations={"get": one})
    self = operation("Describe this API", {200: json_answer("This", {"type": "object"})})
    spec.path(f"{BASE}/openapi.json", operations={"get": self})


def _describe_records(spec: APISpec, scope: RecordScope, object_: Object) -> None:
    api = object_.api
    spec.components.schema(api, fieldschemas.record_answer(object_))
    spec.components.schema(f"{api}.create", fieldschemas.record_request(object_, new=True))
    spec.components.schema(f"{api}.change", fieldschemas.record_request(object_, new=False))
    path = f"{BASE}/records/{api}"
    shown = json_answer(label_text(object_.label), ref(api), headers={"ETag": _ETAG})
    if access.may_create(scope, object_):
        headers = {"ETag": _ETAG, "Location": _LOCATION}
        made = shown | {"headers": headers, "links": _links(api)}
        create = operation(
            f"Create a record: {label_text(object_.label)}",
            {201: made},
            body=json_body(ref(f"{api}.create")),
            operationId=f"create.{api}",
            tags=[api],
        )
        spec.path(path, operations={"post": create})
    spec.path(
        f"{path}/{{id}}",
        parameters=[path_id()],
        operations={
            "get": operation(
                "Read a record",
                {200: shown},
                operationId=f"read.{api}",
                tags=[api],
            ),
            "patch": operation(
                "Change the given fields of a record",
                {
                    200: shown,
                    204: empty_answer("Changed, and now out of the caller's sight"),
                },
                problems=(409, 412),
                body=json_body(ref(f"{api}.change")),
                operationId=f"change.{api}",
                parameters=[_IF_MATCH],
                tags=[api],
            ),
            "delete": operation(
                "Delete a record and its details",
                {204: empty_answer("Deleted")},
                problems=(409, 412),
                operationId=f"delete.{api}",
                parameters=[_IF_MATCH],
                tags=[api],
            ),
        },
    )


def _links(api: str) -> Json:
    """What can be done next with a record that was just made."""
    return {
        verb: {"operationId": f"{verb}.{api}", "parameters": {"id": "$response.body#/id"}}
        for verb in ("read", "change", "delete")
    }


def _describe_queries(spec: APISpec, object_: Object, shapes: _Shapes) -> None:
    api = object_.api
    spec.components.schema(f"{api}.condition", fieldschemas.condition(object_))
    query = operation(
        f"List records: {label_text(object_.label)}",
        {200: json_answer("A page", fieldschemas.page_answer(object_))},
        body=json_body(fieldschemas.narrow_query(shapes.query, object_)),
        tags=[api],
    )
    spec.path(f"{BASE}/query/{api}", operations={"post": query})
    request = fieldschemas.narrow_aggregate(
        shapes.aggregate, shapes.grouping, shapes.measure, object_
    )
    aggregate = operation(
        f"Figures over records: {label_text(object_.label)}",
        {200: json_answer("The figures", fieldschemas.figures_answer())},
        body=json_body(request),
        tags=[api],
    )
    spec.path(f"{BASE}/aggregate/{api}", operations={"post": aggregate})


def _describe_bulk(spec: APISpec, object_: Object) -> None:
    text: Json = {"schema": {"type": "string"}}
    start = operation(
        f"Insert, update or upsert many records: {label_text(object_.label)}",
        {202: json_answer("The job", ref("JobStarted"), headers={"Location": _LOCATION})},
        body={
            "description": "A header of field names (`lookup.field` finds a lookup by that "
            "field) and rows, or a JSON object a line.",
            "required": True,
            "content": {"text/csv": text, "application/x-ndjson": text},
        },
        parameters=[
            parameter("query", "mode", {"enum": list(MODES), "default": "insert"}),
            parameter(
                "query",
                "match",
                {"enum": [f.api for f in object_.fields.values()]},
                "The field by which records are found; update and upsert need it.",
            ),
        ],
        tags=[object_.api],
    )
    spec.path(f"{BASE}/bulk/{object_.api}", operations={"post": start})
