"""The draft as a whole: its changes, publishing and discarding them; versions and the way back."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from builder.blueprint import setup
from kernel.errors import Conflict, Invalid, Malformed, Problem
from kernel.i18n import _
from kernel.web.gate import current_scope, current_tenant
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.kinds import KINDS

SHOWN_VERSIONS = 100


@route(setup, "/changes", needs=ADMIN)
def show_changes() -> ResponseReturnValue:
    """What the draft changes, and what keeps it from being published."""
    return _page(None)


def _page(problem: Problem | None) -> str:
    scope = current_scope()
    return render_template(
        "setup/changes.html",
        problem=problem,
        faults=store.problems(scope) if problem is None else (),
        message=request.form.get("message", ""),
    )


@route(setup, "/changes/publish", methods=["POST"], needs=ADMIN, writes=False)
def publish_changes() -> ResponseReturnValue:
    """Publish the draft; everybody has it with their next request."""
    scope = current_scope()
    try:
        version = store.publish(scope, request.form.get("message", ""))
    except (Conflict, Invalid) as problem:
        scope.unit.undo()
        return _page(problem), problem.status
    flash(_("Version %(version)s is published.", version=version), "success")
    return redirect("/setup/history", 303)


@route(setup, "/changes/discard", methods=["POST"], needs=ADMIN, writes=False)
def discard_changes() -> ResponseReturnValue:
    """Drop the whole draft, or the change of one document."""
    kind, api = request.form.get("kind"), request.form.get("api")
    if kind:
        if kind not in KINDS or not api:
            raise Malformed()
        store.discard(current_scope(), kind, api)
        flash(_("The change of %(name)s is discarded.", name=api), "success")
    else:
        store.discard(current_scope())
        flash(_("All changes are discarded."), "success")
    return redirect("/setup/changes", 303)


@route(setup, "/history", needs=ADMIN)
def show_history() -> ResponseReturnValue:
    """The versions, newest first."""
    return _history(None)


def _history(problem: Problem | None) -> str:
    return render_template(
        "setup/history.html",
        versions=store.history(current_scope(), SHOWN_VERSIONS),
        zone=current_scope().actor.zone,
        now=current_tenant().metadata_version,
        problem=problem,
    )


@route(setup, "/history/revert", methods=["POST"], needs=ADMIN, writes=False)
def revert_version() -> ResponseReturnValue:
    """Make all definitions what they were at a version."""
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Malformed()
    scope = current_scope()
    try:
        version = store.revert(scope, int(text))
    except (Conflict, Invalid) as problem:
        scope.unit.undo()
        return _history(problem), problem.status
    flash(_("Version %(version)s is published.", version=version), "success")
    return redirect("/setup/history", 303)
