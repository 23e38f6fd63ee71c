"""Which processes of an installation are alive."""

from __future__ import annotations

import os
from pathlib import Path

from kernel.embedded.processes import wait_until


def living_in(folder: Path) -> list[int]:
    """The processes, save this one, that work in or below a folder: all of an installation do."""
    return [pid for pid in _processes() if pid != os.getpid() and _works_below(pid, folder)]


def wait_for_silence(folder: Path) -> None:
    """Wait until no process of an installation is left."""
    assert wait_until(lambda: not living_in(folder), 60), f"left behind: {living_in(folder)}"


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _works_below(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:  # ended, or another account's
        return False
