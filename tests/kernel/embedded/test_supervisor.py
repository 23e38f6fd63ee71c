"""Processes that are kept running."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.embedded.errors import LaunchError
from kernel.embedded.home import Home
from kernel.embedded.processes import spawn, wait_until
from kernel.embedded.supervisor import MOST_FAILURES, STEADY_SECONDS, Program, Supervisor, Watched

LIVES = "import sys, time; print('working', flush=True); time.sleep(600)"
DIES = "import sys; print('ERROR: out of luck', flush=True); sys.exit(3)"


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def time() -> Time:
    """The time that the supervisor sees."""
    return Time()


@pytest.fixture
def supervisor(time: Time) -> Iterator[Supervisor]:
    """A supervisor that is stopped after the test."""
    supervisor = Supervisor(now=time)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def home(open_folder: Path) -> Home:
    """An empty home."""
    return Home(open_folder / "home")


def program(home: Home, code: str, name: str = "web") -> Program:
    """A program that runs a piece of Python."""
    return Program(name, [sys.executable, "-c", code], home, dict(os.environ))


def wait_for_end(watched: Watched) -> None:
    """Wait until the process is over."""
    assert watched.process is not None
    watched.process.wait(30)


def test_a_dead_process_is_started_again_after_a_while(
    supervisor: Supervisor, home: Home, time: Time
) -> None:
    web = program(home, LIVES)
    supervisor.start(web)
    first = web.process
    assert first is not None
    first.kill()
    first.wait(30)

    supervisor.look()
    assert web.process is first
    time.at += 0.9
    supervisor.look()
    assert web.process is first
    time.at += 0.2
    supervisor.look()
    assert web.process is not first
    assert web.process is not None
    assert web.process.poll() is None


def test_a_process_that_keeps_dying_ends_all_with_its_own_words(
    supervisor: Supervisor, home: Home, time: Time
) -> None:
    web = program(home, DIES)
    supervisor.start(web)
    for _ in range(MOST_FAILURES - 1):
        wait_for_end(web)
        supervisor.look()
        time.at += 2**MOST_FAILURES
        supervisor.look()
    wait_for_end(web)
    with pytest.raises(LaunchError) as caught:
        supervisor.look()
    assert "“web” ended 5 times in a row: ERROR: out of luck" in str(caught.value)
    assert str(web.log) in str(caught.value)


def test_a_process_that_ran_well_for_long_may_die_again(
    supervisor: Supervisor, home: Home, time: Time
) -> None:
    web = program(home, DIES)
    supervisor.start(web)
    for _ in range(2 * MOST_FAILURES):
        wait_for_end(web)
        time.at += STEADY_SECONDS + 1
        supervisor.look()
        time.at += 2
        supervisor.look()


def test_processes_are_stopped_in_reverse_order(home: Home) -> None:
    stopped: list[str] = []

    class Noted:
        process: subprocess.Popen[bytes] | None = None

        def __init__(self, name: str) -> None:
            self.name = name
            self.log = home.log_file(name)

        def start(self) -> None:
            """Nothing to start."""

        def stop(self) -> None:
            stopped.append(self.name)

    supervisor = Supervisor()
    for name in ("postgres", "valkey", "web"):
        supervisor.start(Noted(name))
    supervisor.stop()
    assert stopped == ["web", "valkey", "postgres"]


def test_what_a_killed_launcher_left_is_ended_first(supervisor: Supervisor, home: Home) -> None:
    old = spawn([sys.executable, "-c", LIVES], log=home.log_file("old"), cwd=home.path)
    (home.path / "web.pid").write_text(f"{old.pid}\n")
    web = program(home, LIVES)
    supervisor.start(web)
    assert old.wait(30) != 0
    assert web.process is not None
    assert (home.path / "web.pid").read_text() == f"{web.process.pid}\n"


def test_an_unrelated_process_with_the_number_is_left_alone(
    supervisor: Supervisor, home: Home, tmp_path: Path
) -> None:
    stranger = spawn([sys.executable, "-c", LIVES], log=home.log_file("old"), cwd=tmp_path)
    try:
        (home.path / "web.pid").write_text(f"{stranger.pid}\n")
        supervisor.start(program(home, LIVES))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait(30)


def test_output_goes_to_the_log(supervisor: Supervisor, home: Home) -> None:
    web = program(home, LIVES)
    supervisor.start(web)
    assert wait_until(lambda: "working" in web.log.read_text(), 30)
