"""Jobs: done once, for the one who began them, and never forgotten."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select

from kernel import jobs, worker
from kernel.clock import FixedClock
from kernel.errors import Forbidden, NotFound
from kernel.files import open_file
from kernel.i18n import use_locale
from kernel.jobs import Job, JobKind, JobLost, RunningJob
from kernel.scheduler import look_after
from kernel.scope import SYSTEM, Actor
from kernel.web.services import Services
from tenants import service
from tests.twins import Side, Twin

pytestmark = pytest.mark.usefixtures("in_app")

Run = Callable[[RunningJob], None]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers the function of the job kind "test"."""

    def register(run: Run, *, resumes: bool = False) -> None:
        monkeypatch.setitem(jobs._kinds, "test", JobKind("test", run, "bulk", resumes))

    return register


@pytest.fixture
def run(services: Services, app: Flask) -> Callable[[int, int], None]:
    """Does a job here and now."""

    def perform(tenant_id: int, job_id: int) -> None:
        worker.run_job(services, app.extensions["banyan.doorkeeper"], tenant_id, job_id)

    return perform


def _start(services: Services, side: Side, actor: Actor | None = None) -> int:
    with services.database.scope(side.id, actor or side.user) as scope:
        return jobs.start_job(scope, "test", {"n": 3}, "A test", total=3).id


def _job(services: Services, side: Side, job_id: int) -> Job:
    with services.database.scope(side.id, SYSTEM) as scope:
        return jobs.get_job(scope, job_id)


def _nothing(_job: RunningJob) -> None:
    pass


def test_a_worker_does_it_for_the_one_who_began_it(
    services: Services, twin: Twin, kind: Callable[..., None]
) -> None:
    actors = []

    def work(job: RunningJob) -> None:
        with job.scope() as scope:
            actors.append((scope.tenant_id, scope.actor))
        job.progress(2, 1)

    kind(work)
    job_id = _start(services, twin.ours)
    assert _job(services, twin.ours, job_id).state == "queued"
    SimpleWorker(
        [services.queue("bulk")], connection=services.redis, serializer=JSONSerializer
    ).work(burst=True, logging_level="WARNING")
    job = _job(services, twin.ours, job_id)
    assert (job.state, job.succeeded, job.failed, job.total) == ("done", 2, 1, 3)
    assert job.finished_at == services.clock.now()
    assert actors == [(twin.ours.id, twin.ours.user)]


def test_what_is_rolled_back_is_never_begun(
    services: Services, twin: Twin, kind: Callable[..., None]
) -> None:
    kind(_nothing)
    with suppress(ZeroDivisionError), services.database.scope(twin.ours.id) as scope:
        jobs.start_job(scope, "test", {}, "Never")
        raise ZeroDivisionError
    assert services.queue("bulk").count == 0


