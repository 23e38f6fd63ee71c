"""What the descriptions of operations in `openapi.json` are made of.

A package above that adds routes to the API describes them: `@describes` registers a function
that adds its paths for the tenant and the caller of a scope.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from apispec import APISpec

from runtime.scope import RecordScope

Json = dict[str, Any]
Part = Callable[[APISpec, RecordScope], None]

ID: Json = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
_PROBLEMS = {
    400: "Malformed",
    401: "Not signed in",
    403: "Not allowed",
    404: "Absent or invisible",
    409: "Conflict",
    412: "Changed by somebody else",
    413: "Too large",
    415: "Not a content type that is read here",
    422: "Invalid values",
    429: "Too many requests",
    503: "Not available now",
}
_EVERYWHERE = (400, 401, 403, 404, 503)
_WITH_BODY = (413, 415, 422)

_parts: list[Part] = []


def describes(part: Part) -> Part:
    """Let `part(spec, scope)` add to the description of every tenant's API."""
    _parts.append(part)
    return part


def describe_parts(spec: APISpec, scope: RecordScope) -> None:
    """Add all registered parts."""
    for part in _parts:
        part(spec, scope)


def ref(name: str) -> Json:
    """A schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_answer(description: str, schema: Json, **more: Any) -> Json:
    """An answer in JSON; `more` are headers and links."""
    content = {"application/json": {"schema": schema}}
    return {"description": description, "content": content, **more}


def empty_answer(description: str) -> Json:
    """An answer without a body."""
    return {"description": description}


def json_body(schema: Json) -> Json:
    """A request body in JSON."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def parameter(place: str, name: str, schema: Json, description: str = "") -> Json:
    """A parameter in the path (required), the query or a header."""
    made: Json = {"name": name, "in": place, "required": place == "path", "schema": schema}
    return made | ({"description": description} if description else {})


def path_id() -> Json:
    """The id in the path."""
    return parameter("path", "id", ID)


def operation(
    summary: str,
    answers: dict[int, Json],
    *,
    problems: Sequence[int] = (),
    body: Json | None = None,
    **more: Any,
) -> Json:
    """An operation. `problems` are the error statuses beyond those that any call, or any call
    with a body, may be answered with."""
    responses: Json = {str(status): answer for status, answer in answers.items()}
    for status in sorted({*_EVERYWHERE, *(_WITH_BODY if body else ()), *problems}):
        responses[str(status)] = {
            "description": _PROBLEMS[status],
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    described: Json = {"summary": summary, "responses": responses, **more}
    if body is not None:
        described["requestBody"] = body
    return described
