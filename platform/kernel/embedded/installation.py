"""What `make run` starts: the servers, the schema, the demo tenants, web, worker and scheduler."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from kernel import servers
from kernel.embedded.errors import LaunchError
from kernel.embedded.home import Home, is_free
from kernel.embedded.postgres import Postgres
from kernel.embedded.processes import last_error, spawn, stop, wait_until
from kernel.embedded.supervisor import Program, Supervisor
from kernel.embedded.valkey import Valkey
from kernel.i18n import _
from kernel.settings import Settings

BANYAN = str(Path(sys.executable).parent / "banyan")
SERVE = [sys.executable, "-m", "gunicorn", "--config", "python:kernel.web.server", "wsgi:app"]
PROGRAMS = {
    "web": SERVE,
    # Mail does not wait behind an import.
    "worker": [BANYAN, "worker", "--queue", "default"],
    "worker-bulk": [BANYAN, "worker", "--queue", "bulk"],
    "scheduler": [BANYAN, "scheduler"],
}
"""What runs, by its name in messages and logs."""

DEMO_TENANTS = ("demo", "acme")
READY_SECONDS = 60


class Installation:
    """A whole installation on this machine, for one person to try or develop."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._environ = dict(environ) | {"BANYAN_HOME": str(settings.home)}
        self._say = say
        self._home = Home(settings.home)
        self._supervisor = Supervisor()

    def run(self) -> None:
        """Start everything and keep it running until a stop signal (`KeyboardInterrupt`).

        Raises `LaunchError`. Whatever happens, nothing is left running afterwards.
        """
        with self._home.lock():
            try:
                self._start()
                self._say(self._welcome())
                self._supervisor.watch()
            finally:
                for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(signum, signal.SIG_IGN)
                self._supervisor.stop()

    def _start(self) -> None:
        self._home.require_space()
        programs = self._programs()
        for program in programs:
            program.end_leftover()
        self._require_port()
        self._start_servers()
        self._say(_("Preparing the database ..."))
        servers.migrate(self._environ["DATABASE_URL"])
        self._seed()
        self._say(_("Starting Banyan ..."))
        for program in programs:
            self._supervisor.start(program)
        self._wait_until_ready()

    def _programs(self) -> list[Program]:
        return [
            Program(name, command, self._home, self._environ) for name, command in PROGRAMS.items()
        ]

    def _require_port(self) -> None:
        port = self._settings.port
        if not is_free(port, self._settings.bind):
            raise LaunchError(
                _(
                    "Port %(port)s is in use by another program; choose another one, "
                    "for example PORT=%(other)s.",
                    port=port,
                    other=port + 1 if port < 65535 else 8000,
                )
            )

    def _start_servers(self) -> None:
        if not self._environ.get("DATABASE_URL"):
            self._say(_("Starting PostgreSQL ..."))
            postgres = Postgres(self._home)
            self._supervisor.start(postgres)
            self._environ["DATABASE_URL"] = postgres.url
        else:
            self._environ["DATABASE_URL"] = self._settings.database_url
        if not self._environ.get("REDIS_URL"):
            self._say(_("Starting Valkey ..."))
            valkey = Valkey(self._home)
            self._supervisor.start(valkey)
            self._environ["REDIS_URL"] = valkey.url
        servers.require_redis(self._environ["REDIS_URL"])

    def _seed(self) -> None:
        """Make the demo tenants; in a process of its own, since seeds is a higher layer."""
        self._environ["BANYAN_DEMO_PASSWORD"] = self._demo_password()
        self._say(_("Preparing the demo tenants ..."))
        log = self._home.log_file("demo")
        process = spawn([BANYAN, "demo"], log=log, env=self._environ)
        try:
            code = process.wait()
        finally:
            stop(process, (signal.SIGTERM,), 10)
        if code != 0:
            raise LaunchError(
                _(
                    "The demo tenants could not be made: %(reason)s (log: %(log)s)",
                    reason=last_error(log),
                    log=log,
                )
            )

    def _demo_password(self) -> str:
        """The given password, or a random one that is kept for the next start."""
        path = self._home.path / "demo_password"
        password = self._settings.demo_password
        if password is None and path.is_file():
            password = path.read_text(encoding="utf-8").strip()
        password = password or secrets.token_urlsafe(12)
        path.touch(mode=0o600)
        path.write_text(f"{password}\n", encoding="utf-8")
        return password

    def _wait_until_ready(self) -> None:
        def settled() -> bool:
            self._supervisor.look()
            return self._is_ready()

        if not wait_until(settled, READY_SECONDS, step=0.1):
            log = self._home.logs / "web.log"
            raise LaunchError(
                _(
                    "Banyan does not answer after %(seconds)s seconds: %(reason)s (log: %(log)s)",
                    seconds=READY_SECONDS,
                    reason=last_error(log),
                    log=log,
                )
            )

    def _is_ready(self) -> bool:
        bind = self._settings.bind
        host = "127.0.0.1" if bind == "0.0.0.0" else bind  # noqa: S104  # compared, not bound to
        connection = http.client.HTTPConnection(host, self._settings.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _welcome(self) -> str:
        lines = ["", _("Banyan is ready."), ""]
        for slug in DEMO_TENANTS:
            host = f"{slug}.{self._settings.base_domain}"
            lines.append(f"  http://{host}:{self._settings.port}   admin@{slug}.example")
        lines += [
            "",
            _("Password of all demo sign-ins: %(password)s", password=self._demo_password()),
            _("Logs: %(logs)s", logs=self._home.logs),
            _("Mail: %(mail)s", mail=self._settings.mail_dir),
            _("Stop with Ctrl-C."),
            "",
        ]
        return "\n".join(lines)


def run_installation(say: Callable[[str], None]) -> None:
    """Run the installation that the environment describes; raises `LaunchError`."""
    Installation(Settings.from_env(), os.environ, say).run()
