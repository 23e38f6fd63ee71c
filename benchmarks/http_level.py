"""HTTP level: both applications under the same gunicorn settings, asked by eight clients.

The user is an ordinary one who owns a tenth of the big tenant's deals, which are private.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson

from benchmarks.clients import Call, UnexpectedAnswer, one, times
from benchmarks.deals import STAGES, Deal
from benchmarks.environment import Servers
from benchmarks.floor.app import COOKIE
from benchmarks.loading import BIG_HOST, SEED, Loaded
from benchmarks.product import load as product
from benchmarks.product import work
from benchmarks.product.documents import DEAL
from benchmarks.results import Result, Target, compare
from benchmarks.sizes import Size
from benchmarks.sql_level import list_arguments, some_deals, some_floor_deals
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.embedded.home import free_port
from kernel.embedded.processes import spawn, stop

LEVEL = "HTTP"
FLOOR_APP = "benchmarks.floor.app:make_app()"
_READY_SECONDS = 60
_FIRST_NEW = 20_000_000
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class _Side:
    """A running application and what its clients send with each request."""

    port: int
    headers: tuple[tuple[str, str], ...]


class HttpLevel:
    """The measurements over one loaded database."""

    def __init__(self, servers: Servers, size: Size, loaded: Loaded) -> None:
        self._servers, self._size, self._loaded = servers, size, loaded
        self._random = Random(SEED)
        self._made = 0
        database = Database(make_engine(servers.database_url))
        engine = make_engine(servers.database_url, role=None)
        self._owner = loaded.users[0]
        self._ours = some_deals(database, loaded, size.requests, self._owner)
        self._theirs = some_floor_deals(engine, loaded, size.requests, self._owner)
        database.engine.dispose()
        engine.dispose()

    def run(self) -> Iterator[Result]:
        """All measurements, one after the other."""
        host = (("Host", BIG_HOST),)
        floor_headers = (*host, ("Cookie", f"{COOKIE}={self._loaded.floor_token}"))
        with (
            _served("wsgi:app", "kernel.web.server", self._servers) as our_port,
            _served(FLOOR_APP, "benchmarks.floor.server", self._servers) as floor_port,
        ):
            floor = _Side(floor_port, floor_headers)
            token = _sign_in(our_port, host)
            ours = _Side(our_port, (*host, ("Authorization", f"Bearer {token}")))
            for name, target, slow in (
                ("get", Target(ratio=2), False),
                ("list", Target(ratio=2), False),
                ("lookup list", Target(), False),
                ("group-by", Target(ratio=2), True),
                ("create", Target(ratio=2.5), False),
                ("update one field", Target(ratio=2), False),
            ):
                yield self._measure(name, target, slow, ours, floor)

    def _measure(self, name: str, target: Target, slow: bool, ours: _Side, floor: _Side) -> Result:
        count = self._size.slow_requests if slow else self._size.requests
        clients = self._size.clients
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(-1, self._size.turns):
            calls = self._calls(name, clients * 2 if turn < 0 else count)
            of_ours = times(ours.port, ours.headers, [a for a, _b in calls], clients)
            of_floor = times(floor.port, floor.headers, [b for _a, b in calls], clients)
            if turn >= 0:  # the first turn is for the caches
                taken[0].extend(of_ours)
                taken[1].extend(of_floor)
        return compare(LEVEL, name, target, taken)

    def _calls(self, name: str, count: int) -> Sequence[tuple[Call, Call]]:
        match name:
            case "get":
                return [self._get(n) for n in range(count)]
            case "list":
                return [self._list(n) for n in range(count)]
            case "lookup list":
                return [self._lookup_list() for _ in range(count)]
            case "group-by":
                path = f"/api/v1/aggregate/{DEAL}"
                return [(_post(path, work.TOTALS, 200), Call("GET", "/totals"))] * count
            case "create":
                return [self._create(deal) for deal in self._new_deals(count)]
            case "update one field":
                return [self._update(n) for n in range(count)]
        raise ValueError(name)

    def _get(self, n: int) -> tuple[Call, Call]:
        ours, theirs = self._ours[n % len(self._ours)], self._theirs[n % len(self._theirs)]
        return Call("GET", f"/api/v1/records/{DEAL}/{ours}"), Call("GET", f"/records/{theirs}")

    def _list(self, n: int) -> tuple[Call, Call]:
        stage, low, high = list_arguments(self._random, n)
        floor = Call("GET", f"/records?stage={stage}&low={low}&high={high}")
        return _post(f"/api/v1/query/{DEAL}", work.by_stage(stage, low, high), 200), floor

    def _lookup_list(self) -> tuple[Call, Call]:
        account = self._random.choice(self._loaded.accounts)
        floor = Call("GET", f"/accounts/{account}/records")
        return _post(f"/api/v1/query/{DEAL}", work.by_account(account), 200), floor

    def _create(self, deal: Deal) -> tuple[Call, Call]:
        values = product.values(deal, self._loaded.accounts)
        return _post(f"/api/v1/records/{DEAL}", values, 201), _post("/records", values, 201)

    def _update(self, n: int) -> tuple[Call, Call]:
        ours, theirs = self._ours[n % len(self._ours)], self._theirs[n % len(self._theirs)]
        body = orjson.dumps({"stage": self._random.choice(STAGES)})
        return (
            Call("PATCH", f"/api/v1/records/{DEAL}/{ours}", body),
            Call("PATCH", f"/records/{theirs}", body),
        )

    def _new_deals(self, count: int) -> Sequence[Deal]:
        first = _FIRST_NEW + self._made
        self._made += count
        return list(self._loaded.data(self._size).deals(first, count))


def _post(path: str, body: Any, status: int) -> Call:
    return Call("POST", path, orjson.dumps(body), status)


def _sign_in(port: int, host: tuple[tuple[str, str], ...]) -> str:
    body = {"email": product.EMAIL, "password": product.PASSWORD}
    answer = one(port, host, _post("/api/v1/tokens", body, 201))
    return str(orjson.loads(answer)["token"])


@contextmanager
def _served(app: str, config: str, servers: Servers) -> Iterator[int]:
    """An application in gunicorn; yields its port."""
    port = free_port()
    log = servers.home / "logs" / f"web-{port}.log"
    log.parent.mkdir(exist_ok=True)
    environment = os.environ | {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "BANYAN_HOME": str(servers.home),
        "BANYAN_DOMAIN": product.BASE_DOMAIN,
        "PORT": str(port),
        "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "platform")]),
    }
    process = spawn(
        [sys.executable, "-m", "gunicorn", "--config", f"python:{config}", app],
        log=log,
        env=environment,
        cwd=_ROOT,
    )
    try:
        _wait_until_served(port, process, log)
        yield port
    finally:
        stop(process, (signal.SIGTERM, signal.SIGKILL), 15)
        log.unlink(missing_ok=True)


def _wait_until_served(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            one(port, (("Host", "nobody.invalid"),), Call("GET", "/", status=404))
        except (OSError, UnexpectedAnswer):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"a web server did not start: {log.read_text(errors='replace')[-2000:]}")
