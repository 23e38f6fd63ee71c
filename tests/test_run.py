"""A whole installation: what `make run` starts, and how it ends."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernel.embedded.home import free_port
from tests.kernel.embedded.living import living_in, wait_for_silence

BANYAN = Path(sys.executable).parent / "banyan"
PASSWORD = "a password of the demo"


class Started:
    """A started installation and what it said until it was ready or over."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.said = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break

    def get(self, path: str, host: str) -> tuple[int, str]:
        """Status and text of a page on the host of a tenant."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Host": f"{host}:{self.port}"})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def end(self, signum: signal.Signals) -> int:
        """Signal the launcher and wait for its end."""
        self.process.send_signal(signum)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return code


Start = Callable[..., Started]


@pytest.fixture
def start(open_folder: Path) -> Iterator[Start]:
    """Starts installations in one home and ends them after the test."""
    started: list[Started] = []
    port = free_port()

    def run(**environ: str) -> Started:
        environ = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PORT": str(port),
            "BANYAN_HOME": str(open_folder / "home"),
            "BANYAN_DEMO_PASSWORD": PASSWORD,
            "WEB_CONCURRENCY": "1",
            **environ,
        }
        process = subprocess.Popen(
            [BANYAN, "run"],
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(Started(process, int(environ["PORT"])))
        return started[-1]

    yield run
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)
        assert one.process.stdout is not None
        one.process.stdout.close()
    assert living_in(open_folder) == []


def test_the_life_of_an_installation(start: Start, open_folder: Path) -> None:
    first = start()
    assert "Banyan is ready." in first.said
    for tenant in ("demo", "acme"):
        assert f"http://{tenant}.localhost:{first.port}   admin@{tenant}.example" in first.said
        status, page = first.get("/sign-in", f"{tenant}.localhost")
        assert status == 200
        assert "<form" in page
    assert PASSWORD in first.said
    assert first.get("/readyz", "localhost")[0] == 200
    assert first.get("/", "nobody.localhost")[0] == 404

    again = start()
    assert again.process.wait(60) == 1
    assert again.said.startswith("Banyan already runs in ")
    assert again.said.count("\n") == 1

    other = start(BANYAN_HOME=str(open_folder / "other"))
    assert other.process.wait(60) == 1
    assert other.said.startswith(f"Port {first.port} is in use by another program")
    assert other.said.count("\n") == 1

    assert first.end(signal.SIGINT) == 0
    assert first.said.endswith("Banyan has stopped.\n")
    assert living_in(open_folder) == []

    for _ in range(2):
        killed = start()
        assert "Banyan is ready." in killed.said
        killed.end(signal.SIGKILL)
    wait_for_silence(open_folder)

    last = start(LANG="zh_CN.UTF-8")
    assert "Banyan 已就绪。" in last.said
    assert last.get("/sign-in", "demo.localhost")[0] == 200


def test_a_real_database_that_is_not_there(start: Start) -> None:
    started = start(DATABASE_URL="postgresql://banyan:hidden@127.0.0.1:1/banyan")
    assert started.process.wait(60) == 1
    sentence = started.said.splitlines()[-1]
    assert sentence.startswith("The database 127.0.0.1:1/banyan cannot be used: ")
    assert "Traceback" not in started.said
    assert "hidden" not in started.said
