"""Bulk work and the progress of jobs."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from kernel.errors import FieldError, Invalid, NotFound
from kernel.i18n import lazy
from kernel.jobs import Job, find_job, request_cancel
from kernel.web.routes import SIGNED_IN, route
from runtime.api.blueprint import answer, api
from runtime.transfer.bulk import MODES, start_bulk
from runtime.web import record_id, request_scope


@route(api, "/bulk/<object>", methods=["POST"], needs=SIGNED_IN, upload=True)
def start(object: str) -> Response:
    """Insert, update or upsert many records from CSV or NDJSON, as a job."""
    mode = request.args.get("mode", "insert")
    if mode not in MODES:
        message = lazy("The mode must be one of %(names)s.", names=", ".join(MODES))
        raise Invalid(errors=[FieldError("mode", "unknown_mode", message)])
    job = start_bulk(
        request_scope(),
        object,
        mode=mode,
        match=request.args.get("match"),
        stream=request.stream,
        content_type=request.mimetype,
    )
    location = url_for("api.read_job", id=job.id)
    return answer({"job": str(job.id)}, 202, {"Location": location})


@route(api, "/jobs/<id>", needs=SIGNED_IN)
def read_job(id: str) -> Response:
    """The progress of a job that the caller started."""
    return answer(_shown(_own_job(id)))


@route(api, "/jobs/<id>", methods=["DELETE"], needs=SIGNED_IN)
def cancel_job(id: str) -> Response:
    """Ask a job to stop; what it has done stays."""
    job = _own_job(id)
    request_cancel(request_scope(), job.id)
    return Response(status=204)


def _own_job(text: str) -> Job:
    """A job of the caller, or for an administrator any of the tenant."""
    scope = request_scope()
    job = find_job(scope, record_id(text))
    if job is None or not (scope.actor.is_admin or job.created_by == scope.actor.id):
        raise NotFound()
    return job


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
