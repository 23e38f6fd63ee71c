"""What pages and the API share: the record scope of a request, its body, ids in addresses."""

from __future__ import annotations

from typing import Any

import orjson
from flask import g, request

from kernel.errors import Malformed, NotFound, UnsupportedMedia
from kernel.i18n import lazy
from kernel.web.gate import current_scope, current_tenant
from runtime.scope import RecordScope, record_scope

MAX_ID = 2**63 - 1


def request_scope() -> RecordScope:
    """The scope of the request that is served now, with the tenant's metadata."""
    if "record_scope" not in g:
        g.record_scope = record_scope(current_scope(), current_tenant().metadata_version)
    scope = g.record_scope
    assert isinstance(scope, RecordScope)
    return scope


def record_id(text: str) -> int:
    """The id in an address; anything that cannot be one does not exist."""
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 20):
        raise NotFound()
    number = int(text)
    if not 0 < number <= MAX_ID:
        raise NotFound()
    return number


def json_body() -> dict[str, Any]:
    """The JSON object that was sent; raises `Malformed` or `UnsupportedMedia`."""
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMedia(lazy("Send JSON with the content type application/json."))
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        reason = str(error)[:200]
        raise Malformed(lazy("The body is not valid JSON: %(why)s", why=reason)) from error
    if not isinstance(body, dict):
        raise Malformed(lazy("The body must be a JSON object."))
    return body
