"""Commands about people."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import click
from flask import Flask

from kernel.i18n import LOCALES, _
from kernel.web.services import Services
from runtime.people import create_user
from runtime.scope import open_scope
from tenants.service import find_tenant


@click.group()
def user() -> None:
    """Create users."""


@user.command()
@click.option("--tenant", "slug", required=True)
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--admin", is_flag=True, help="The person may change everything.")
@click.option("--locale", type=click.Choice(LOCALES), help="The tenant's unless given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def create(
    make_app: Callable[[], Flask],
    slug: str,
    email: str,
    name: str,
    admin: bool,
    locale: str | None,
    password_stdin: bool,
) -> None:
    """Create a user who may sign in; prints a password unless one is given."""
    app = make_app()
    services: Services = app.extensions["banyan"]
    tenant_id = find_tenant(services.database, slug).id
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    password = secrets.token_urlsafe(12) if given is None else given
    with app.app_context(), open_scope(services.database, tenant_id, write=True) as scope:
        create_user(scope, email, name, password=password, is_admin=admin, locale=locale)
    click.echo(_("The user %(email)s is created.", email=email))
    if given is None:
        click.echo(_("Password: %(password)s", password=password))
