"""Keeping, renaming and deleting one's own list views."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from kernel.errors import Invalid
from kernel.i18n import _
from kernel.web.routes import SIGNED_IN, route
from runtime import access
from runtime.web import parse_id, request_scope
from runtime.workspace import saved_views
from runtime.workspace.blueprint import pages
from runtime.workspace.list_page import current_state
from runtime.workspace.list_state import OWN


@route(pages, "/o/<object_api>/views", methods=["POST"], needs=SIGNED_IN)
def create_view(object_api: str) -> ResponseReturnValue:
    """Keep the list as it is shown (the address says how) under a name."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    state = current_state(scope, object_)
    if state.problem is not None:
        raise Invalid(state.problem)
    view = saved_views.save_view(
        scope,
        object_,
        request.form.get("name", ""),
        columns=state.column_names(),
        where=state.where_json,
        sort=state.sort_names(),
    )
    flash(_("The view “%(name)s” is saved.", name=view.name), "success")
    return _to_view(object_api, f"{OWN}{view.id}")


@route(pages, "/o/<object_api>/views/<view_id>", methods=["POST"], needs=SIGNED_IN)
def change_view(object_api: str, view_id: str) -> ResponseReturnValue:
    """Rename one's own view, keep the list as it is shown in it, or delete it."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    number = parse_id(view_id)
    action = request.form.get("action")
    if action == "delete":
        saved_views.delete_view(scope, object_, number)
        flash(_("The view is deleted."), "success")
        return redirect(f"/o/{object_.api}", 303)
    if action == "replace":
        state = current_state(scope, object_)
        if state.problem is not None:
            raise Invalid(state.problem)
        saved_views.replace_view(
            scope,
            object_,
            number,
            columns=state.column_names(),
            where=state.where_json,
            sort=state.sort_names(),
        )
        flash(_("The view is saved."), "success")
    else:
        saved_views.rename_view(scope, object_, number, request.form.get("name", ""))
        flash(_("The view is renamed."), "success")
    return _to_view(object_.api, f"{OWN}{number}")


def _to_view(object_api: str, key: str) -> ResponseReturnValue:
    return redirect(f"/o/{object_api}?{urlencode({'view': key})}", 303)
