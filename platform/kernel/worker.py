"""The process that does jobs and keeps promises."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import update

from kernel import i18n, logging
from kernel.errors import Problem
from kernel.i18n import _
from kernel.jobs import Job, JobCancelled, JobLost, RunningJob, kinds
from kernel.web.gate import Doorkeeper
from kernel.web.services import QUEUES, Services, current_services

log = logging.get_logger(__name__)

BEAT_SECONDS = 10.0


def perform(tenant_id: int, job_id: int) -> None:
    """What RQ calls: do the job, unless somebody has it or it is over."""
    doorkeeper: Doorkeeper = current_app.extensions["banyan.doorkeeper"]
    run_job(current_services(), doorkeeper, tenant_id, job_id)


def run_job(services: Services, doorkeeper: Doorkeeper, tenant_id: int, job_id: int) -> None:
    """Claim a job and do it to its end."""
    claimed = _claim(services, doorkeeper, tenant_id, job_id)
    if claimed is None:
        return
    running, kind_name = claimed
    locale = i18n.DEFAULT_LOCALE
    try:
        locale = running.actor().locale
        with i18n.use_locale(locale), _heartbeat(running):
            kinds()[kind_name].run(running)
        _finish(running, "done", None)
    except JobCancelled:
        _finish(running, "cancelled", None)
    except JobLost:
        log.warning("another worker has the job now", extra={"job": job_id})
    except Problem as problem:
        with i18n.use_locale(locale):
            _finish(running, "failed", str(problem))
    except Exception:
        log.exception("a job failed", extra={"job": job_id, "kind": kind_name})
        with i18n.use_locale(locale):
            _finish(running, "failed", _("The job failed because of an unexpected error."))


def _claim(
    services: Services, doorkeeper: Doorkeeper, tenant_id: int, job_id: int
) -> tuple[RunningJob, str] | None:
    now = services.clock.now()
    with services.database.scope(tenant_id) as scope:
        row = scope.unit.session.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == "queued")
            .values(state="running", started_at=now, heartbeat_at=now)
            .returning(Job.kind, Job.params, Job.created_by)
        ).one_or_none()
    if row is None or row.kind not in kinds():
        return None
    running = RunningJob(
        services, tenant_id, job_id, row.params, row.created_by, now, doorkeeper.actor_of
    )
    return running, row.kind


def _finish(running: RunningJob, state: str, message: str | None) -> None:
    now = running.services.clock.now()
    with running.database.scope(running.tenant_id) as scope:
        scope.unit.session.execute(
            update(Job)
            .where(
                Job.id == running.id,
                Job.state == "running",
                Job.started_at == running.claimed_at,
            )
            .values(state=state, message=message, finished_at=now, heartbeat_at=now)
        )
    log.info(
        "job finished",
        extra={"tenant_id": running.tenant_id, "job": running.id, "state": state},
    )


@contextmanager
def _heartbeat(running: RunningJob) -> Iterator[None]:
    """Show that the job is alive while its function works, however long one step takes."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                running.beat()
            except JobLost:
                return
            except Exception:
                log.warning("a heartbeat was missed", exc_info=True)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _Worker(Worker):
    """RQ's worker; each piece of work runs in a process of its own, inside the application."""

    def main_work_horse(self, *args: Any, **options: Any) -> None:
        """In the new process: drop what the parent had open, then work."""
        current_services().database.engine.dispose(close=False)
        super().main_work_horse(*args, **options)


def work(app: Flask, queues: tuple[str, ...] = QUEUES, *, burst: bool = False) -> None:
    """Work off the queues until told to stop (SIGTERM, SIGINT), or with `burst` until empty."""
    services: Services = app.extensions["banyan"]
    with app.app_context():
        # One node number serves the processes that follow one another; no connection is shared.
        services.database.new_id()
        services.database.engine.dispose()
        connection = Redis.from_url(services.settings.redis_url)
        worker = _Worker(
            [Queue(name, connection=connection, serializer=JSONSerializer) for name in queues],
            connection=connection,
            serializer=JSONSerializer,
        )
        worker.work(burst=burst, logging_level="WARNING")
