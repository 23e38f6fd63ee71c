"""Definitions over the API: the caller's draft, publishing it, and the way back.

`PUT` and `DELETE` change the draft of the administrator whose token it is; nobody else sees it
until it is published. A field is named with its object (`account.phone`), layouts and list views
likewise.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request
from marshmallow import fields, validate

from builder.placing import place, take_away
from kernel.errors import NotFound
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.kinds import KINDS
from runtime.api import schemas
from runtime.api.blueprint import answer
from runtime.web import json_body

api = Blueprint("metadata_api", __name__, url_prefix="/api/v1/metadata")

_KIND = f"any({','.join(KINDS)})"
"""The converter of a kind in an address: what is none is not found."""


class PublishRequest(schemas.RequestSchema):
    """What a publication is for."""

    message = fields.String(validate=validate.Length(max=500))


class RevertRequest(schemas.RequestSchema):
    """The version to go back to, the one before the present when absent, and why."""

    version = schemas.WholeNumber(strict=True, validate=validate.Range(0))
    message = fields.String(validate=validate.Length(max=500))


def _optional_body() -> dict[str, Any]:
    return json_body() if request.get_data() else {}


def _document() -> dict[str, Any]:
    """The body; a number with more digits than a float holds becomes the text of it."""
    body: dict[str, Any] = json.loads(json.dumps(json_body(), default=str))
    return body


@route(api, f"/<{_KIND}:kind>", needs=ADMIN)
def list_documents(kind: str) -> Response:
    """The documents of a kind as the draft has them; `?object=` keeps to one object."""
    entries = store.list_documents(current_scope(), kind, request.args.get("object"))
    documents = [
        {"kind": e.kind, "api": e.api, "id": e.id, "state": e.state, "body": e.body}
        for e in entries
    ]
    return answer({"documents": documents})


@route(api, f"/<{_KIND}:kind>/<api>", needs=ADMIN)
def read_document(kind: str, api: str) -> Response:
    """A document as the draft has it, in the form in which `PUT` takes it."""
    return answer(store.get_document(current_scope(), kind, api))


@route(api, f"/<{_KIND}:kind>/<api>", methods=["PUT"], needs=ADMIN, writes=False)
def put_document(kind: str, api: str) -> Response:
    """Add a document to the draft, or change it there; another `api` in the body renames it.

    A new field is put on the layouts and in the first list of its object, as set-up does;
    `?place=no` leaves it off.
    """
    scope, body = current_scope(), _document()
    try:
        store.get_document(scope, kind, api)
        status = 200
    except NotFound:
        status = 201
    document = store.put_document(scope, kind, api, body)
    if status == 201 and kind == "field" and request.args.get("place") != "no":
        place(scope, *document["api"].split(".", 1))
    return answer(document, status)


@route(api, f"/<{_KIND}:kind>/<api>", methods=["DELETE"], needs=ADMIN, writes=False)
def delete_document(kind: str, api: str) -> Response:
    """Delete a document in the draft; a field leaves its object's layouts and lists first."""
    scope = current_scope()
    if kind == "field" and "." in api:
        take_away(scope, *api.split(".", 1))
    store.delete_document(scope, kind, api)
    return Response(status=204)


@route(api, "/diff", needs=ADMIN)
def read_diff() -> Response:
    """The changes of the draft, and what keeps it from being published."""
    scope = current_scope()
    faults = [
        {"document": f.document, "path": f.path, "code": f.code, "reason": str(f.reason)}
        for f in store.problems(scope)
    ]
    changes = [change.as_json() for change in store.diff(scope)]
    return answer({"changes": changes, "problems": faults})


@route(api, "/draft", methods=["DELETE"], needs=ADMIN, writes=False)
def discard_draft() -> Response:
    """Drop all changes of the draft."""
    store.discard(current_scope())
    return Response(status=204)


@route(api, f"/draft/<{_KIND}:kind>/<api>", methods=["DELETE"], needs=ADMIN, writes=False)
def discard_change(kind: str, api: str) -> Response:
    """Drop the draft's change of one document."""
    store.discard(current_scope(), kind, api)
    return Response(status=204)


@route(api, "/publish", methods=["POST"], needs=ADMIN, writes=False)
def publish() -> Response:
    """Publish the draft; everybody has it with their next request."""
    given = schemas.load(PublishRequest(), _optional_body())
    return answer({"version": store.publish(current_scope(), given.get("message", ""))})


@route(api, "/revert", methods=["POST"], needs=ADMIN, writes=False)
def revert() -> Response:
    """Make all definitions what they were at a version, as a new version."""
    scope, given = current_scope(), schemas.load(RevertRequest(), _optional_body())
    version = store.revert(scope, given.get("version"), given.get("message", ""))
    return answer({"version": version})


@route(api, "/history", needs=ADMIN)
def read_history() -> Response:
    """The versions, newest first."""
    versions = [
        {
            "version": commit.version,
            "author": commit.author,
            "message": commit.message,
            "created_at": commit.created_at.isoformat().replace("+00:00", "Z"),
        }
        for commit in store.history(current_scope())
    ]
    return answer({"versions": versions})
