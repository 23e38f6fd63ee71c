"""Promises: what must happen because of a transaction, and only if it was committed.

`promise` writes a row in the transaction itself. After the commit a worker is woken to keep it;
should that call be lost, the scheduler finds the row. A handler may run more than once for one
promise (a worker can die between the deed and the note of it), so it is idempotent by its key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from kernel import attention
from kernel.db.base import Base, TenantRow
from kernel.logging import get_logger
from kernel.scope import Scope
from kernel.web.services import Services, current_services

log = get_logger(__name__)

MAX_ATTEMPTS = 10
KEEP_KEPT = timedelta(days=7)
_FIRST_DELAY = timedelta(seconds=15)
_LONGEST_DELAY = timedelta(hours=1)
_LONGEST_ERROR = 500

Handler = Callable[[Scope, dict[str, Any], str], None]
_handlers: dict[str, Handler] = {}


class OutboxRow(TenantRow, Base):
    """A promise; `done_at` says that it was kept."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that keeps the promises of a topic: `(scope, payload, key)`."""

    def register(function: Handler) -> Handler:
        if _handlers.setdefault(topic, function) is not function:
            raise ValueError(f"topic {topic!r} has a handler already")
        return function

    return register


def promise(scope: Scope, topic: str, payload: dict[str, Any], key: str) -> None:
    """Have the topic's handler run once this transaction is committed.

    A second promise with the same topic and key is the same promise.
    """
    if topic not in _handlers:
        raise ValueError(f"topic {topic!r} has no handler")
    now = scope.unit.clock.now()
    scope.unit.session.execute(
        insert(OutboxRow)
        .values(
            tenant_id=scope.tenant_id,
            id=scope.unit.new_id(),
            topic=topic,
            key=key,
            payload=payload,
            attempts=0,
            due_at=now,
        )
        .on_conflict_do_nothing()
    )
    tenant_id = scope.tenant_id
    scope.unit.after_commit(lambda: wake(current_services(), tenant_id))


def wake(services: Services, tenant_id: int) -> None:
    """Have a worker keep the promises of a tenant that are due."""
    attention.ask(services, tenant_id, timedelta(minutes=1))
    services.queue("default").enqueue_call(
        "kernel.outbox.perform", args=[tenant_id], result_ttl=0, failure_ttl=3600, timeout=600
    )


def perform(tenant_id: int) -> None:
    """What a worker runs: keep what is due."""
    deliver(current_services(), tenant_id)


def deliver(services: Services, tenant_id: int) -> int:
    """Keep all promises of a tenant that are due now; returns how many were kept."""
    kept = 0
    while (outcome := _deliver_next(services, tenant_id)) is not None:
        kept += outcome
    return kept


def _deliver_next(services: Services, tenant_id: int) -> bool | None:
    """Keep one promise: whether it went well, or None when none is due."""
    row: OutboxRow | None = None
    try:
        with services.database.scope(tenant_id) as scope:
            row = scope.unit.session.scalars(
                select(OutboxRow)
                .where(
                    OutboxRow.done_at.is_(None),
                    OutboxRow.due_at <= services.clock.now(),
                    OutboxRow.attempts < MAX_ATTEMPTS,
                )
                .order_by(OutboxRow.due_at, OutboxRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return None
            _handlers[row.topic](scope, row.payload, row.key)
            row.done_at = services.clock.now()
            row.payload = {}  # it may have held a secret, such as a reset link
    except Exception as error:
        if row is None:
            raise
        log.warning("a promise was not kept", extra={"topic": row.topic}, exc_info=error)
        _postpone(services, tenant_id, row.id, row.attempts + 1, error)
        return False
    return True


def _postpone(
    services: Services, tenant_id: int, row_id: int, attempts: int, error: Exception
) -> None:
    delay = min(_FIRST_DELAY * 2 ** (attempts - 1), _LONGEST_DELAY)
    with services.database.scope(tenant_id) as scope:
        scope.unit.session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row_id)
            .values(
                attempts=attempts,
                due_at=services.clock.now() + delay,
                error=f"{type(error).__name__}: {error}"[:_LONGEST_ERROR],
            )
        )
    if attempts >= MAX_ATTEMPTS:
        log.error("a promise was given up", extra={"promise": row_id})
    else:
        attention.ask(services, tenant_id, delay)


def next_due(scope: Scope) -> datetime | None:
    """When the next promise of this tenant is due; None when all are kept or given up."""
    return scope.unit.session.scalar(
        select(func.min(OutboxRow.due_at)).where(
            OutboxRow.done_at.is_(None), OutboxRow.attempts < MAX_ATTEMPTS
        )
    )


def purge_kept(scope: Scope) -> None:
    """Delete promises that were kept some time ago."""
    scope.unit.session.execute(
        delete(OutboxRow).where(OutboxRow.done_at < scope.unit.clock.now() - KEEP_KEPT)
    )
