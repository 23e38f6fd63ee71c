"""Fixtures of the integration tests: real servers, a migrated database, two twin tenants.

Each test process has its own embedded servers in a folder that the servers' account can reach.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from kernel import migrations
from kernel.clock import FixedClock
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.embedded.home import Home
from kernel.embedded.postgres import OWNER, SUPERUSER, Postgres
from kernel.embedded.valkey import Valkey
from kernel.i18n import use_locale
from kernel.scope import Actor
from kernel.settings import Settings
from kernel.web.services import Services
from tests.twins import Side, TenantClient, Twin, make_twin

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


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Each test begins in English: a request leaves its language behind in the test's thread."""
    with use_locale("en"):
        yield


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
def engine(database_url: str) -> Iterator[Engine]:
    """The pool of connections to the shared database."""
    shared = make_engine(database_url)
    yield shared
    shared.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """The time in the test: Monday, 2 March 2026, 09:00 UTC, until it is moved."""
    return FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def database(engine: Engine, clock: FixedClock) -> Database:
    """The shared database, as the application opens it."""
    return Database(engine, clock)


@pytest.fixture
def new_database(servers: Servers, clock: FixedClock) -> Iterator[Callable[[], Database]]:
    """Makes migrated databases for tests that need one to themselves."""
    engines: list[Engine] = []

    def make() -> Database:
        engines.append(make_engine(servers.new_database(), pool_size=2))
        return Database(engines[-1], clock)

    yield make
    for one in engines:
        one.dispose()


@pytest.fixture
def redis(servers: Servers) -> Iterator[Redis]:
    """An empty Redis."""
    client = Redis.from_url(servers.valkey.url)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def settings(servers: Servers, database_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation with a home of its own."""
    return Settings(
        database_url=database_url,
        redis_url=servers.valkey.url,
        home=tmp_path,
        base_domain="localhost",
        secret_key="a secret of the tests",
    )


@pytest.fixture
def services(settings: Settings, database: Database, redis: Redis, clock: FixedClock) -> Services:
    """What views, jobs and commands work with."""
    return Services(settings=settings, database=database, redis=redis, clock=clock)


@pytest.fixture
def twin(database: Database) -> Twin:
    """Two new tenants whose people have the same ids."""
    return make_twin(database)


@pytest.fixture
def app(services: Services) -> Flask:
    """The whole application."""
    from wsgi import create_app

    return create_app(services)


@pytest.fixture
def browse(app: Flask) -> Callable[..., TenantClient]:
    """Makes HTTP clients on the host of a tenant: `browse(twin.ours, twin.ours.admin)`."""

    def client(side: Side, actor: Actor | None = None) -> TenantClient:
        return TenantClient.on(app, side, actor)

    return client


@pytest.fixture
def client(browse: Callable[..., TenantClient], twin: Twin) -> TenantClient:
    """A client signed in to our tenant as its administrator."""
    return browse(twin.ours, twin.ours.admin)
