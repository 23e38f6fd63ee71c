"""Reports: figures over records by up to two keys, as table and chart, each with its records."""

from __future__ import annotations

from flask import Flask

from kernel.i18n import lazy
from kernel.web.navigation import add_entry
from runtime.reports.pages import pages, report_link
from runtime.workspace.list_links import add_list_link

__all__ = ["register"]


def register(app: Flask) -> None:
    """Put the report pages on an application, and a link above each list."""
    app.register_blueprint(pages)
    add_entry(app, "main", lazy("Reports"), "reports.list_reports", "chart-bar")
    add_list_link(app, report_link)
