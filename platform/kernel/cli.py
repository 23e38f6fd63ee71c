"""The commands that start and examine an installation; `wsgi.cli` puts all commands together."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import click
from flask import Flask

from kernel import i18n, servers
from kernel.embedded.errors import LaunchError
from kernel.embedded.installation import SERVE, run_installation
from kernel.embedded.processes import die_with_parent
from kernel.embedded.supervisor import interrupt_on_stop_signals
from kernel.errors import Problem
from kernel.i18n import _
from kernel.settings import Settings, SettingsError
from kernel.web.services import QUEUES

MakeApp = Callable[[], Flask]


class TerminalGroup(click.Group):
    """A group of commands that speaks the language of the terminal, without tracebacks for what
    the person at it can mend."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what keeps it from working is one sentence and exit code 1."""
        i18n.set_locale(terminal_locale())
        try:
            return super().invoke(ctx)
        except (LaunchError, SettingsError, Problem) as error:
            click.echo(str(error), err=True)
            raise SystemExit(1) from error


def terminal_locale() -> str:
    """The language of `LC_ALL`, `LC_MESSAGES` or `LANG`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh_CN" if value.startswith("zh") else i18n.DEFAULT_LOCALE
    return i18n.DEFAULT_LOCALE


@click.command()
def run() -> None:
    """Start everything on this machine: servers, demo tenants, web, worker, scheduler."""
    interrupt_on_stop_signals()
    if "MAKELEVEL" in os.environ:
        # `make run`: when make is killed, this must not go on without anybody to stop it.
        die_with_parent(signal.SIGTERM)
    try:
        run_installation(click.echo)
    except KeyboardInterrupt:
        click.echo(_("Banyan has stopped."))


@click.command()
def serve() -> None:
    """Serve the web application (gunicorn; WEB_CONCURRENCY processes)."""
    settings = Settings.from_env()
    engine = servers.open_database(settings.database_url)
    servers.require_schema(engine)
    engine.dispose()
    servers.require_redis(settings.redis_url)
    os.execv(SERVE[0], SERVE)  # noqa: S606  # becomes gunicorn: nothing is passed to a shell


@click.command()
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
@click.option(
    "--queue",
    "queues",
    type=click.Choice(QUEUES),
    multiple=True,
    default=QUEUES,
    help="Only this one; may be given again. Long jobs are in `bulk`.",
)
@click.pass_obj
def worker(make_app: MakeApp, burst: bool, queues: tuple[str, ...]) -> None:
    """Do the jobs: imports, exports, mail and all else that takes long."""
    from kernel.worker import work

    work(make_app(), queues, burst=burst)


@click.command()
@click.pass_obj
def scheduler(make_app: MakeApp) -> None:
    """Look after what is due. One is needed; a second one does no harm."""
    from kernel.scheduler import run as run_scheduler

    run_scheduler(make_app())


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this release."""
    servers.migrate(Settings.from_env().database_url)
    click.echo(_("The database has the schema of this release."))


@click.command()
def doctor() -> None:
    """Say what is wrong with this installation."""
    from kernel.doctor import Level, examine

    worst = 0
    for finding in examine(Settings.from_env()):
        click.echo(f"{finding.level.value:<4}  {finding.what}")
        if finding.advice:
            click.echo(f"      {finding.advice}")
        worst = max(worst, int(finding.level is Level.FAIL))
    raise SystemExit(worst)


def when_ready(make_app: MakeApp) -> MakeApp:
    """`make_app` for commands: it raises `LaunchError` when the servers or the schema are not as
    the application needs them."""

    def make() -> Flask:
        settings = Settings.from_env()
        engine = servers.open_database(settings.database_url)
        servers.require_schema(engine)
        engine.dispose()
        servers.require_redis(settings.redis_url)
        return make_app()

    return make


commands = [run, serve, worker, scheduler, migrate, doctor]
"""For `wsgi.cli`, whose context object is the function that makes the application, `when_ready`."""
