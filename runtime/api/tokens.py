"""Tokens for programs."""

from __future__ import annotations

from flask import Response, request

from kernel.web.gate import current_scope
from kernel.web.routes import PUBLIC, route
from kernel.web.services import current_services
from runtime.api.blueprint import answer, api
from runtime.api.schemas import TOKEN, load
from runtime.web import json_body
from tenants import tokens


@route(api, "/tokens", methods=["POST"], needs=PUBLIC)
def create_token() -> Response:
    """A token for the person whose password is given."""
    asked = load(TOKEN, json_body())
    address = request.remote_addr or ""
    limits = current_services().rate_limits
    token = tokens.issue(current_scope(), limits, asked["email"], asked["password"], address)
    return answer({"token": token}, 201, {"Cache-Control": "no-store"})
