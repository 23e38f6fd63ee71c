"""Deleting a record: what would go with it or what stands in the way, then the deed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import Conflict, Forbidden, Malformed
from kernel.i18n import _, label_text
from kernel.web.gate import wants_fragment
from kernel.web.routes import SIGNED_IN, route
from runtime.records import Record, delete, get, plan_deletion
from runtime.scope import RecordScope
from runtime.web import parse_id, request_scope
from runtime.workspace.blueprint import may_edit, pages
from runtime.workspace.display import list_url, record_name


def _deletable(scope: RecordScope, object_api: str, record_id: str) -> Record:
    record = get(scope, object_api, parse_id(record_id))
    if not may_edit(scope, record):
        raise Forbidden(_("Only the owner of this record or an administrator may delete it."))
    return record


@route(pages, "/o/<object_api>/<record_id>/delete", needs=SIGNED_IN)
def ask_deletion(object_api: str, record_id: str) -> ResponseReturnValue:
    """Ask for confirmation, as a dialog over the page or as a page of its own."""
    scope = request_scope()
    return _question(scope, _deletable(scope, object_api, record_id))


def _question(scope: RecordScope, record: Record) -> str:
    plan = plan_deletion(scope, record.object.api, record.id)
    problem = plan.problem()
    going = [
        (len(ids) - (1 if object_ is record.object else 0), object_)
        for object_, ids in plan.going.items()
    ]
    clearing = sum(len(ids) for _child, _link, ids in plan.clearing)
    template = "delete_dialog.html" if wants_fragment() else "delete.html"
    return render_template(
        f"workspace/{template}",
        object=record.object,
        record=record,
        name=record_name(record.object, record),
        going=[(n, label_text(o.plural)) for n, o in going if n],
        clearing=[label_text(child.plural) for child, _link, _ids in plan.clearing]
        if clearing
        else [],
        problem=problem,
        blockers=[str(error.message) for error in problem.errors] if problem else [],
    )


@route(pages, "/o/<object_api>/<record_id>/delete", methods=["POST"], needs=SIGNED_IN)
def delete_record(object_api: str, record_id: str) -> ResponseReturnValue:
    """Delete it, unless it has changed since the question was asked."""
    scope = request_scope()
    record = _deletable(scope, object_api, record_id)
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise Malformed()
    try:
        delete(scope, record.object.api, record.id, int(version))
    except Conflict:
        return _question(scope, record), 409
    flash(_("“%(name)s” is deleted.", name=record_name(record.object, record)), "success")
    return redirect(list_url(record.object.api), 303)
