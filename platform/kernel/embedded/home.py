"""The folder of an installation: where the embedded servers live, and the lock on it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kernel.embedded.account import Account, server_account
from kernel.embedded.addresses import FILE_NAME, read_addresses
from kernel.embedded.errors import LaunchError
from kernel.i18n import _

FALLBACK_DIR = Path("/var/lib/banyan")
LEAST_FREE_BYTES = 300 * 1024 * 1024
LOCK_NAME = "lock"
LARGEST_LOG_BYTES = 10 * 1024 * 1024


class Home:
    """The folder `BANYAN_HOME`.

    `servers` holds the servers' data. It is the home itself, unless this is root and the home is
    in a folder that is closed to other accounts (such as /root): then a folder of its own below
    /var/lib/banyan, since the servers run as an ordinary account.
    """

    def __init__(self, path: Path, account: Account | None = None) -> None:
        self.path = path = path.resolve()
        self.account = account or server_account()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.servers = self._servers_dir()
            self.logs = path / "logs"
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise LaunchError(
                _("The folder %(path)s cannot be used: %(reason)s.", path=path, reason=_why(error))
            ) from error

    def _servers_dir(self) -> Path:
        if self.account is None or self.account.can_reach(self.path):
            return self.path
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        fallback = FALLBACK_DIR / name
        fallback.mkdir(parents=True, exist_ok=True)
        FALLBACK_DIR.chmod(0o755)
        fallback.chmod(0o755)
        if not self.account.can_reach(fallback):
            raise LaunchError(
                _(
                    "The servers cannot reach %(path)s as an ordinary account; set BANYAN_HOME "
                    "to a folder that other accounts may pass through.",
                    path=self.path,
                )
            )
        (fallback / "home").write_text(f"{self.path}\n", encoding="utf-8")
        return fallback

    def server_dir(self, name: str) -> Path:
        """The private folder of a server, owned by the account that it runs as."""
        folder = self.servers / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account is not None:
            self.account.give(folder)
        return folder

    def program_dir(self, source: Path, *libraries: Path) -> Path:
        """`source`, or a copy of it and its libraries where the servers' account can run it."""
        if self.account is None or self.account.can_reach(source):
            return source
        base = source.parent
        copies = self.servers / "programs" / f"{source.name}-{int(source.stat().st_mtime)}"
        for folder in (source, *libraries):
            copy = copies / folder.relative_to(base)
            if not copy.is_dir():
                fresh = copy.with_name(copy.name + ".new")
                shutil.rmtree(fresh, ignore_errors=True)
                shutil.copytree(folder, fresh, symlinks=True)
                fresh.rename(copy)
        return copies / source.name

    def log_file(self, name: str) -> Path:
        """The log of a process; a long one of earlier starts is put aside."""
        path = self.logs / f"{name}.log"
        if path.is_file() and path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def require_space(self) -> None:
        """Raise `LaunchError` when the disk is too full to start on."""
        free = min(shutil.disk_usage(folder).free for folder in (self.path, self.servers))
        if free < LEAST_FREE_BYTES:
            raise LaunchError(
                _(
                    "The disk of %(path)s is full: %(free)s MB are free, %(least)s MB are needed.",
                    path=self.path,
                    free=free // 1024**2,
                    least=LEAST_FREE_BYTES // 1024**2,
                )
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home; a second launcher of the same home gets a `LaunchError`."""
        with (self.path / LOCK_NAME).open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise LaunchError(
                    _(
                        "Banyan already runs in %(path)s (process %(pid)s).",
                        path=self.path,
                        pid=file.read().strip() or "?",
                    )
                ) from error
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def _keep(self, name: str, values: dict[str, Any]) -> None:
        """Remember values of a server, readable by this user only."""
        path = self.path / FILE_NAME
        everything = read_addresses(self.path)
        everything[name] = everything.get(name, {}) | values
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(everything, indent=2) + "\n", encoding="ascii")
        fresh.replace(path)

    def address(self, name: str) -> tuple[int, str]:
        """A port and password for a server: the kept ones while the port is free."""
        kept = read_addresses(self.path).get(name, {})
        port = kept.get("port")
        password = kept.get("password") or secrets.token_urlsafe(24)
        if port is None or not is_free(port):
            port = free_port()
        self._keep(name, {"port": port, "password": password})
        return port, password

    def keep_url(self, name: str, url: str) -> None:
        """Remember where a server answers, for commands in other terminals."""
        self._keep(name, {"url": url})


def is_locked(home: Path) -> bool:
    """Whether a launcher runs in a home now."""
    try:
        with (home / LOCK_NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a TCP port can be listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A TCP port that nothing listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _why(error: OSError) -> str:
    return error.strerror or str(error)
