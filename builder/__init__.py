"""The set-up pages, in which administrators define objects, and the API for definitions.

`register` puts them on an application. One module a page, `blueprint` holds what they share.
"""

from __future__ import annotations

from flask import Flask

from builder import (
    applications_page,
    changes_page,
    deletion_page,
    description,
    fields_page,
    layouts_page,
    objects_page,
    people_page,
    picklists_page,
    reports_page,
    views_page,
)
from builder.api import api
from builder.blueprint import setup
from kernel.i18n import lazy
from kernel.web.navigation import add_entry
from runtime.workspace.list_links import add_list_link

__all__ = ["register"]

MODULES = (
    objects_page,
    fields_page,
    picklists_page,
    layouts_page,
    views_page,
    applications_page,
    reports_page,
    people_page,
    changes_page,
    deletion_page,
    description,
)
"""Importing a module puts its routes on the blueprint, or its paths into the description of the
API; listed so that none is forgotten."""


def register(app: Flask) -> None:
    """Serve the set-up pages from `app`, and link them in the navigation of administrators."""
    app.register_blueprint(setup)
    app.register_blueprint(api)
    add_entry(app, "setup", lazy("Objects and fields"), "setup.list_objects", "database")
    add_entry(app, "setup", lazy("Picklists"), "setup.list_picklists", "list-check")
    add_entry(app, "setup", lazy("Navigation"), "setup.list_applications", "layout-sidebar")
    add_entry(app, "setup", lazy("Reports for everybody"), "setup.list_reports", "report")
    add_entry(app, "setup", lazy("People"), "setup.list_people", "users")
    add_entry(app, "setup", lazy("Changes"), "setup.show_changes", "git-compare")
    add_entry(app, "setup", lazy("Versions"), "setup.show_history", "history")
    add_list_link(app, views_page.view_link)
