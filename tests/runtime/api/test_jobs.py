"""Bulk work over HTTP: accepted, done by a worker, and told row by row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kernel import worker
from tests.runtime.api.conftest import Bench
from tests.runtime.api.test_records import codes

ROOT = Path(__file__).parents[3]


def test_the_application_alone_knows_every_kind_of_job() -> None:
    """Whatever other tests have imported: a web process must be able to start bulk work."""
    asked = "import wsgi; from kernel.jobs import kinds; print(*sorted(kinds()))"
    path = f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'platform')]!r}; "
    ran = subprocess.run(
        [sys.executable, "-c", path + asked], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert {"import", "export"} <= set(ran.stdout.split())


def _work(bench: Bench, job_id: str) -> None:
    with bench.app.app_context():
        keeper = bench.app.extensions["banyan.doorkeeper"]
        worker.run_job(bench.app.extensions["banyan"], keeper, bench.side.id, int(job_id))


def test_bulk_work_with_its_results(bench: Bench) -> None:
    body = "name,code\nA,1\n,2\nB,1\nC,\n"
    started = bench.user.post("/bulk/firm?mode=insert", data=body, content_type="text/csv")
    assert started.status_code == 202
    path = f"/jobs/{started.json['job']}"
    queued = bench.user.get(path).json
    assert (queued["state"], queued["results_url"]) == ("queued", None)
    _work(bench, started.json["job"])
    done = bench.user.get(path).json
    assert {k: done[k] for k in ("state", "total", "succeeded", "failed")} == {
        "state": "done",
        "total": 4,
        "succeeded": 2,
        "failed": 2,
    }
    assert done["results_url"] == f"/api/v1{path}/results"
    with bench.user.get(path + "/results") as results:
        assert results.mimetype == "text/csv"
        assert len(results.data.decode("utf-8-sig").splitlines()) == 5
    with bench.admin.get(path + "/results") as results:
        assert results.status_code == 200
    assert bench.other.get(path + "/results").status_code == 404
    assert {row["name"] for row in bench.user.rows("firm")} == {"A", "C"}


def test_imports_cannot_write_what_the_caller_may_not(bench: Bench) -> None:
    """Neither system fields, nor somebody else's records, nor records for somebody else."""
    hidden = bench.other.make("thing", name="Hidden", serial="S-1")
    for header in ("created_at", "version", "id", "tenant_id", "number"):
        answer = bench.user.post(
            "/bulk/thing", data=f"name,{header}\nx,1\n", content_type="text/csv"
        )
        assert answer.status_code == 422, header
        assert codes(answer)
    for mode in ("update", "upsert"):
        body = f"serial,name\n{hidden['serial']},Mine\n"
        started = bench.user.post(
            f"/bulk/thing?mode={mode}&match=serial", data=body, content_type="text/csv"
        )
        _work(bench, started.json["job"])
        job = bench.user.get(f"/jobs/{started.json['job']}").json
        assert (job["succeeded"], job["failed"]) == (0, 1)
    body = f"name,owner\nx,{bench.side.other.id}\n"
    started = bench.user.post("/bulk/thing", data=body, content_type="text/csv")
    _work(bench, started.json["job"])
    assert bench.user.get(f"/jobs/{started.json['job']}").json["failed"] == 1
    assert bench.admin.rows("thing", fields=["name", "serial"]) == [
        {"id": hidden["id"], "version": 1, "name": "Hidden", "serial": "S-1"}
    ]


@pytest.mark.parametrize(
    "body", [b"name\x00\nA\n", b"na\x00me\nA\n", b"\x00", b"\xff\xfe", b'"', b",,,\n1,2,3,4\n"]
)
def test_broken_files(bench: Bench, body: bytes) -> None:
    answer = bench.user.post("/bulk/firm", data=body, content_type="text/csv")
    assert answer.status_code in (400, 422), answer.text
    assert answer.mimetype == "application/problem+json"
    assert bench.user.rows("firm") == []


def test_files_that_are_too_large_are_refused_before_they_are_read(bench: Bench) -> None:
    size = {"CONTENT_LENGTH": str(300 * 2**20)}
    answer = bench.user.post(
        "/bulk/firm", data=b"x", content_type="text/csv", environ_overrides=size
    )
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
