"""The composition root: the application, and the command line."""

from __future__ import annotations

from functools import cache
from typing import Any

import click
from flask import Flask

import builder
from kernel import logging, scheduler
from kernel.cli import TerminalGroup, when_ready
from kernel.cli import commands as kernel_commands
from kernel.settings import Settings
from kernel.web.app import create_base_app
from kernel.web.services import Services, build_services
from runtime import people, refresh, reports, workspace
from runtime.api import api
from runtime.cli import user
from runtime.transfer import jobs as transfer_jobs
from runtime.transfer import views as transfer
from runtime.transfer.cli import import_
from seeds.cli import commands as seed_commands
from tenants import account_pages, sessions, views
from tenants.cli import tenant
from tenants.doorkeeper import TenantDoorkeeper


def create_app(services: Services | None = None) -> Flask:
    """The application with all pages; of the environment's settings unless services are given."""
    if services is None:
        settings = Settings.from_env()
        logging.configure(settings.log_level)
        services = build_services(settings)
    app = create_base_app(services, TenantDoorkeeper(services))
    sessions.prepare_sign_in(app)
    app.register_blueprint(views.pages)
    app.register_blueprint(account_pages.account)
    workspace.register(app)
    reports.register(app)
    transfer.register(app)
    builder.register(app)
    app.register_blueprint(api)
    scheduler.purge(sessions.purge_expired)
    return app


FOLLOWERS = (people, refresh, transfer_jobs)
"""Modules that follow what others do once they are imported: writing people, publishing, jobs."""


@cache
def _served_app() -> Flask:
    return create_app()


def __getattr__(name: str) -> Any:
    # `wsgi:app` for servers. Made when asked for: commands import this module without one.
    if name == "app":
        return _served_app()
    raise AttributeError(name)


@click.group(cls=TerminalGroup)
@click.pass_context
def cli(context: click.Context) -> None:
    """Banyan: the commands of an installation."""
    context.obj = when_ready(create_app)


for command in (*kernel_commands, tenant, user, import_, *seed_commands):
    cli.add_command(command)
