"""The floor's web application: one view function for each operation.

Each request is one transaction: session check by cookie, then the work, limited to the records
of the user who asks. Answers have the shape of the product's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import Flask, Response, abort, request
from sqlalchemy import Connection, text

from benchmarks.deals import INDUSTRIES as INDUSTRY_CODES
from benchmarks.deals import PRIORITIES, REGIONS, SOURCES, STAGES, TAGS
from benchmarks.floor import queries
from kernel.db.engine import make_engine

COOKIE = "session"

_CHOICES = {
    "stage": STAGES,
    "source": SOURCES,
    "industry": INDUSTRY_CODES,
    "region": REGIONS,
    "priority": PRIORITIES,
}
_DECIMALS = {"amount", "cost", "discount", "probability", "score"}
_DATES = {"close_date", "start_date"}
_TEXTS = {"name": 255, "code": 255, "description": 32_000, "email": 254, "phone": 40,
          "website": 500}  # fmt: skip


def make_app() -> Flask:
    """The application on the database of `DATABASE_URL`."""
    app = Flask(__name__)
    engine = make_engine(os.environ["DATABASE_URL"], role=None)
    tenants: dict[str, int] = {}

    def tenant_of(connection: Connection, host: str) -> int:
        if host not in tenants:
            found = connection.execute(
                text("SELECT tenant_id FROM floor_host WHERE host = :host"), {"host": host}
            ).scalar()
            tenants[host] = int(found) if found is not None else abort(404)
        return tenants[host]

    def signed_in(work: Callable[[Connection, int, int], Any], status: int = 200) -> Response:
        with engine.begin() as connection:
            tenant_id = tenant_of(connection, request.host.split(":")[0])
            token_hash = hashlib.sha256(request.cookies.get(COOKIE, "").encode()).digest()
            user = queries.find_session(connection, tenant_id, token_hash)
            if user is None:
                abort(401)
            answer = work(connection, tenant_id, user.id)
            if answer is None:
                abort(404)
        return Response(orjson.dumps(answer), status, mimetype="application/json")

    @app.get("/records/<int:record_id>")
    def read(record_id: int) -> Response:
        return signed_in(lambda c, tenant, user: queries.get(c, tenant, user, record_id))

    @app.post("/records")
    def create() -> Response:
        values = _checked(orjson.loads(request.get_data()))
        for required in ("name", "code", "amount", "stage", "account_id"):
            if values.get(required) is None:
                abort(422)
        return signed_in(lambda c, tenant, user: queries.create(c, tenant, user, values), 201)

    @app.patch("/records/<int:record_id>")
    def update(record_id: int) -> Response:
        ((name, value),) = _checked(orjson.loads(request.get_data())).items()
        return signed_in(
            lambda c, tenant, user: queries.update(
                c, tenant, user, record_id, None, name, value, user
            )
        )

    @app.get("/records")
    def by_stage() -> Response:
        arguments = request.args
        stage = _choice("stage", arguments["stage"])
        low, high = Decimal(arguments["low"]), Decimal(arguments["high"])
        return signed_in(
            lambda c, tenant, user: queries.by_stage(c, tenant, user, stage, low, high)
        )

    @app.get("/accounts/<int:account>/records")
    def by_account(account: int) -> Response:
        return signed_in(lambda c, tenant, user: queries.by_account(c, tenant, user, account))

    @app.get("/totals")
    def totals() -> Response:
        return signed_in(queries.by_stage_totals)

    return app


def _checked(given: Any) -> dict[str, Any]:
    """Values by column, or 422."""
    try:
        return {_column(name): _value(name, value) for name, value in given.items()}
    except (ValueError, TypeError, ArithmeticError, AttributeError):
        abort(422)


def _column(name: str) -> str:
    return f"{name}_id" if name in ("account", "partner") else name


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _TEXTS:
        return _text(name, value)
    if name in _DECIMALS:
        return Decimal(value)
    if name in _DATES:
        return date.fromisoformat(value)
    if name in _CHOICES:
        return _choice(name, value)
    match name:
        case "quantity" | "account" | "partner":
            return int(value)
        case "next_contact":
            return datetime.fromisoformat(value)
        case "tags" if set(value) <= set(TAGS):
            return value
        case "active" | "renewed" if isinstance(value, bool):
            return value
    raise ValueError(name)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _TEXTS[name]:
        raise ValueError(name)
    return value


def _choice(name: str, value: str) -> str:
    if value not in _CHOICES[name]:
        abort(422)
    return value
