"""Commands for the life of tenants."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask import Flask

from kernel.errors import NotFound
from kernel.i18n import LOCALES, _
from kernel.web.services import Services
from tenants import removal, service


def _services(make_app: Callable[[], Flask]) -> Services:
    services = make_app().extensions["banyan"]
    assert isinstance(services, Services)
    return services


@click.group()
def tenant() -> None:
    """Create, list, suspend, resume and delete tenants."""


@tenant.command()
@click.argument("slug")
@click.option("--name", help="What people call it; the slug unless given.")
@click.option("--locale", type=click.Choice(LOCALES), default="en", show_default=True)
@click.option("--zone", default="UTC", show_default=True, help="Time zone, e.g. Asia/Shanghai.")
@click.option("--currency", default="USD", show_default=True, help="Three letters.")
@click.pass_obj
def create(
    make_app: Callable[[], Flask],
    slug: str,
    name: str | None,
    locale: str,
    zone: str,
    currency: str,
) -> None:
    """Create an empty tenant at SLUG.<domain>."""
    services = _services(make_app)
    domain = services.settings.base_domain
    service.create_tenant(
        services.database,
        slug,
        name or slug,
        base_domain=domain,
        locale=locale,
        zone=zone,
        currency=currency,
    )
    address = services.settings.address_of(f"{slug}.{domain}")
    click.echo(_("The tenant %(slug)s is at %(address)s", slug=slug, address=address))


@tenant.command("list")
@click.pass_obj
def list_(make_app: Callable[[], Flask]) -> None:
    """List all tenants."""
    for one in service.list_tenants(_services(make_app).database):
        click.echo(f"{one.slug:<40}  {one.state:<9}  {one.created_at:%Y-%m-%d}  {one.name}")


@tenant.command()
@click.argument("slug")
@click.pass_obj
def suspend(make_app: Callable[[], Flask], slug: str) -> None:
    """Close a tenant; its data stay."""
    service.suspend_tenant(_services(make_app).database, slug)
    click.echo(_("The tenant %(slug)s is suspended.", slug=slug))


@tenant.command()
@click.argument("slug")
@click.pass_obj
def resume(make_app: Callable[[], Flask], slug: str) -> None:
    """Open a suspended tenant again."""
    service.resume_tenant(_services(make_app).database, slug)
    click.echo(_("The tenant %(slug)s is open again.", slug=slug))


@tenant.command()
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(make_app: Callable[[], Flask], slug: str, yes: bool) -> None:
    """Delete a tenant with all its records and files, for good."""
    services = _services(make_app)
    try:
        service.find_tenant(services.database, slug)
    except NotFound as absent:
        click.echo(str(absent))  # what was wanted is so already
        return
    if not yes:
        question = _("Everything of %(slug)s will be gone. Type its name to go on", slug=slug)
        if click.prompt(question, default="", show_default=False) != slug:
            raise click.Abort()
    removal.delete_tenant(services.database, services.settings, slug)
    click.echo(_("The tenant %(slug)s is deleted.", slug=slug))
