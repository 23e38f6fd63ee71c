"""The start page, and the switch between applications."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from kernel.errors import NotFound
from kernel.i18n import _, format_date, format_decimal
from kernel.web.routes import SIGNED_IN, route
from metadata.condition import parse
from metadata.schema import Object
from runtime.query import count
from runtime.scope import RecordScope
from runtime.web import request_scope
from runtime.workspace.blueprint import pages
from runtime.workspace.list_page import COUNT_CAP
from runtime.workspace.navigation import APPLICATION_COOKIE, current_application, objects_of
from runtime.workspace.recent import recently_seen

RECENT = 8
COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Mine:
    """How many records of an object a person owns."""

    object: Object
    shown: str
    url: str


@route(pages, "/", needs=SIGNED_IN)
def show_home() -> ResponseReturnValue:
    """What a person was working on, what is theirs, and the way to everything else."""
    scope = request_scope()
    application = current_application(scope.schema)
    reports = [
        scope.schema.reports[item.report]
        for item in application.items
        if item.report is not None and item.report in scope.schema.reports
    ]
    return render_template(
        "workspace/home.html",
        greeting=_greeting(scope),
        today=format_date(scope.bindings().today),
        application=application,
        recent=recently_seen(scope, RECENT),
        mine=[_mine(scope, o) for o in objects_of(scope, application) if o.master is None],
        objects=objects_of(scope, application),
        reports=reports,
    )


def _greeting(scope: RecordScope) -> str:
    hour = scope.unit.clock.now().astimezone(ZoneInfo(scope.actor.zone)).hour
    if hour < 5 or hour >= 18:
        return _("Good evening, %(name)s", name=scope.actor.name)
    if hour < 12:
        return _("Good morning, %(name)s", name=scope.actor.name)
    return _("Good afternoon, %(name)s", name=scope.actor.name)


def _mine(scope: RecordScope, object_: Object) -> Mine:
    where = {"field": "owner", "op": "=", "value": {"$user": "id"}}
    found = count(scope, object_, parse(where, object_, scope.schema), cap=COUNT_CAP)
    shown = format_decimal(min(found, COUNT_CAP)) + ("+" if found > COUNT_CAP else "")
    query = {"view": object_.views[0].api, "where": orjson.dumps(where).decode()}
    return Mine(object_, shown, f"/o/{object_.api}?{urlencode(query)}")


@route(pages, "/application/<api>", needs=SIGNED_IN)
def switch_application(api: str) -> ResponseReturnValue:
    """Remember an application in a cookie and go to its first list."""
    scope = request_scope()
    chosen = next((a for a in scope.schema.applications if a.api == api), None)
    if chosen is None:
        raise NotFound()
    response = redirect("/", 303)
    response.set_cookie(
        APPLICATION_COOKIE,
        chosen.api,
        max_age=COOKIE_SECONDS,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response
