"""Exports: what to write, the file at once or by a job, and its progress."""

from __future__ import annotations

import tempfile
from typing import Any

from flask import Response, make_response, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue

from kernel.errors import Invalid, NotFound
from kernel.i18n import _, current_locale
from kernel.jobs import OPEN, Job, get_job, request_cancel, start_job
from kernel.web.downloads import download
from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Object
from runtime import access
from runtime.query import count
from runtime.scope import RecordScope
from runtime.transfer.blueprint import pages, plural
from runtime.transfer.exporter import DIRECT_ROWS, ExportPlan, write_export
from runtime.web import parse_id, request_scope
from runtime.workspace.list_links import ListLink
from runtime.workspace.list_page import current_state
from runtime.workspace.list_state import ListState

KIND = "export"
COUNTED = 100_000


def export_link(_object: Object, state: ListState) -> ListLink | None:
    """The button above a list."""
    if state.problem is not None:
        return None
    return ListLink(_("Export"), state.url("/export"), "file-export")


@route(pages, "/o/<object_api>/export", needs=SIGNED_IN)
def new_export(object_api: str) -> ResponseReturnValue:
    """Choose the kind of file; the list is the one of the address."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    state = _state(scope, object_)
    found = count(scope, object_, state.where, cap=COUNTED)
    return render_template(
        "transfer/export.html",
        object=object_,
        state=state,
        found=min(found, COUNTED),
        many=found > COUNTED,
        direct=found <= DIRECT_ROWS,
    )


@route(pages, "/o/<object_api>/export", methods=["POST"], needs=SIGNED_IN)
def create_export(object_api: str) -> ResponseReturnValue:
    """The file of a short list; a long one is written by a job."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    given = _given(_state(scope, object_), with_ids="ids" in request.form)
    plan = ExportPlan.from_json(scope, given)
    if count(scope, object_, plan.where, cap=DIRECT_ROWS) > DIRECT_ROWS:
        job = start_job(scope, KIND, {**given, "locale": current_locale()}, plural(object_))
        return redirect(f"/exports/{job.id}", 303)
    return _file(scope, plan)


def _state(scope: RecordScope, object_: Object) -> ListState:
    state = current_state(scope, object_)
    if state.problem is not None:
        raise Invalid(state.problem)
    return state


def _given(state: ListState, *, with_ids: bool) -> dict[str, Any]:
    columns = list(state.column_names())
    if with_ids and "id" not in columns:
        columns.insert(0, "id")
    return {
        "object": state.object.api,
        "columns": columns,
        "where": state.where_json,
        "sort": list(state.sort_names()),
        "kind": request.form.get("kind", "xlsx"),
        "style": request.form.get("style", "labels"),
    }


def _file(scope: RecordScope, plan: ExportPlan) -> Response:
    out = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    try:
        write_export(scope, plan, out)
        out.seek(0)
        return send_file(
            out,
            mimetype=plan.content_type,
            as_attachment=True,
            download_name=plan.file_name(),
            max_age=0,
        )
    except BaseException:
        out.close()
        raise


@route(pages, "/exports/<job_id>", needs=SIGNED_IN)
def show_export(job_id: str) -> ResponseReturnValue:
    """How an export goes and went."""
    job = _export(job_id)
    return render_template("transfer/export_job.html", job=job)


@route(pages, "/exports/<job_id>/progress", needs=SIGNED_IN)
def show_export_progress(job_id: str) -> ResponseReturnValue:
    """How far it is; the page loads anew when it is over."""
    job = _export(job_id)
    response = make_response(
        render_template("transfer/progress.html", job=job, url=f"/exports/{job.id}/progress")
    )
    if job.state not in OPEN:
        response.headers["HX-Refresh"] = "true"
    return response


@route(pages, "/exports/<job_id>/cancel", methods=["POST"], needs=SIGNED_IN)
def cancel_export(job_id: str) -> ResponseReturnValue:
    """Ask it to stop."""
    job = _export(job_id)
    request_cancel(request_scope(), job.id)
    return redirect(f"/exports/{job.id}", 303)


@route(pages, "/exports/<job_id>/file", needs=SIGNED_IN)
def download_export(job_id: str) -> ResponseReturnValue:
    """The finished file."""
    job = _export(job_id)
    if job.results_file_id is None:
        raise NotFound()
    return download(request_scope(), job.results_file_id)


def _export(text: str) -> Job:
    """An export of the person, and of nobody else: it holds what they may see."""
    scope = request_scope()
    job = get_job(scope, parse_id(text))
    if job.kind != KIND or job.created_by != scope.actor.id:
        raise NotFound()
    return job
