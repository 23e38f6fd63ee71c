"""What pages and the API share: the record scope of a request, its body, ids in addresses."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import orjson
from flask import g, request

from kernel.errors import Malformed, NotFound, UnsupportedMedia
from kernel.i18n import lazy
from kernel.web.gate import current_scope, current_tenant
from metadata.fieldtypes.lookup import MAX_ID
from runtime.scope import RecordScope, record_scope


def request_scope() -> RecordScope:
    """The scope of the request that is served now, with the tenant's metadata."""
    if "record_scope" not in g:
        g.record_scope = record_scope(current_scope(), current_tenant().metadata_version)
    scope = g.record_scope
    assert isinstance(scope, RecordScope)
    return scope


def parse_id(text: str) -> int:
    """The id in an address; anything that cannot be one does not exist."""
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 20):
        raise NotFound()
    number = int(text)
    if not 0 < number <= MAX_ID:
        raise NotFound()
    return number


def json_body() -> dict[str, Any]:
    """The JSON object that was sent; raises `Malformed` or `UnsupportedMedia`.

    A number that a float cannot hold is a `Decimal`, so that no digit is lost.
    """
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMedia(lazy("Send JSON with the content type application/json."))
    body = _read_json(request.get_data())
    if not isinstance(body, dict):
        raise Malformed(lazy("The body must be a JSON object."))
    return body


def _read_json(text: bytes) -> Any:
    """The document. orjson is strict about form (UTF-8, NaN, lone surrogates, depth), the
    standard library exact about numbers, and it shows names that stand twice."""
    try:
        orjson.loads(text)
        return json.loads(text, parse_float=_number, object_pairs_hook=_members)
    except orjson.JSONDecodeError as error:
        reason = str(error)[:200]
        raise Malformed(lazy("The body is not valid JSON: %(why)s", why=reason)) from error
    except (RecursionError, ArithmeticError) as error:
        raise Malformed(lazy("The body is nested too deep, or a number is too long.")) from error


def _number(text: str) -> float | Decimal:
    near, exact = float(text), Decimal(text)
    return near if Decimal(repr(near)) == exact else exact


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = Counter(name for name, _value in pairs).most_common(1)[0][0]
        raise Malformed(lazy("“%(name)s” stands twice in one JSON object.", name=twice[:80]))
    return members
