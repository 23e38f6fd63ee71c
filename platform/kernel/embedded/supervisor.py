"""Keeps the processes of an installation running, and ends them together."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from kernel.embedded.errors import LaunchError
from kernel.embedded.home import Home
from kernel.embedded.processes import last_error, spawn, stop, stop_leftover
from kernel.i18n import _
from kernel.logging import get_logger

log = get_logger(__name__)

MOST_FAILURES = 5
STEADY_SECONDS = 60
TICK_SECONDS = 0.2


class Watched(Protocol):
    """A process that is kept running: an embedded server or a `Program`."""

    @property
    def name(self) -> str:
        """Its name in messages and the name of its log."""

    @property
    def log(self) -> Path:
        """Where its output goes."""

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running process."""

    def start(self) -> None:
        """Start it; raises `LaunchError`."""

    def stop(self) -> None:
        """End it and wait for its end."""


class Program:
    """A process of Banyan itself: web, worker or scheduler."""

    def __init__(
        self, name: str, argv: Sequence[str | Path], home: Home, env: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = home.log_file(name)
        self.process: subprocess.Popen[bytes] | None = None
        self._argv = argv
        self._env = env
        self._home = home.path
        self._pid_file = self._home / f"{name}.pid"

    def start(self) -> None:
        """Start it."""
        self.end_leftover()
        self.process = spawn(self._argv, log=self.log, env=self._env, cwd=self._home)
        self._pid_file.write_text(f"{self.process.pid}\n", encoding="ascii")

    def end_leftover(self) -> None:
        """End the one that an earlier launcher may have left."""
        stop_leftover(self._pid_file, self._home, (signal.SIGTERM, signal.SIGKILL))

    def stop(self) -> None:
        """Let it finish what it does; a worker that is asked twice drops its job."""
        if self.process is not None:
            stop(self.process, (signal.SIGTERM, signal.SIGTERM), 15)
        self._pid_file.unlink(missing_ok=True)


@dataclass
class _Health:
    started: float = 0.0
    failures: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Starts watched processes in order, restarts a dead one, stops all in reverse order."""

    now: Callable[[], float] = time.monotonic
    started: list[Watched] = field(default_factory=list)
    _health: dict[str, _Health] = field(default_factory=dict)

    def start(self, watched: Watched) -> None:
        """Start a process and watch it from now on."""
        self.started.append(watched)
        watched.start()
        self._health[watched.name] = _Health(started=self.now())

    def watch(self) -> None:
        """Restart what dies until a stop signal arrives.

        Raises `LaunchError` when a process dies `MOST_FAILURES` times in a row.
        """
        while True:
            self.look()
            time.sleep(TICK_SECONDS)

    def look(self) -> None:
        """Look after every process once."""
        for watched in self.started:
            health = self._health[watched.name]
            if health.restart_at is not None:
                if self.now() >= health.restart_at:
                    self._restart(watched, health)
            elif watched.process is None or watched.process.poll() is not None:
                self._plan_restart(watched, health)

    def _plan_restart(self, watched: Watched, health: _Health) -> None:
        now = self.now()
        steady = now - health.started > STEADY_SECONDS
        health.failures = 1 if steady else health.failures + 1
        if health.failures >= MOST_FAILURES:
            raise LaunchError(
                _(
                    "The process “%(name)s” ended %(count)s times in a row: %(reason)s "
                    "(log: %(log)s)",
                    name=watched.name,
                    count=health.failures,
                    reason=last_error(watched.log),
                    log=watched.log,
                )
            )
        health.restart_at = now + 2 ** (health.failures - 1)
        log.warning("process ended", extra={"program": watched.name, "times": health.failures})

    def _restart(self, watched: Watched, health: _Health) -> None:
        health.restart_at = None
        health.started = self.now()
        try:
            watched.start()
        except LaunchError as error:
            log.error("process does not start", extra={"program": watched.name, "why": str(error)})

    def stop(self) -> None:
        """End everything, the servers last."""
        while self.started:
            self.started.pop().stop()


def interrupt_on_stop_signals() -> None:
    """Make the first SIGINT, SIGTERM or SIGHUP a `KeyboardInterrupt`.

    Later ones are ignored, so that they do not disturb the orderly stop that follows. Under
    `nohup` a SIGHUP stays ignored.
    """
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        for signum in signals:
            signal.signal(signum, signal.SIG_IGN)
        raise KeyboardInterrupt

    for signum in signals:
        signal.signal(signum, interrupt)
