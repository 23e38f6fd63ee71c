"""The servers of a benchmark: embedded PostgreSQL and Valkey in a home of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from kernel import migrations
from kernel.embedded.home import Home
from kernel.embedded.postgres import OWNER, SUPERUSER, Postgres
from kernel.embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Servers:
    """Where a benchmark's database and Redis are, and a folder for its files."""

    database_url: str
    redis_url: str
    home: Path


@contextmanager
def own_servers(path: Path, database: str, *, fresh: bool) -> Iterator[Servers]:
    """Servers that run while the block does; the data stay. `fresh` begins with an empty
    database. Raises `LaunchError`."""
    home = Home(path)
    with home.lock():
        home.require_space()
        postgres, valkey = Postgres(home), Valkey(home)
        try:
            postgres.start()
            valkey.start()
            _ensure_database(postgres, database, fresh)
            url = postgres.url_of(database)
            migrations.upgrade(url)
            yield Servers(url, valkey.url, path)
        finally:
            valkey.stop()
            postgres.stop()


def _ensure_database(postgres: Postgres, name: str, fresh: bool) -> None:
    url = postgres.url_of("postgres", SUPERUSER).replace("+psycopg2", "")
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            if fresh:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if not cursor.fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                cursor.execute(create.format(sql.Identifier(name), sql.Identifier(OWNER)))
