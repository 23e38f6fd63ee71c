"""The connection pool."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event

APP_ROLE = "banyan_app"
"""The role that all tenant work runs as: neither owner nor BYPASSRLS."""


_OPTIONS = "-c timezone=UTC -c plan_cache_mode=force_custom_plan -c jit=off"
# Milliseconds. No request and no step of a job needs as long; what does is stopped rather than
# keeping others waiting. Migrations, which act as the owner, take the time they need.
_LIMITS = (
    "-c statement_timeout=120000 -c lock_timeout=30000 "
    "-c idle_in_transaction_session_timeout=300000"
)


def dump_json(value: Any) -> str:
    """JSON for a jsonb column."""
    return orjson.dumps(value).decode()


def make_engine(url: str, *, pool_size: int = 10, role: str | None = APP_ROLE) -> Engine:
    """A pool of connections to PostgreSQL that act as `role` (None: as the owner, to migrate).

    Plans are made for the values at hand: a generic plan ignores how uneven tenants are.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_recycle=1800,
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
        connect_args={
            "options": _OPTIONS if role is None else f"{_OPTIONS} {_LIMITS}",
            "application_name": "banyan",
            "connect_timeout": 5,
        },
    )
    if role is not None:

        @event.listens_for(engine, "connect")
        def take_role(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f'SET ROLE "{role}"')
            connection.commit()

    return engine
