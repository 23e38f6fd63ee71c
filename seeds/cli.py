"""Commands about template packages and the demo tenants."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from kernel.errors import Problem
from kernel.i18n import _, label_text, ngettext
from kernel.web.services import Services
from seeds import demo, installer, shelf
from seeds.archive import read_files, write_zip
from seeds.lint import lint
from seeds.package import IGNORED, Package, load, parse
from tenants.service import find_tenant

MakeApp = Callable[[], Flask]


@click.group()
def template() -> None:
    """Check, pack and install template packages.

    A PACKAGE is a folder, its zip, or the name of a template that comes with Banyan.
    """


@template.command("lint")
@click.argument("packages", nargs=-1, required=True, metavar="PACKAGE...")
def lint_(packages: tuple[str, ...]) -> None:
    """Check packages together with those they require."""
    failed = False
    for name in packages:
        try:
            package = _found(name)
            others = shelf.available(Path(name))
            lint(package, {k: v for k, v in others.items() if k != package.manifest.name})
        except Problem as problem:
            failed = True
            _report(name, problem)
        else:
            done = _(
                "%(name)s %(version)s is valid: %(documents)s documents, %(records)s records.",
                name=package.manifest.name,
                version=package.manifest.version,
                documents=len(package.documents),
                records=sum(len(file.records) for file in package.data),
            )
            click.echo(done)
    raise SystemExit(int(failed))


@template.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="NAME-VERSION.zip unless given.")
def pack(folder: Path, output: Path | None) -> None:
    """Check a package and make its zip."""
    with _told(str(folder)):
        files = {name: body for name, body in read_files(folder).items() if name not in IGNORED}
        package = parse(files)
        lint(package, shelf.available(folder))
    manifest = package.manifest
    target = output or Path(f"{manifest.name}-{manifest.version}.zip")
    try:
        target.write_bytes(write_zip(files))
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror}") from error
    click.echo(_("%(file)s is written.", file=target))


@template.command("list")
def list_() -> None:
    """List the templates that come with Banyan."""
    for name in shelf.names():
        manifest = shelf.shipped(name).manifest
        click.echo(f"{name:<24}  {manifest.version:<8}  {label_text(manifest.label)}")


@template.command()
@click.argument("package", metavar="PACKAGE")
@click.option("--tenant", "slug", required=True, help="The tenant that gets it.")
@click.pass_obj
def install(make_app: MakeApp, package: str, slug: str) -> None:
    """Install a package in a tenant, or bring an installed one to a newer version."""
    app = make_app()
    services: Services = app.extensions["banyan"]
    with _told(package), app.app_context():
        wanted = _found(package)
        tenant_id = find_tenant(services.database, slug).id
        with services.database.scope(tenant_id) as scope:
            done = installer.install(scope, wanted)
    what = {"name": done.name, "version": done.package_version}
    if not done.changed:
        click.echo(_("%(name)s %(version)s is installed already; nothing changed.", **what))
        return
    click.echo(_("%(name)s %(version)s is installed.", **what))
    if done.records:
        click.echo(
            ngettext("%(n)s record was created.", "%(n)s records were created.", done.records)
        )
    for kept in done.kept:
        click.echo(_("Kept as the tenant changed it: %(document)s", document=kept))


@click.command("demo")
@click.pass_obj
def demo_(make_app: MakeApp) -> None:
    """Make the demo tenants (BANYAN_DEMO_PASSWORD, or a random one that is printed)."""
    app = make_app()
    services: Services = app.extensions["banyan"]
    given = services.settings.demo_password
    password = given or secrets.token_urlsafe(12)
    with _told("demo"), app.app_context():
        demo.ensure(services, password)
    if given is None:
        click.echo(_("Password of all demo sign-ins: %(password)s", password=password))


def _found(name: str) -> Package:
    """A package by path or, where there is none, by the name of a shipped one."""
    if Path(name).exists() or name not in shelf.names():
        return load(Path(name))
    return shelf.shipped(name)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell what is wrong, and end with exit code 1."""
    try:
        yield
    except Problem as problem:
        _report(name, problem)
        raise SystemExit(1) from problem


def _report(name: str, problem: Problem) -> None:
    click.echo(f"{name}: {problem.detail or problem.title}", err=True)
    for error in problem.errors:
        click.echo(f"  {error.field}: {error.message}", err=True)


commands = [template, demo_]
"""For `wsgi.cli`, whose context object is the function that makes the application."""
