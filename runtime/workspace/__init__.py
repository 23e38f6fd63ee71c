"""The workspace: the pages in which people work with records, drawn from metadata.

`register` puts them on an application. One module a page, `blueprint` holds what they share.
"""

from __future__ import annotations

from flask import Flask

from kernel.web.navigation import set_navigation
from runtime.workspace import (
    delete_page,
    filter_panel,
    form_pages,
    home_page,
    list_page,
    lookups,
    record_page,
    saved_view_pages,
    search_page,
)
from runtime.workspace.blueprint import pages
from runtime.workspace.navigation import make_navigation

__all__ = ["register"]

MODULES = (
    home_page,
    list_page,
    filter_panel,
    saved_view_pages,
    record_page,
    form_pages,
    delete_page,
    search_page,
    lookups,
)
"""Importing a module puts its routes on the blueprint; listed so that none is forgotten."""


def register(app: Flask) -> None:
    """Serve the workspace from `app`."""
    app.register_blueprint(pages)
    set_navigation(app, make_navigation)
