"""The navigation of the frame, from the applications of the tenant's metadata."""

from __future__ import annotations

import re

from flask import g, request

from kernel.i18n import label_text
from kernel.web.navigation import Entry, Navigation
from metadata.schema import Application, NavigationItem, Object, Schema
from runtime import access
from runtime.scope import RecordScope
from runtime.web import request_scope

APPLICATION_COOKIE = "application"
_ICON = re.compile(r"[a-z0-9-]{1,40}")


def make_navigation() -> Navigation:
    """The navigation of whoever is served; nothing for a visitor.

    On the page of an error it takes what the request had loaded, and asks the database nothing.
    """
    if "scope" not in g or g.scope.actor.id is None:
        return Navigation()
    if "visit" in g and "record_scope" not in g:
        request_scope()
    scope = g.record_scope
    current = current_application(scope.schema)
    entries = tuple(e for item in current.items if (e := _entry(scope.schema, item)) is not None)
    return Navigation(
        application=_application_entry(current, current),
        applications=tuple(_application_entry(a, current) for a in scope.schema.applications),
        entries=entries,
        creatable=_creatable(scope, current),
    )


def current_application(schema: Schema) -> Application:
    """The application that the person chose last; the first when that is gone."""
    chosen = request.cookies.get(APPLICATION_COOKIE)
    return next((a for a in schema.applications if a.api == chosen), schema.applications[0])


def objects_of(scope: RecordScope, application: Application) -> list[Object]:
    """The objects of an application, in the order of its navigation."""
    found = (scope.schema.objects.get(item.object or "") for item in application.items)
    return [object_ for object_ in found if object_ is not None]


def icon_of(name: str) -> str:
    """An icon name that can stand in a class attribute."""
    return name if _ICON.fullmatch(name or "") else "table"


def _application_entry(application: Application, current: Application) -> Entry:
    return Entry(
        label_text(application.label),
        f"/application/{application.api}",
        icon_of(application.icon),
        application is current,
    )


def _entry(schema: Schema, item: NavigationItem) -> Entry | None:
    if item.object is not None:
        object_ = schema.objects.get(item.object)
        if object_ is None:
            return None
        url = f"/o/{object_.api}"
        label = label_text(item.label) or label_text(object_.plural)
        return Entry(label, url, icon_of(object_.icon), _is_here(url))
    report = schema.reports.get(item.report or "")
    if report is None:
        return None
    url = f"/reports/{report.api}"
    label = label_text(item.label) or label_text(report.label)
    return Entry(label, url, "chart-bar", _is_here(url))


def _is_here(url: str) -> bool:
    return request.path == url or request.path.startswith(url + "/")


def _creatable(scope: RecordScope, application: Application) -> tuple[Entry, ...]:
    return tuple(
        Entry(label_text(object_.label), f"/o/{object_.api}/new", icon_of(object_.icon))
        for object_ in objects_of(scope, application)
        if object_.master is None and access.may_create(scope, object_)
    )
