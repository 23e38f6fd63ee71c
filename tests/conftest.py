"""Fixtures of the integration tests: real servers, a migrated database, two twin tenants.

Each test process has its own embedded servers in a folder that the servers' account can reach.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from redis import Redis

from kernel import migrations
from kernel.clock import SystemClock
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.embedded.home import Home
from kernel.embedded.postgres import OWNER, SUPERUSER, Postgres
from kernel.embedded.valkey import Valkey

TEMPLATE_DATABASE = "banyan_template"


@dataclass(frozen=True)
class Servers:
    """The servers of a test run. `new_database` makes a migrated database of its own."""

    home: Path
    postgres: Postgres
    valkey: Valkey
    _names: Iterator[int]

    def new_database(self) -> str:
        """URL of a fresh migrated database."""
        name = f"test_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE_DATABASE} OWNER {OWNER}")
        return self.postgres.url_of(name)

    def new_empty_database(self) -> str:
        """URL of a fresh database without any table."""
        name = f"empty_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
        return self.postgres.url_of(name)

    def execute(self, statement: str) -> None:
        """Run a statement as the superuser, outside of a transaction."""
        url = self.postgres.url_of("postgres", SUPERUSER).replace("+psycopg2", "")
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts can reach: pytest's own are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="banyan-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Embedded PostgreSQL and Valkey of this test process."""
    folder = Path(tempfile.mkdtemp(prefix="banyan-test-"))
    folder.chmod(0o755)
    home = Home(folder)
    postgres, valkey = Postgres(home, fast=True), Valkey(home, fast=True)
    try:
        postgres.start()
        valkey.start()
        running = Servers(folder, postgres, valkey, iter(range(1_000_000)))
        running.execute(f"CREATE DATABASE {TEMPLATE_DATABASE} OWNER {OWNER}")
        migrations.upgrade(postgres.url_of(TEMPLATE_DATABASE))
        yield running
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url(servers: Servers) -> str:
    """URL of the migrated database that the tests of a process share; tenants keep them apart."""
    return servers.new_database()


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Database]:
    """The shared database, as the application opens it."""
    engine = make_engine(database_url)
    yield Database(engine, SystemClock())
    engine.dispose()


@pytest.fixture
def new_database(servers: Servers) -> Iterator[Callable[[], Database]]:
    """Makes migrated databases for tests that need one to themselves."""
    engines = []

    def make() -> Database:
        engine = make_engine(servers.new_database(), pool_size=2)
        engines.append(engine)
        return Database(engine, SystemClock())

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def redis(servers: Servers) -> Iterator[Redis]:
    """An empty Redis."""
    client = Redis.from_url(servers.valkey.url)
    client.flushdb()
    yield client
    client.close()
