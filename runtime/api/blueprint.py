"""The blueprint of the API and the shape of its answers."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response

api = Blueprint("api", __name__, url_prefix="/api/v1")


def answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(
        orjson.dumps(document), status, headers=headers, content_type="application/json"
    )
