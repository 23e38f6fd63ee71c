"""The process that looks after what would otherwise be forgotten."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from redis import RedisError
from rq.job import Job as QueuedJob
from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError

from kernel import attention, files, i18n, logging, outbox
from kernel.i18n import _
from kernel.jobs import OPEN, STALE, Job, enqueue, kinds, queue_id
from kernel.scope import Scope
from kernel.web.services import Services, current_services

log = logging.get_logger(__name__)

TICK_SECONDS = 1.0
ROUND = timedelta(minutes=5)
"""How often all tenants are looked at, for what Redis lost."""
PURGE = timedelta(hours=6)

Purge = Callable[[Scope], object]
_purges: list[Purge] = [outbox.purge_kept, files.purge_orphans]


def purge(function: Purge) -> Purge:
    """Register a function that deletes what a tenant no longer needs; it runs now and then."""
    if function not in _purges:
        _purges.append(function)
    return function


def look_after(services: Services, tenant_id: int) -> None:
    """Wake what is due in a tenant, and see to jobs whose worker is gone."""
    with services.database.scope(tenant_id) as scope:
        due = outbox.next_due(scope)
        open_jobs = scope.unit.session.scalars(select(Job).where(Job.state.in_(OPEN))).all()
    now = services.clock.now()
    if due is not None and due <= now:
        outbox.wake(services, tenant_id)
    elif due is not None:
        attention.ask(services, tenant_id, due - now)
    for job in open_jobs:
        _look_after_job(services, tenant_id, job)
    if open_jobs:
        attention.ask(services, tenant_id, STALE / 2)


def _look_after_job(services: Services, tenant_id: int, job: Job) -> None:
    now = services.clock.now()
    if job.state == "queued":
        lost = now - job.created_at > STALE and not QueuedJob.exists(
            queue_id(job.id), connection=services.redis
        )
        if lost and job.kind in kinds():
            enqueue(services, tenant_id, job.id, job.kind)
        return
    if job.heartbeat_at is not None and now - job.heartbeat_at <= STALE:
        return
    kind = kinds().get(job.kind)
    resumes = kind is not None and kind.resumes and not job.cancel_requested
    if _take_away(services, tenant_id, job, "queued" if resumes else "failed") and resumes:
        enqueue(services, tenant_id, job.id, job.kind)


def _take_away(services: Services, tenant_id: int, job: Job, state: str) -> bool:
    """Take a job from a worker that is silent; False when it spoke up in the meantime."""
    over = state == "failed"
    with services.database.scope(tenant_id) as scope, i18n.use_locale(_locale(scope)):
        row = scope.unit.session.execute(
            update(Job)
            .where(
                Job.id == job.id,
                Job.state == "running",
                Job.started_at == job.started_at,
                Job.heartbeat_at == job.heartbeat_at,
            )
            .values(
                state="cancelled" if over and job.cancel_requested else state,
                message=_("The worker stopped in the middle of the job.") if over else None,
                finished_at=services.clock.now() if over else None,
            )
            .returning(Job.id)
        ).one_or_none()
    if row is not None:
        log.warning("a job lost its worker", extra={"job": job.id, "now": state})
    return row is not None


def _locale(scope: Scope) -> str:
    find = text("SELECT locale FROM tenant WHERE id = :id")
    found: str | None = scope.unit.connection.scalar(find, {"id": scope.tenant_id})
    return found or i18n.DEFAULT_LOCALE


def all_tenants(services: Services) -> list[int]:
    """The ids of all tenants."""
    with services.database.system("the scheduler's round") as unit:
        return list(unit.connection.scalars(text("SELECT id FROM tenant ORDER BY id")))


def purge_tenant(services: Services, tenant_id: int) -> None:
    """Delete what a tenant no longer needs."""
    for function in _purges:
        with services.database.scope(tenant_id) as scope:
            function(scope)


class Scheduler:
    """Decides by the clock what to look at; `tick` it about once a second."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next_round = self._next_purge = services.clock.now()

    def tick(self) -> None:
        """Look at the tenants whose time has come."""
        now = self._services.clock.now()
        self._each(attention.take_due(self._services), look_after)
        if now >= self._next_round:
            self._next_round = now + ROUND
            self._each(all_tenants(self._services), look_after)
        if now >= self._next_purge:
            self._next_purge = now + PURGE
            self._each(all_tenants(self._services), purge_tenant)

    def _each(self, tenants: list[int], do: Callable[[Services, int], None]) -> None:
        for tenant_id in tenants:
            try:
                do(self._services, tenant_id)
            except (SQLAlchemyError, RedisError):
                raise
            except Exception:
                log.exception("a tenant could not be looked after", extra={"tenant_id": tenant_id})


def run(app: Flask) -> None:
    """Tick until told to stop (SIGTERM, SIGINT)."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    with app.app_context():
        scheduler = Scheduler(current_services())
        while not stop.is_set():
            try:
                scheduler.tick()
            except (SQLAlchemyError, RedisError) as error:
                log.warning("the scheduler waits for its servers", exc_info=error)
            stop.wait(TICK_SECONDS)
