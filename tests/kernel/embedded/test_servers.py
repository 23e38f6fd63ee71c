"""The launcher of the embedded servers, run as people run it: in a process that may be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from redis import Redis, RedisError

from kernel.embedded.account import server_account
from kernel.embedded.processes import wait_until
from tests.kernel.embedded.living import living_in, wait_for_silence

CHECKOUT = Path(__file__).parents[3]
PACKAGES = [CHECKOUT, CHECKOUT / "platform", *(p for p in sys.path if p.endswith("site-packages"))]


class Launched:
    """A running launcher and the addresses that it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(2)]
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        self.database_url = values.get("DATABASE_URL", "").strip("'").replace("+psycopg2", "")
        self.redis_url = values.get("REDIS_URL", "").strip("'")
        self.said = lines

    def end(self, signum: signal.Signals) -> int:
        """Signal the launcher and wait for its end."""
        self.process.send_signal(signum)
        return self.process.wait(60)


Launch = Callable[..., Launched]


@pytest.fixture
def launch(open_folder: Path) -> Iterator[Launch]:
    """Starts launchers of one home and ends them after the test."""
    launched: list[Launched] = []

    def start(python: str = sys.executable, **options: object) -> Launched:
        environ = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(map(str, PACKAGES)),
            "BANYAN_HOME": str(open_folder / "home"),
        }
        process = subprocess.Popen(
            [python, "-m", "kernel.embedded"],
            env=environ,
            cwd=open_folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,  # type: ignore[call-overload]  # Popen has no type for forwarded options
        )
        launched.append(Launched(process))
        return launched[-1]

    yield start
    for one in launched:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)
        assert one.process.stdout is not None
        one.process.stdout.close()
    assert living_in(open_folder) == []


@contextmanager
def connected(launched: Launched) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor in the launched database; commits at the end."""
    connection = psycopg2.connect(launched.database_url)
    with closing(connection), connection, connection.cursor() as cursor:
        yield cursor


def write(launched: Launched, note: str) -> None:
    """Leave a note in both servers."""
    with connected(launched) as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        cursor.execute("INSERT INTO note VALUES (%s)", (note,))
    with closing(Redis.from_url(launched.redis_url)) as client:
        client.rpush("note", note)


def read(launched: Launched) -> tuple[list[str], list[str]]:
    """The notes in PostgreSQL and in Valkey."""
    with connected(launched) as cursor:
        cursor.execute("SELECT text FROM note")
        rows = [text for (text,) in cursor.fetchall()]
    with closing(Redis.from_url(launched.redis_url, decode_responses=True)) as client:
        return rows, client.lrange("note", 0, -1)  # type: ignore[return-value]  # redis: also async


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_and_data_survive(
    launch: Launch, open_folder: Path, signum: signal.Signals
) -> None:
    first = launch()
    write(first, "一")
    assert first.end(signum) == 0
    assert living_in(open_folder) == []

    second = launch()
    assert read(second) == (["一"], ["一"])
    assert second.database_url == first.database_url


def test_kill_minus_9_leaves_no_orphan_and_no_damage(launch: Launch, open_folder: Path) -> None:
    for round_number in range(3):
        launched = launch()
        write(launched, f"round {round_number}")
        launched.end(signal.SIGKILL)
        if round_number:  # the first time, start again while the servers may still be stopping
            wait_for_silence(open_folder)

    notes = [f"round {n}" for n in range(3)]
    assert read(launch()) == (notes, notes)


def test_killed_servers_are_started_again(launch: Launch, open_folder: Path) -> None:
    launched = launch()
    write(launched, "kept")
    data = open_folder / "home" / "postgres" / "data"
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    os.kill(int((open_folder / "home" / "valkey" / "pid").read_text()), signal.SIGTERM)

    assert wait_until(lambda: answers(launched), 60, step=0.1)
    assert read(launched) == (["kept"], ["kept"])


def answers(launched: Launched) -> bool:
    """Whether both servers serve."""
    try:
        read(launched)
    except (psycopg2.OperationalError, RedisError):
        return False
    return True


def test_a_second_launcher_of_a_home_says_so(launch: Launch) -> None:
    first = launch()
    second = launch()
    assert second.process.wait(60) == 1
    assert second.said[0].startswith("Banyan already runs in ")
    assert str(first.process.pid) in second.said[0]
    write(first, "undisturbed")


def test_an_unusable_home_is_one_sentence(launch: Launch, open_folder: Path) -> None:
    (open_folder / "home").write_text("a file")
    launched = launch()
    assert launched.process.wait(60) == 1
    assert launched.said[0].startswith("The folder ")
    assert launched.said[1] == ""


def test_data_of_another_postgres_version_are_refused(launch: Launch, open_folder: Path) -> None:
    launch().end(signal.SIGTERM)
    version = open_folder / "home" / "postgres" / "data" / "PG_VERSION"
    version.write_text("14\n")
    launched = launch()
    assert launched.process.wait(60) == 1
    assert "made by PostgreSQL 14" in launched.said[0]


def test_the_password_and_the_port_are_kept_private(launch: Launch, open_folder: Path) -> None:
    launched = launch()
    home = open_folder / "home"
    assert (home / "servers.json").stat().st_mode & 0o077 == 0
    assert (home / "postgres").stat().st_mode & 0o077 == 0
    password = launched.redis_url.split(":")[2].split("@")[0]
    for pid in living_in(open_folder):
        assert password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_the_owner_of_the_tables_is_no_superuser_and_text_is_utf8(launch: Launch) -> None:
    with connected(launch()) as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("CREATE EXTENSION pg_trgm; SELECT array_length(show_trgm('华为'), 1)")
        assert cursor.fetchone() == (3,)


def test_as_an_ordinary_user(launch: Launch, open_folder: Path) -> None:
    """When the tests run as root, the launcher is started as another account as well."""
    account = server_account()
    if account is None:
        pytest.skip("not root: all other tests are this one")
    python = reachable_python()
    if python is None:
        pytest.skip("every Python 3.11 here is closed to other accounts")
    account.give(open_folder)
    launched = launch(python, user=account.uid, group=account.gid, extra_groups=[])
    write(launched, "mine")
    launched.end(signal.SIGKILL)
    wait_for_silence(open_folder)
    again = launch(python, user=account.uid, group=account.gid, extra_groups=[])
    assert read(again) == (["mine"], ["mine"])


def reachable_python() -> str | None:
    """A Python of this version that other accounts can start."""
    account = server_account()
    assert account is not None
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, f"/usr/bin/{name}", shutil.which(name)):
        if path and Path(path).exists() and account.can_reach(Path(path).resolve().parent):
            return path
    return None
