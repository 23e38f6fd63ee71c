"""Deleting a document: what stands in the way, and the deed."""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from builder.blueprint import attempt, find_entry, is_editable, label_of, setup
from builder.placing import take_away
from kernel.errors import Forbidden, NotFound, Problem
from kernel.i18n import _
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from metadata import store
from metadata.drafts import Entry
from metadata.kinds import KINDS, QUALIFIED

LISTS = {
    "picklist": "/setup/picklists",
    "application": "/setup/applications",
    "report": "/setup/reports",
}


@route(setup, "/delete/<kind>/<api>", needs=ADMIN)
def ask_deletion(kind: str, api: str) -> ResponseReturnValue:
    """Ask for confirmation."""
    return _question(_deletable(kind, api), None)


@route(setup, "/delete/<kind>/<api>", methods=["POST"], needs=ADMIN, writes=False)
def delete_document(kind: str, api: str) -> ResponseReturnValue:
    """Delete the document in the draft, or say what still needs it."""
    scope = current_scope()
    entry = _deletable(kind, api)

    def change() -> None:
        if kind == "field":
            take_away(scope, *api.split(".", 1))
        store.delete_document(scope, kind, api)

    problem = attempt(change, _("“%(name)s” deleted", name=label_of(entry.body)))
    if problem is not None:
        return _question(entry, problem), problem.status
    return redirect(_back(entry), 303)


def _deletable(kind: str, api: str) -> Entry:
    if kind not in KINDS:
        raise NotFound()
    entry = find_entry(kind, api)
    if not is_editable(entry):
        raise Forbidden(_("What every workspace has cannot be deleted."))
    return entry


def _back(entry: Entry) -> str:
    if entry.kind in QUALIFIED:
        return f"/setup/objects/{entry.api.split('.')[0]}"
    return LISTS.get(entry.kind, "/setup/objects")


def _question(entry: Entry, problem: Problem | None) -> str:
    return render_template(
        "setup/delete.html",
        entry=entry,
        problem=problem,
        back=_back(entry),
    )
