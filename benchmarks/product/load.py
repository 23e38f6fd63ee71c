"""Loading deals through the product's ordinary ways: tenants, metadata, people, batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from benchmarks.deals import FIELD_NAMES, Deal
from benchmarks.product.documents import ACCOUNT, DEAL, documents
from kernel.db.unit import Database
from metadata import store
from runtime import people, records
from runtime.access import USER
from runtime.records import RowResult
from runtime.scope import RecordScope, open_scope
from tenants import service

BASE_DOMAIN = "bench.localhost"
EMAIL, PASSWORD = "user0@example.com", "benchmark only 4711"
_BATCH = 1_000


class LoadError(Exception):
    """The product refused a row of the benchmark's data."""


def make_tenant(database: Database, slug: str) -> int:
    """A tenant with the objects of the benchmark; returns its id."""
    tenant_id = service.create_tenant(database, slug, slug, base_domain=BASE_DOMAIN)
    with database.scope(tenant_id) as scope:
        store.install_documents(scope, documents(), "Benchmark")
    return tenant_id


def make_users(
    database: Database, tenant_id: int, count: int, *, sign_in: bool = True
) -> list[int]:
    """Ordinary users; with `sign_in` the first can sign in, as `EMAIL` with `PASSWORD`."""
    rows = [{"name": f"User {n}", "email": f"user{n}@example.com"} for n in range(count)]
    with open_scope(database, tenant_id, write=True) as scope:
        ids = _ids(records.create_many(scope, USER, rows))
        if sign_in:
            people.create_user(scope, EMAIL, "User 0", password=PASSWORD)
    return ids


def make_accounts(database: Database, tenant_id: int, names: Sequence[str]) -> list[int]:
    """Accounts of these names."""
    ids: list[int] = []
    for start in range(0, len(names), _BATCH):
        rows = [{"name": name} for name in names[start : start + _BATCH]]
        with open_scope(database, tenant_id, write=True) as scope:
            ids += _ids(records.create_many(scope, ACCOUNT, rows))
    return ids


def load_deals(
    database: Database,
    tenant_id: int,
    deals: Iterable[Deal],
    accounts: Sequence[int],
    users: Sequence[int],
) -> None:
    """Create the deals in batches of 1,000, each in its own transaction."""
    rows = iter(deals)
    while batch := list(islice(rows, _BATCH)):
        with open_scope(database, tenant_id, write=True) as scope:
            create_deals(scope, batch, accounts, users)


def create_deals(
    scope: RecordScope, deals: Iterable[Deal], accounts: Sequence[int], users: Sequence[int]
) -> list[int]:
    """Create the deals as one batch; returns their ids."""
    rows = [values(deal, accounts) | {"owner": str(users[deal.owner])} for deal in deals]
    return _ids(records.create_many(scope, DEAL, rows))


def values(deal: Deal, accounts: Sequence[int]) -> dict[str, Any]:
    """A deal as in an API request."""
    return {name: wire for name, wire in _wire_values(deal, accounts) if wire is not None}


def _wire_values(deal: Deal, accounts: Sequence[int]) -> Iterator[tuple[str, Any]]:
    for name in FIELD_NAMES:
        value = getattr(deal, name)
        if value is None or value == []:
            continue
        if name in ("account", "partner"):
            yield name, str(accounts[value])
        elif isinstance(value, datetime):
            yield name, value.isoformat().replace("+00:00", "Z")
        elif isinstance(value, date):
            yield name, value.isoformat()
        elif isinstance(value, Decimal):
            yield name, str(value)
        else:
            yield name, value


def _ids(results: Iterable[RowResult]) -> list[int]:
    ids = []
    for result in results:
        if result.id is None:
            raise LoadError("; ".join(f"{e.field}: {e.message}" for e in result.errors))
        ids.append(result.id)
    return ids
