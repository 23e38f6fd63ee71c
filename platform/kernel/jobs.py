"""Long work: a job is a row that says how far it is; a worker does it for the one who began it.

RQ carries only (tenant id, job id). The row is the truth: a job is claimed by changing its row,
its heartbeat shows that somebody is on it, and a worker whose claim was taken away stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from kernel import attention, files
from kernel.db.base import Base, TenantRow
from kernel.db.unit import Database
from kernel.errors import NotFound
from kernel.scope import SYSTEM, Actor, Scope
from kernel.web.services import Services, current_services

OPEN = ("queued", "running")
STALE = timedelta(seconds=60)
"""A running job whose heartbeat is older has lost its worker."""


class Job(TenantRow, Base):
    """A job. `state` is queued, running, done, failed or cancelled."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    params: Mapped[dict[str, Any]]
    total: Mapped[int | None]
    succeeded: Mapped[int]
    failed: Mapped[int]
    message: Mapped[str | None]
    cancel_requested: Mapped[bool]
    results_file_id: Mapped[int | None]
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobCancelled(Exception):
    """Raised inside a job to end it because its user asked for that."""


class JobLost(Exception):
    """The job was given up or handed to another worker while this one was silent."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """What a kind of job does. A kind that `resumes` is started again when its worker dies."""

    name: str
    run: Callable[[RunningJob], None]
    queue: str
    resumes: bool


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str, *, queue: str = "default", resumes: bool = False
) -> Callable[[Callable[[RunningJob], None]], Callable[[RunningJob], None]]:
    """Register the function that does a kind of job."""

    def register(run: Callable[[RunningJob], None]) -> Callable[[RunningJob], None]:
        if _kinds.setdefault(name, JobKind(name, run, queue, resumes)).run is not run:
            raise ValueError(f"job kind {name!r} is taken")
        return run

    return register


def kinds() -> dict[str, JobKind]:
    """All kinds of jobs by name."""
    return dict(_kinds)


def start_job(
    scope: Scope, kind: str, params: dict[str, Any], title: str, total: int | None = None
) -> Job:
    """A new job of the scope's actor; a worker begins it once the transaction is committed."""
    if kind not in _kinds:
        raise ValueError(f"no job kind {kind!r}")
    job = Job(
        id=scope.unit.new_id(),
        kind=kind,
        title=title,
        state="queued",
        params=params,
        total=total,
        succeeded=0,
        failed=0,
        cancel_requested=False,
        created_by=scope.actor.id,
        created_at=scope.unit.clock.now(),
    )
    scope.unit.session.add(job)
    scope.unit.session.flush()
    tenant_id, job_id = scope.tenant_id, job.id
    scope.unit.after_commit(lambda: enqueue(current_services(), tenant_id, job_id, kind))
    return job


def enqueue(services: Services, tenant_id: int, job_id: int, kind: str) -> None:
    """Hand a job to the workers."""
    attention.ask(services, tenant_id, STALE)
    services.queue(_kinds[kind].queue).enqueue_call(
        "kernel.worker.perform",
        args=[tenant_id, job_id],
        job_id=queue_id(job_id),
        timeout=-1,
        result_ttl=0,
        failure_ttl=3600,
    )


def queue_id(job_id: int) -> str:
    """The name of a job in the queue."""
    return f"job-{job_id}"


def get_job(scope: Scope, job_id: int) -> Job:
    """A job that the actor began, or any for an administrator; raises `NotFound`."""
    job = scope.unit.session.scalars(select(Job).where(Job.id == job_id)).one_or_none()
    if job is None or not (scope.actor.is_admin or job.created_by == scope.actor.id):
        raise NotFound()
    return job


def list_jobs(scope: Scope, kind: str | None = None, limit: int = 50) -> Sequence[Job]:
    """The newest jobs that the actor may see."""
    query = select(Job).order_by(Job.id.desc()).limit(limit)
    if kind is not None:
        query = query.where(Job.kind == kind)
    if not scope.actor.is_admin:
        query = query.where(Job.created_by == scope.actor.id)
    return scope.unit.session.scalars(query).all()


def request_cancel(scope: Scope, job_id: int) -> Job:
    """Ask a job to stop; one that has not begun stops at once. Raises `NotFound`."""
    get_job(scope, job_id)
    job = scope.unit.session.scalars(
        select(Job)
        .where(Job.id == job_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if job.state == "queued":
        job.state, job.finished_at = "cancelled", scope.unit.clock.now()
    if job.state == "running":
        job.cancel_requested = True
    return job


@dataclass(frozen=True)
class RunningJob:
    """A job in the hands of a worker; what a kind's function gets."""

    services: Services
    tenant_id: int
    id: int
    params: dict[str, Any]
    created_by: int | None
    claimed_at: datetime
    read_actor: Callable[[Scope, int], Actor]

    @property
    def database(self) -> Database:
        """The way to the data."""
        return self.services.database

    def actor(self) -> Actor:
        """The one who began the job, as they are now; raises `Forbidden` when frozen."""
        if self.created_by is None:
            return SYSTEM
        with self.database.scope(self.tenant_id) as scope:
            return self.read_actor(scope, self.created_by)

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        """A unit of work as the one who began the job; raises `Forbidden` when frozen."""
        with self.database.scope(self.tenant_id, self.actor()) as scope:
            yield scope

    def progress(
        self,
        succeeded: int,
        failed: int = 0,
        *,
        total: int | None = None,
        scope: Scope | None = None,
    ) -> None:
        """Note how far the job is, in numbers since its beginning.

        With `scope` the note is part of that transaction: a job that resumes goes on exactly
        there. Raises `JobLost`.
        """
        values: dict[str, Any] = {"succeeded": succeeded, "failed": failed}
        if total is not None:
            values["total"] = total
        if scope is not None:
            self._write(scope, values)
            return
        with self.database.scope(self.tenant_id) as own:
            self._write(own, values)

    def beat(self) -> None:
        """Show that somebody is on the job; raises `JobLost`."""
        with self.database.scope(self.tenant_id) as scope:
            self._write(scope, {})

    def _write(self, scope: Scope, values: dict[str, Any]) -> None:
        changed = scope.unit.session.execute(
            update(Job)
            .where(Job.id == self.id, Job.state == "running", Job.started_at == self.claimed_at)
            .values(heartbeat_at=scope.unit.clock.now(), **values)
            .returning(Job.id)
        ).one_or_none()
        if changed is None:
            raise JobLost()

    def cancel_requested(self) -> bool:
        """Whether the job's user asked it to stop."""
        with self.database.scope(self.tenant_id) as scope:
            return bool(
                scope.unit.session.scalar(select(Job.cancel_requested).where(Job.id == self.id))
            )

    def stop_if_cancelled(self) -> None:
        """Raise `JobCancelled` when the job's user asked it to stop."""
        if self.cancel_requested():
            raise JobCancelled()

    def result_file(
        self,
        stream: files.ReadableStream,
        name: str,
        content_type: str,
        *,
        limit: int = 2 * 1024**3,
    ) -> int:
        """Keep a file as the job's result, to be downloaded by its user; returns its id."""
        with self.scope() as scope:
            file = files.store(scope, stream, name, content_type, "job result", limit=limit)
            self._write(scope, {"results_file_id": file.id})
            return file.id
