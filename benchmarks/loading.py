"""Fills a database with the same deals on both sides, once for each size."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Connection, Engine, text

from benchmarks.deals import Data
from benchmarks.floor import tables as floor
from benchmarks.product import load as product
from benchmarks.sizes import Size
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.embedded.processes import die_with_parent
from tenants.secrets import hash_token, new_token

SEED = 20260101
USERS = 10
"""People of the big tenant, each of whom owns a tenth of the deals."""
SMALL_USERS, SMALL_ACCOUNTS = 2, 20
BIG_HOST = f"big.{product.BASE_DOMAIN}"
_SHARE = 10_000
_MARK = "bench_loaded"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded. Ids of accounts and users by position; the same on both sides, but for
    the product's deals, whose ids are its own."""

    size: str
    tenant_id: int
    accounts: list[int]
    users: list[int]
    floor_token: str
    seconds: dict[str, float]

    def data(self, size: Size) -> Data:
        """The data of the big tenant."""
        return Data(SEED, size.records, size.accounts, USERS)


def ensure_loaded(url: str, size: Size, say: Callable[[str], None]) -> Loaded:
    """What a database holds; it is filled when it holds nothing yet."""
    engine = make_engine(url, role=None)
    try:
        known = _read_mark(engine)
        if known is not None and known.size == size.name:
            return known
        loaded = _load(url, engine, size, say)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE {_MARK} (content text NOT NULL)")
            connection.execute(
                text(f"INSERT INTO {_MARK} VALUES (:content)"),
                {"content": json.dumps(asdict(loaded))},
            )
        return loaded
    finally:
        engine.dispose()


def _read_mark(engine: Engine) -> Loaded | None:
    with engine.connect() as connection:
        if connection.execute(text(f"SELECT to_regclass('{_MARK}')")).scalar() is None:
            return None
        content = connection.execute(text(f"SELECT content FROM {_MARK}")).scalar_one()
    return Loaded(**json.loads(content))


def _load(url: str, engine: Engine, size: Size, say: Callable[[str], None]) -> Loaded:
    seconds: dict[str, float] = {}
    data = Data(SEED, size.records, size.accounts, USERS)
    database = Database(make_engine(url))
    tenant_id = product.make_tenant(database, "big")
    users = product.make_users(database, tenant_id, USERS)
    accounts = product.make_accounts(database, tenant_id, data.account_names())
    database.engine.dispose()
    say(f"loading {size.records:,} deals into the product")
    with _pool() as pool:
        started = time.perf_counter()
        _wait(
            pool.submit(_load_share, url, tenant_id, data, first, accounts, users)
            for first in range(0, size.records, _SHARE)
        )
        seconds["product"] = time.perf_counter() - started
        say(f"{seconds['product']:.0f} s; now {size.tenants} small tenants on both sides")
        with engine.begin() as connection:
            floor.create_tables(connection)
        _wait(pool.submit(_load_small_tenant, url, n, size) for n in range(size.tenants))
    say(f"loading {size.records:,} deals into the floor")
    started = time.perf_counter()
    token = _load_floor(engine, tenant_id, data, accounts, users)
    seconds["floor"] = time.perf_counter() - started
    say(f"{seconds['floor']:.0f} s; collecting statistics")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return Loaded(size.name, tenant_id, accounts, users, token, seconds)


def _pool() -> ProcessPoolExecutor:
    # Forked children would share open connections.
    context = get_context("spawn")
    return ProcessPoolExecutor(
        os.cpu_count(), context, initializer=die_with_parent, initargs=(signal.SIGTERM,)
    )


def _wait(futures: Any) -> None:
    started: list[Future[None]] = list(futures)
    for future in started:
        future.result()


def _load_share(
    url: str, tenant_id: int, data: Data, first: int, accounts: Sequence[int], users: Sequence[int]
) -> None:
    database = Database(make_engine(url, pool_size=1))
    count = min(_SHARE, data.records - first)
    product.load_deals(database, tenant_id, data.deals(first, count), accounts, users)
    database.engine.dispose()


def _load_small_tenant(url: str, number: int, size: Size) -> None:
    data = Data(SEED + 1 + number, size.small_records, SMALL_ACCOUNTS, SMALL_USERS)
    database = Database(make_engine(url, pool_size=1))
    tenant_id = product.make_tenant(database, f"small-{number}")
    users = product.make_users(database, tenant_id, SMALL_USERS, sign_in=False)
    accounts = product.make_accounts(database, tenant_id, data.account_names())
    product.load_deals(database, tenant_id, data.deals(), accounts, users)
    database.engine.dispose()
    engine = make_engine(url, pool_size=1, role=None)
    with engine.begin() as connection:
        _load_floor_tenant(connection, tenant_id, data, accounts, users)
    engine.dispose()


def _load_floor(
    engine: Engine, tenant_id: int, data: Data, accounts: list[int], users: list[int]
) -> str:
    token = new_token()
    with engine.begin() as connection:
        _load_floor_tenant(connection, tenant_id, data, accounts, users)
        expires = datetime.now(UTC) + timedelta(days=3650)
        session = (tenant_id, "\\x" + hash_token(token).hex(), users[0], expires)
        columns = ("tenant_id", "token_hash", "user_id", "expires_at")
        floor.copy(connection, "floor_session", columns, [session])
        floor.copy(connection, "floor_host", ("host", "tenant_id"), [(BIG_HOST, tenant_id)])
    return token


def _load_floor_tenant(
    connection: Connection, tenant_id: int, data: Data, accounts: list[int], users: list[int]
) -> None:
    people = [(tenant_id, user, f"User {n}") for n, user in enumerate(users)]
    floor.copy(connection, "floor_user", ("tenant_id", "id", "name"), people)
    companies = [
        (tenant_id, account, name)
        for account, name in zip(accounts, data.account_names(), strict=True)
    ]
    floor.copy(connection, "floor_account", ("tenant_id", "id", "name"), companies)
    floor.load(connection, tenant_id, data.deals(), accounts, users)
