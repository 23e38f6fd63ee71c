"""Children that never outlive their parent, and what an earlier parent left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from kernel.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: signal.Signals, parent: int | None = None) -> None:
    """Have the kernel send `signum` to this process when its parent ends, even by kill -9.

    `parent` is the expected parent: when that is gone already, this process ends at once.
    Does nothing where the kernel is not Linux.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(signum))
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    last_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that gets `last_signal` when this thread ends; its output goes to `log`.

    It has its own session, so that Ctrl-C reaches only the launcher, which then stops
    everything in order. Call it from the main thread: the kernel watches the calling thread.
    """
    parent = os.getpid()
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd or "/",
            env=None if env is None else dict(env),
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            preexec_fn=lambda: die_with_parent(last_signal, parent),
        )


def stop(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], wait: float) -> None:
    """Send each signal in turn, giving the process `wait` seconds after each to end."""
    for signum in signals:
        if process.poll() is not None:
            return
        process.send_signal(signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
            return
    process.kill()
    process.wait()


def stop_leftover(pid_file: Path, folder: Path, signals: Sequence[signal.Signals]) -> None:
    """End a server of an earlier launcher: the process in `pid_file`, if it works in `folder`."""
    pid = _first_number(pid_file)
    if pid is None:
        return
    for signum in signals:
        if not _works_in(pid, folder):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)
        wait_until(lambda: not _works_in(pid, folder), 20)


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.05) -> bool:
    """Poll until the condition holds; False when it did not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True


def last_error(log: Path, words: Sequence[str] = ("FATAL", "PANIC", "ERROR", "rror")) -> str:
    """The last line of a log that tells of an error, else its last line."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-50:]
    except OSError:
        return ""
    telling = [line for line in lines if any(word in line for word in words)]
    return (telling or lines or [""])[-1].strip()


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _works_in(pid: int, folder: Path) -> bool:
    """Whether a process is alive with `folder` as its working folder.

    Both servers change to their data, so an unrelated process that got the number is never
    taken for one. A dead child that nobody has collected ("Z") is not alive.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        state = status.rpartition(")")[2].split()[0]
        return state != "Z" and os.path.samefile(f"/proc/{pid}/cwd", folder)
    except OSError:
        return False
