"""Imports: the list of past ones, a new one, how one goes and went."""

from __future__ import annotations

from flask import Flask, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel import files, scheduler
from kernel.errors import FieldError, Invalid, NotFound, Problem
from kernel.i18n import _, lazy
from kernel.jobs import OPEN, request_cancel
from kernel.web.downloads import download
from kernel.web.navigation import add_entry
from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Object
from runtime import access
from runtime.scope import RecordScope
from runtime.transfer import columns_page, export_pages, imports, values_page
from runtime.transfer.blueprint import current_job, object_label, open_import, pages, step_of
from runtime.transfer.csvfiles import DELIMITERS, ENCODINGS
from runtime.transfer.imports import get_import, job_of
from runtime.transfer.readers import FileFormat
from runtime.web import parse_id, request_scope
from runtime.workspace.list_links import ListLink, add_list_link
from runtime.workspace.list_state import ListState

MODULES = (columns_page, values_page, export_pages)
"""Importing a module puts its routes on the blueprint; listed so that none is forgotten."""


def register(app: Flask) -> None:
    """Serve the pages from `app`."""
    app.register_blueprint(pages)
    scheduler.purge(imports.purge_abandoned)
    add_entry(app, "main", lazy("Imports"), "transfer.list_imports", "file-import")
    add_list_link(app, import_link)
    add_list_link(app, export_pages.export_link)


def import_link(object_: Object, _state: ListState) -> ListLink | None:
    """The button above a list for those who may create its records."""
    if not access.may_create(request_scope(), object_):
        return None
    return ListLink(_("Import"), f"/imports/new?object={object_.api}", "file-import", True)


@route(pages, "/imports", needs=SIGNED_IN)
def list_imports() -> ResponseReturnValue:
    """The imports that the person began; an administrator sees all."""
    scope = request_scope()
    found = imports.list_imports(scope)
    return render_template(
        "transfer/list.html",
        imports=[(entry, object_label(scope, entry.object_number)) for entry in found],
        steps={entry.id: step_of(scope, entry) for entry in found},
        zone=scope.actor.zone,
    )


@route(pages, "/imports/new", needs=SIGNED_IN)
def new_import() -> ResponseReturnValue:
    """Choose a file and an object."""
    return _new_page(request_scope(), None)


def _new_page(scope: RecordScope, problem: Problem | None) -> ResponseReturnValue:
    objects = [o for o in scope.schema.objects.values() if access.may_create(scope, o)]
    page = render_template(
        "transfer/new.html",
        objects=sorted(objects, key=lambda o: o.number),
        chosen=request.values.get("object", ""),
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        problem=problem,
    )
    return page, (problem.status if problem else 200)


@route(pages, "/imports", methods=["POST"], needs=SIGNED_IN, upload=True)
def create_import() -> ResponseReturnValue:
    """Keep the file and go on to its columns."""
    scope = request_scope()
    try:
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            message = lazy("Please choose a file.")
            raise Invalid(errors=[FieldError("file", "required", message)])
        file = files.store(scope, upload.stream, upload.filename, upload.mimetype, imports.PURPOSE)
        found = imports.create_import(scope, request.form.get("object", ""), file, _wanted())
    except Problem as problem:
        return _new_page(scope, problem)
    return redirect(f"/imports/{found.id}/columns", 303)


def _wanted() -> FileFormat:
    encoding = request.form.get("encoding") or None
    delimiter = request.form.get("delimiter") or None
    return FileFormat("csv", encoding, "\t" if delimiter == "tab" else delimiter)


@route(pages, "/imports/<import_id>", needs=SIGNED_IN)
def show_import(import_id: str) -> ResponseReturnValue:
    """What an import will do, does or did."""
    scope = request_scope()
    found, plan = open_import(scope, import_id)
    return render_template(
        "transfer/import.html",
        found=found,
        plan=plan,
        object=scope.schema.by_number.get(found.object_number),
        step=step_of(scope, found),
        job=current_job(scope, found),
        check_job=job_of(scope, found.check_job_id),
        run_job=job_of(scope, found.job_id),
        undo_job=job_of(scope, found.undo_job_id),
        summary=found.summary or {},
        zone=scope.actor.zone,
        objects=scope.schema.objects,
    )


@route(pages, "/imports/<import_id>/progress", needs=SIGNED_IN)
def show_progress(import_id: str) -> ResponseReturnValue:
    """How far the running job is; the page loads anew when it is over."""
    scope = request_scope()
    found, _plan = open_import(scope, import_id)
    job = current_job(scope, found)
    if job is None:
        raise NotFound()
    response = make_response(
        render_template("transfer/progress.html", job=job, url=f"/imports/{found.id}/progress")
    )
    if job.state not in OPEN:
        response.headers["HX-Refresh"] = "true"
    return response


@route(pages, "/imports/<import_id>/check", methods=["POST"], needs=SIGNED_IN)
def check_import(import_id: str) -> ResponseReturnValue:
    """Start a dry run."""
    return _start(import_id, "check")


@route(pages, "/imports/<import_id>/run", methods=["POST"], needs=SIGNED_IN)
def run_import(import_id: str) -> ResponseReturnValue:
    """Start the import."""
    return _start(import_id, "run")


@route(pages, "/imports/<import_id>/undo", methods=["POST"], needs=SIGNED_IN)
def undo_import(import_id: str) -> ResponseReturnValue:
    """Start taking the import back."""
    return _start(import_id, "undo")


STEPS = {
    "check": imports.start_check,
    "run": imports.start_run,
    "undo": imports.start_undo,
}


def _start(import_id: str, step: str) -> ResponseReturnValue:
    scope = request_scope()
    found, _plan = open_import(scope, import_id, lock=True)
    try:
        STEPS[step](scope, found)
    except Invalid:  # the page of the columns says what is wrong
        return redirect(f"/imports/{found.id}/columns?check=1", 303)
    return redirect(f"/imports/{found.id}", 303)


@route(pages, "/imports/<import_id>/cancel", methods=["POST"], needs=SIGNED_IN)
def cancel_import(import_id: str) -> ResponseReturnValue:
    """Ask the running job to stop after the rows it is at."""
    scope = request_scope()
    found, _plan = open_import(scope, import_id)
    job = current_job(scope, found)
    if job is None:
        raise NotFound()
    request_cancel(scope, job.id)
    flash(_("The job stops after the rows it is at."), "success")
    return redirect(f"/imports/{found.id}", 303)


@route(pages, "/imports/<import_id>/results/<step>", needs=SIGNED_IN)
def download_results(import_id: str, step: str) -> ResponseReturnValue:
    """The rows with what became of each, as CSV."""
    scope = request_scope()
    found = get_import(scope, parse_id(import_id))
    jobs = {"check": found.check_job_id, "run": found.job_id, "undo": found.undo_job_id}
    job = job_of(scope, jobs.get(step))
    if job is None or job.results_file_id is None:
        raise NotFound()
    return download(scope, job.results_file_id)
