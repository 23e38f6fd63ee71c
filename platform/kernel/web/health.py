"""Whether the process lives (`/healthz`) and can serve (`/readyz`)."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from kernel import migrations
from kernel.web.routes import ANYWHERE, route
from kernel.web.services import Services, current_services

blueprint = Blueprint("health", __name__)


@route(blueprint, "/healthz", needs=ANYWHERE)
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@route(blueprint, "/readyz", needs=ANYWHERE)
def readyz() -> ResponseReturnValue:
    """What the service stands on.

    Without Redis nobody can sign in and jobs wait, but signed-in people work on: the state is
    "degraded" and the node stays in service.
    """
    services = current_services()
    parts = {"database": _database(services), "redis": _redis(services)}
    if parts["database"] != "ok":
        return jsonify(status="unavailable", parts=parts), 503
    return jsonify(status="ok" if parts["redis"] == "ok" else "degraded", parts=parts)


def _database(services: Services) -> str:
    try:
        revision = migrations.current(services.database.engine)
    except SQLAlchemyError:
        return "unreachable"
    return "ok" if revision == migrations.head() else "wrong schema version"


def _redis(services: Services) -> str:
    try:
        services.redis.ping()
    except RedisError:
        return "unreachable"
    return "ok"