def test_a_job_is_done_once_however_often_it_is_queued(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    times = []
    kind(lambda job: times.append(job.id))
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    run(twin.ours.id, job_id)
    assert times == [job_id]


def test_another_tenants_job_is_not_done(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    times = []
    kind(lambda job: times.append(job.id))
    job_id = _start(services, twin.ours)
    run(twin.theirs.id, job_id)
    assert times == []
    assert _job(services, twin.ours, job_id).state == "queued"


def test_a_problem_is_told_in_the_users_language(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    def work(_job: RunningJob) -> None:
        raise NotFound()

    kind(work)
    assert twin.ours.user.id is not None
    with services.database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id).locale = "zh_CN"
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    job = _job(services, twin.ours, job_id)
    with use_locale("zh_CN"):
        assert (job.state, job.message) == ("failed", str(NotFound.title))


def test_an_unexpected_error_fails_the_job_and_tells_nothing(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    def work(_job: RunningJob) -> None:
        raise RuntimeError("hunter2")

    kind(work)
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    job = _job(services, twin.ours, job_id)
    assert job.state == "failed"
    assert "hunter2" not in (job.message or "")


def test_a_frozen_user_has_nothing_done_any_more(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    assert twin.ours.user.id is not None
    user_id = twin.ours.user.id
    steps = []

    def work(job: RunningJob) -> None:
        for step in range(3):
            with job.scope():
                steps.append(step)
            with services.database.scope(twin.ours.id) as scope:
                service.freeze_user(scope, user_id)

    kind(work)
    first, second = _start(services, twin.ours), _start(services, twin.ours)
    run(twin.ours.id, first)
    assert steps == [0]
    run(twin.ours.id, second)
    assert steps == [0]
    assert {_job(services, twin.ours, one).state for one in (first, second)} == {"failed"}


def test_a_suspended_tenant_has_nothing_done(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    times = []
    kind(lambda job: times.append(job.actor()))
    job_id = _start(services, twin.ours)
    service.suspend_tenant(services.database, twin.ours.slug)
    run(twin.ours.id, job_id)
    assert times == []
    assert _job(services, twin.ours, job_id).state == "failed"


def test_cancelling_stops_at_the_next_step(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    steps = []

    def work(job: RunningJob) -> None:
        for step in range(3):
            job.stop_if_cancelled()
            steps.append(step)
            with job.scope() as scope:
                jobs.request_cancel(scope, job.id)

    kind(work)
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    assert steps == [0]
    assert _job(services, twin.ours, job_id).state == "cancelled"


def test_a_job_that_has_not_begun_is_cancelled_at_once(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    times = []
    kind(lambda job: times.append(job.id))
    job_id = _start(services, twin.ours)
    with services.database.scope(twin.ours.id, twin.ours.user) as scope:
        assert jobs.request_cancel(scope, job_id).state == "cancelled"
    run(twin.ours.id, job_id)
    assert times == []


def test_jobs_are_seen_by_their_owner_and_administrators(
    services: Services, twin: Twin, kind: Callable[..., None]
) -> None:
    kind(_nothing)
    job_id = _start(services, twin.ours)
    for side, actor, visible in [
        (twin.ours, twin.ours.user, True),
        (twin.ours, twin.ours.admin, True),
        (twin.ours, twin.ours.other, False),
        (twin.theirs, twin.theirs.user, False),
        (twin.theirs, twin.theirs.admin, False),
    ]:
        with services.database.scope(side.id, actor) as scope:
            assert bool(jobs.list_jobs(scope)) is visible
            if not visible:
                with pytest.raises(NotFound):
                    jobs.get_job(scope, job_id)
                with pytest.raises(NotFound):
                    jobs.request_cancel(scope, job_id)


def test_a_result_is_kept_as_a_file(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    def work(job: RunningJob) -> None:
        job.result_file(io.BytesIO("行,1\n".encode()), "result.csv", "text/csv")

    kind(work)
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    file_id = _job(services, twin.ours, job_id).results_file_id
    assert file_id is not None
    with services.database.scope(twin.ours.id) as scope, open_file(scope, file_id) as file:
        assert file.read().decode() == "行,1\n"


@pytest.fixture
def silent(services: Services, twin: Twin, clock: FixedClock) -> Callable[[], int]:
    """Makes a job whose worker has said nothing for a while."""

    def make() -> int:
        job_id = _start(services, twin.ours)
        with services.database.scope(twin.ours.id, SYSTEM) as scope:
            job = jobs.get_job(scope, job_id)
            job.state, job.started_at = "running", clock.now()
            job.heartbeat_at = clock.now()
        services.redis.flushdb()
        clock.advance(seconds=61)
        return job_id

    return make


def test_a_job_without_a_worker_fails(
    services: Services, twin: Twin, kind: Callable[..., None], silent: Callable[[], int]
) -> None:
    kind(_nothing)
    job_id = silent()
    look_after(services, twin.ours.id)
    job = _job(services, twin.ours, job_id)
    assert job.state == "failed"
    assert job.message == "The worker stopped in the middle of the job."
    assert services.queue("bulk").count == 0


def test_a_job_that_resumes_is_begun_again(
    services: Services, twin: Twin, kind: Callable[..., None], silent: Callable[[], int]
) -> None:
    kind(_nothing, resumes=True)
    job_id = silent()
    look_after(services, twin.ours.id)
    assert _job(services, twin.ours, job_id).state == "queued"
    assert services.queue("bulk").count == 1


def test_a_job_that_was_to_be_cancelled_is_not_begun_again(
    services: Services, twin: Twin, kind: Callable[..., None], silent: Callable[[], int]
) -> None:
    kind(_nothing, resumes=True)
    job_id = silent()
    with services.database.scope(twin.ours.id, twin.ours.user) as scope:
        jobs.request_cancel(scope, job_id)
    look_after(services, twin.ours.id)
    assert _job(services, twin.ours, job_id).state == "cancelled"


def test_a_job_with_a_heartbeat_is_left_alone(
    services: Services, twin: Twin, kind: Callable[..., None], silent: Callable[[], int]
) -> None:
    kind(_nothing)
    job_id = silent()
    with services.database.scope(twin.ours.id, SYSTEM) as scope:
        jobs.get_job(scope, job_id).heartbeat_at = services.clock.now() - timedelta(seconds=59)
    look_after(services, twin.ours.id)
    assert _job(services, twin.ours, job_id).state == "running"


def test_a_worker_that_lost_its_job_stops(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
    clock: FixedClock,
) -> None:
    """Two workers never write the progress of one job."""
    lost = []

    def work(job: RunningJob) -> None:
        clock.advance(seconds=120)
        look_after(services, twin.ours.id)
        try:
            job.progress(1)
        except JobLost:
            lost.append(job.id)
            raise

    kind(work, resumes=True)
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    assert lost == [job_id]
    job = _job(services, twin.ours, job_id)
    assert (job.state, job.succeeded) == ("queued", 0)


def test_a_queued_job_that_redis_lost_is_queued_again(
    services: Services, twin: Twin, kind: Callable[..., None], clock: FixedClock
) -> None:
    kind(_nothing)
    _start(services, twin.ours)
    look_after(services, twin.ours.id)
    assert services.queue("bulk").count == 1
    services.redis.flushdb()
    clock.advance(seconds=61)
    look_after(services, twin.ours.id)
    assert services.queue("bulk").count == 1
    look_after(services, twin.ours.id)
    assert services.queue("bulk").count == 1


def test_a_role_that_was_taken_away_is_gone_in_mid_job(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    rights = []

    def work(job: RunningJob) -> None:
        rights.append(job.actor().is_admin)
        with services.database.scope(twin.ours.id) as scope:
            service.get_user(scope, twin.ours.admin.id or 0).is_admin = False
        rights.append(job.actor().is_admin)

    kind(work)
    run(twin.ours.id, _start(services, twin.ours, twin.ours.admin))
    assert rights == [True, False]


def test_forbidden_is_a_failure(
    services: Services,
    twin: Twin,
    kind: Callable[..., None],
    run: Callable[[int, int], None],
) -> None:
    def work(_job: RunningJob) -> None:
        raise Forbidden()

    kind(work)
    job_id = _start(services, twin.ours)
    run(twin.ours.id, job_id)
    assert _job(services, twin.ours, job_id).state == "failed"


WORKER = """
import sys, time
sys.path[:0] = ["platform", "."]
from kernel import jobs, worker
from kernel.settings import Settings
from kernel.web.services import build_services
from pathlib import Path
from wsgi import create_app

@jobs.job_kind("endless", queue="bulk")
def endless(job):
    job.progress(1)
    Path(sys.argv[1]).write_text("begun")
    while True:
        time.sleep(0.05)

worker.work(create_app(build_services(Settings.from_env())))
"""


def test_a_killed_worker_leaves_a_job_that_is_found(
    services: Services,
    twin: Twin,
    clock: FixedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(jobs._kinds, "endless", JobKind("endless", _nothing, "bulk", False))
    begun = tmp_path / "begun"
    environment = os.environ | {
        "DATABASE_URL": services.settings.database_url,
        "REDIS_URL": services.settings.redis_url,
        "BANYAN_HOME": str(tmp_path),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(begun)], env=environment, start_new_session=True
    )
    horses: set[int] = set()
    try:
        with services.database.scope(twin.ours.id, twin.ours.user) as scope:
            job_id = jobs.start_job(scope, "endless", {}, "Endless").id
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        horses = _children(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        for horse in horses:
            os.kill(horse, signal.SIGKILL)
    with services.database.scope(twin.ours.id, SYSTEM) as scope:
        job = scope.unit.session.scalars(select(Job).where(Job.id == job_id)).one()
        assert (job.state, job.succeeded) == ("running", 1)
        heartbeat = job.heartbeat_at
    assert heartbeat is not None
    clock.advance(seconds=(heartbeat - clock.now()).total_seconds() + 61)
    look_after(services, twin.ours.id)
    assert _job(services, twin.ours, job_id).state == "failed"


def _children(pid: int) -> set[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return {int(child) for child in text.split()}
