"""The part of `openapi.json` about definitions, for administrators."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

from builder.api import PublishRequest, RevertRequest
from metadata.kinds import KINDS
from runtime.api.description import (
    Json,
    describes,
    empty_answer,
    json_answer,
    json_body,
    operation,
    parameter,
    ref,
)
from runtime.scope import RecordScope

BASE = "/api/v1/metadata"
_TAGS = ["metadata"]
_DOCUMENT: Json = {
    "type": "object",
    "description": "A document; its kind decides which keys it has.",
    "properties": {
        "kind": {"type": "string", "enum": list(KINDS)},
        "id": {"type": "string"},
        "api": {"type": "string"},
    },
    "required": ["kind", "id", "api"],
}
_CHANGE: Json = {
    "type": "object",
    "properties": {
        "kind": {"type": "string"},
        "api": {"type": "string"},
        "action": {"type": "string", "enum": ["added", "changed", "deleted"]},
        "lines": {"type": "array", "items": {"type": "string"}},
        "before": {"type": ["object", "null"]},
        "after": {"type": ["object", "null"]},
        "conflict": {"type": "boolean"},
    },
    "required": ["kind", "api", "action", "lines", "before", "after", "conflict"],
}
_PROBLEM: Json = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("document", "path", "code", "reason")},
    "required": ["document", "path", "code", "reason"],
}
_VERSION: Json = {
    "type": "object",
    "properties": {
        "version": {"type": "integer"},
        "author": {"type": "string"},
        "message": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
    },
    "required": ["version", "author", "message", "created_at"],
}
_NEW_VERSION: Json = {
    "type": "object",
    "properties": {"version": {"type": "integer", "minimum": 0}},
    "required": ["version"],
}


def _list_of(name: str, items: Json) -> Json:
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": items}},
        "required": [name],
    }


def _listed() -> Json:
    return {
        "type": "object",
        "properties": {
            **_DOCUMENT["properties"],
            "state": {"type": "string", "enum": ["published", "new", "changed", "built_in"]},
            "body": ref("Document"),
        },
        "required": ["kind", "api", "id", "state", "body"],
    }


@describes
def describe_metadata(spec: APISpec, scope: RecordScope) -> None:
    """Add the addresses of definitions, for administrators alone."""
    if not scope.actor.is_admin:
        return
    spec.components.schema("Document", _DOCUMENT)
    spec.components.schema("PublishRequest", schema=PublishRequest)
    spec.components.schema("RevertRequest", schema=RevertRequest)
    _describe_documents(spec)
    _describe_draft(spec)
    _describe_versions(spec)


def _path(spec: APISpec, path: str, parameters: list[Json], **operations: Any) -> None:
    spec.path(f"{BASE}{path}", parameters=parameters, operations=operations)


def _kind() -> Json:
    return parameter("path", "kind", {"type": "string", "enum": list(KINDS)})


def _name() -> Json:
    pattern = "^[a-z][a-z0-9_]{0,62}(\\.[a-z][a-z0-9_]{0,62})?$"
    told = "The api name; fields, layouts and views begin with their object: account.phone"
    return parameter("path", "api", {"type": "string", "pattern": pattern}, told)


def _describe_documents(spec: APISpec) -> None:
    shown = json_answer("The document", ref("Document"))
    _path(
        spec,
        "/{kind}",
        [_kind(), parameter("query", "object", {"type": "string"}, "Keep to one object")],
        get=operation(
            "List the documents of a kind",
            {200: json_answer("The documents", _list_of("documents", _listed()))},
            tags=_TAGS,
        ),
    )
    _path(
        spec,
        "/{kind}/{api}",
        [_kind(), _name()],
        get=operation("Read a document as your draft has it", {200: shown}, tags=_TAGS),
        put=operation(
            "Write a document into your draft",
            {200: shown, 201: json_answer("The new document", ref("Document"))},
            body=json_body({"type": "object"}),
            tags=_TAGS,
        ),
        delete=operation(
            "Delete a document in your draft",
            {204: empty_answer("Deleted")},
            problems=(409,),
            tags=_TAGS,
        ),
    )


def _describe_draft(spec: APISpec) -> None:
    difference: Json = {
        "type": "object",
        "properties": {
            "changes": {"type": "array", "items": _CHANGE},
            "problems": {"type": "array", "items": _PROBLEM},
        },
        "required": ["changes", "problems"],
    }
    _path(
        spec,
        "/diff",
        [],
        get=operation(
            "Read the changes of your draft",
            {200: json_answer("The changes", difference)},
            tags=_TAGS,
        ),
    )
    discard = {204: empty_answer("Discarded")}
    _path(spec, "/draft", [], delete=operation("Discard your draft", discard, tags=_TAGS))
    _path(
        spec,
        "/draft/{kind}/{api}",
        [_kind(), _name()],
        delete=operation("Discard your change of a document", discard, tags=_TAGS),
    )


def _describe_versions(spec: APISpec) -> None:
    made = {200: json_answer("The new version", _NEW_VERSION)}
    body = json_body(ref("PublishRequest"))
    _path(
        spec,
        "/publish",
        [],
        post=operation(
            "Publish your draft",
            made,
            problems=(409,),
            body={**body, "required": False},
            tags=_TAGS,
        ),
    )
    _path(
        spec,
        "/revert",
        [],
        post=operation(
            "Go back to a version",
            made,
            problems=(409,),
            body={**json_body(ref("RevertRequest")), "required": False},
            tags=_TAGS,
        ),
    )
    _path(
        spec,
        "/history",
        [],
        get=operation(
            "List the versions",
            {200: json_answer("The versions", _list_of("versions", _VERSION))},
            tags=_TAGS,
        ),
    )
