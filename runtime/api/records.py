"""Records: create, read, change, delete."""

from __future__ import annotations

import re

from flask import Response, request

from kernel.errors import Malformed, Stale
from kernel.i18n import lazy
from kernel.web.routes import SIGNED_IN, route
from runtime import records
from runtime.api.blueprint import answer, api
from runtime.records.record import Record
from runtime.web import json_body, parse_id, request_scope

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


@route(api, "/records/<object>", methods=["POST"], needs=SIGNED_IN)
def create_record(object: str) -> Response:
    """Create a record."""
    values = json_body()
    record = records.create(request_scope(), object, values)
    location = f"/api/v1/records/{record.object.api}/{record.id}"
    return answer(record.as_json(), 201, {"ETag": record.etag(), "Location": location})


@route(api, "/records/<object>/<id>", needs=SIGNED_IN)
def read_record(object: str, id: str) -> Response:
    """Read a record.

    Its entity tag guards writes. It cannot spare a reading: names of other records and fields
    that were added since are part of the answer, too.
    """
    return _shown(records.get(request_scope(), object, parse_id(id)))


@route(api, "/records/<object>/<id>", methods=["PATCH"], needs=SIGNED_IN)
def change_record(object: str, id: str) -> Response:
    """Change the given fields; with `If-Match` only if nobody else has changed it.

    Who gave the record away and sees it no longer gets a 204.
    """
    values = json_body()
    record = records.update(request_scope(), object, parse_id(id), values, expected_version())
    return Response(status=204) if record is None else _shown(record)


@route(api, "/records/<object>/<id>", methods=["DELETE"], needs=SIGNED_IN)
def delete_record(object: str, id: str) -> Response:
    """Delete a record and its details."""
    records.delete(request_scope(), object, parse_id(id), expected_version())
    return Response(status=204)


def _shown(record: Record) -> Response:
    return answer(record.as_json(), 200, {"ETag": record.etag()})


def expected_version() -> int | None:
    """The version in `If-Match`; None when the header is absent or `*`."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        if re.fullmatch(r'(?:W/)?"[^"]*"', header.strip()):
            raise Stale()  # a well-formed tag that no record ever had
        raise Malformed(lazy('If-Match must be an entity tag such as "3".'))
    return int(match[1])
