"""Bulk work and the progress of jobs."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from kernel.errors import NotFound
from kernel.jobs import Job, get_job, request_cancel
from kernel.web.downloads import download
from kernel.web.routes import SIGNED_IN, route
from runtime.api.blueprint import answer, api
from runtime.transfer.bulk import start_bulk
from runtime.web import parse_id, request_scope


@route(api, "/bulk/<object>", methods=["POST"], needs=SIGNED_IN, upload=True)
def start(object: str) -> Response:
    """Insert, update or upsert many records from CSV or NDJSON, as a job."""
    job = start_bulk(
        request_scope(),
        object,
        mode=request.args.get("mode", "insert"),
        match=request.args.get("match"),
        stream=request.stream,
        content_type=request.mimetype,
    )
    location = url_for("api.read_job", id=job.id)
    return answer({"job": str(job.id)}, 202, {"Location": location})


@route(api, "/jobs/<id>", needs=SIGNED_IN)
def read_job(id: str) -> Response:
    """The progress of a job that the caller started."""
    return answer(_shown(get_job(request_scope(), parse_id(id))))


@route(api, "/jobs/<id>", methods=["DELETE"], needs=SIGNED_IN)
def cancel_job(id: str) -> Response:
    """Ask a job to stop; what it has done stays."""
    request_cancel(request_scope(), parse_id(id))
    return Response(status=204)


@route(api, "/jobs/<id>/results", needs=SIGNED_IN)
def read_results(id: str) -> Response:
    """The file that a job made: for bulk work each row with what became of it."""
    job = get_job(request_scope(), parse_id(id))
    if job.results_file_id is None:
        raise NotFound()
    return download(request_scope(), job.results_file_id)


def _shown(job: Job) -> dict[str, Any]:
    has_results = job.results_file_id is not None
    return {
        "id": str(job.id),
        "kind": job.kind,
        "state": job.state,
        "total": job.total,
        "succeeded": job.succeeded,
        "failed": job.failed,
        "message": job.message,
        "results_url": url_for("api.read_results", id=job.id) if has_results else None,
    }
