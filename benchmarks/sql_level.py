"""SQL level: the statements of an operation, executed and fetched by the driver.

The product's statements are those that its own functions send, taken down while they run for
an administrator; the floor's likewise. Time of Python between the statements does not count, nor
does the product's tenant context or a commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.deals import STAGES, Deal
from benchmarks.environment import Servers
from benchmarks.floor import queries
from benchmarks.floor import tables as floor
from benchmarks.loading import SEED, Loaded
from benchmarks.names import chinese_stems
from benchmarks.product import load as product
from benchmarks.product import work
from benchmarks.results import Result, Target, compare, in_turns
from benchmarks.sizes import Size
from benchmarks.statements import CopyText, Replay, Statement, taken_down
from kernel.db.engine import make_engine
from kernel.db.unit import Database
from runtime.scope import RecordScope, open_scope
from tenants import service

LEVEL = "SQL"
Pair = tuple[list[Statement], list[Statement]]
"""The statements of an operation, the product's and the floor's."""

_FIRST_NEW = 10_000_000
"""Position of the first deal that the measurements make; the loaded ones are before it."""


class SqlLevel:
    """The measurements over one loaded database."""

    def __init__(self, servers: Servers, size: Size, loaded: Loaded) -> None:
        url = servers.database_url
        self._size, self._loaded = size, loaded
        self._database = Database(make_engine(url))
        self._engine = make_engine(url, role=None)
        self._random = Random(SEED)

    def run(self) -> Iterator[Result]:
        """All measurements, one after the other."""
        context = "SELECT set_config('banyan.tenant_id', %s, true)"
        ours = Replay(self._database.engine, [(context, (str(self._loaded.tenant_id),))])
        theirs = Replay(self._engine)
        try:
            yield from self._compare_all(ours, theirs)
        finally:
            ours.close()
            theirs.close()
        yield self._create_tenant()
        self._database.engine.dispose()
        self._engine.dispose()

    def _compare_all(self, ours: Replay, theirs: Replay) -> Iterator[Result]:
        many, few = self._size.rounds, self._size.slow_rounds
        plan = (
            ("get", Target(ratio=1.2), many, self._get),
            ("list", Target(ratio=3), many, self._list),
            ("lookup list", Target(ratio=3), many, self._lookup_list),
            ("group-by", Target(ratio=2), few, self._group_by),
            ("search", Target(milliseconds=5), many, self._search),
            ("insert", Target(ratio=2), many, self._insert),
            ("update one field", Target(), many, self._update),
            ("bulk insert", Target(ratio=3), self._size.bulk_rounds, self._bulk),
        )
        for name, target, rounds, prepare in plan:
            variants = 1 if name in ("group-by", "bulk insert") else min(rounds, 50)
            pairs = prepare(variants)

            def time_ours(n: int, pairs: Any = pairs) -> float:
                return ours.seconds(pairs[n % len(pairs)][0])

            def time_floor(n: int, pairs: Any = pairs) -> float:
                return theirs.seconds(pairs[n % len(pairs)][1])

            yield compare(LEVEL, name, target, in_turns(time_ours, time_floor, rounds))

    # -- the statements of n variants of an operation, of ours and of the floor --------------

    def _get(self, variants: int) -> list[Pair]:
        ours, theirs = self._deal_ids(variants)
        return [
            (
                self._of_product(partial(work.get, record_id=a)),
                self._of_floor(partial(queries.get, **self._all, record_id=b)),
            )
            for a, b in zip(ours, theirs, strict=True)
        ]

    def _list(self, variants: int) -> list[Pair]:
        pairs = []
        for n in range(variants):
            stage, low, high = list_arguments(self._random, n)
            query = partial(queries.by_stage, **self._all, stage=stage, low=low, high=high)
            ours = self._of_product(work.lister(work.by_stage(stage, low, high)))
            pairs.append((ours, self._of_floor(query)))
        return pairs

    def _lookup_list(self, variants: int) -> list[Pair]:
        return [
            (
                self._of_product(work.lister(work.by_account(account))),
                self._of_floor(partial(queries.by_account, **self._all, account=account)),
            )
            for account in self._random.choices(self._loaded.accounts, k=variants)
        ]

    def _group_by(self, _variants: int) -> list[Pair]:
        theirs = self._of_floor(partial(queries.by_stage_totals, **self._all))
        return [(self._of_product(work.totals), theirs)]

    def _search(self, variants: int) -> list[Pair]:
        return [
            (
                self._of_product(partial(work.find, words=words)),
                self._of_floor(partial(queries.search, **self._all, words=words)),
            )
            for words in search_words(self._random, variants)
        ]

    def _insert(self, variants: int) -> list[Pair]:
        accounts = self._loaded.accounts
        whose: dict[str, Any] = {"tenant_id": self._tenant, "owner": self._loaded.users[0]}
        return [
            (
                self._of_product(partial(work.create, values=product.values(deal, accounts))),
                self._of_floor(
                    partial(queries.create, **whose, values=floor.by_column(deal, accounts))
                ),
            )
            for deal in self._new_deals(variants)
        ]

    def _update(self, variants: int) -> list[Pair]:
        ours, theirs = self._deal_ids(variants)
        with open_scope(self._database, self._tenant) as scope:
            our_stages = work.stages(scope, ours)
        with self._engine.connect() as connection:
            got = [queries.get(connection, **self._all, record_id=i) for i in theirs]
        by, now = self._loaded.users[0], [record["stage"] for record in got]
        change = partial(queries.update, **self._all, version=None, name="stage", by=by)
        return [
            (
                self._of_product(partial(work.move, record_id=a, stage=next_stage(s))),
                self._of_floor(partial(change, record_id=b, value=next_stage(t))),
            )
            for a, s, b, t in zip(ours, our_stages, theirs, now, strict=True)
        ]

    def _bulk(self, _variants: int) -> list[Pair]:
        deals = self._new_deals(self._size.bulk)
        accounts, users = self._loaded.accounts, self._loaded.users

        def in_batches(scope: RecordScope) -> None:
            for start in range(0, len(deals), 1_000):
                product.create_deals(scope, deals[start : start + 1_000], accounts, users)

        with self._engine.connect() as connection:
            ids = floor.new_ids(connection, len(deals))
        numbered = list(zip(ids, deals, strict=True))
        copies = floor.copies(self._tenant, numbered, accounts, users)
        return [
            (
                self._of_product(in_batches),
                [(command, CopyText(lines)) for command, lines in copies],
            )
        ]

    # -- helpers ----------------------------------------------------------------------------

    @property
    def _all(self) -> dict[str, Any]:
        """The floor's parameters for the tenant's records of all owners."""
        return {"tenant_id": self._tenant, "owner": None}

    @property
    def _tenant(self) -> int:
        return self._loaded.tenant_id

    def _of_product(self, do: Callable[[RecordScope], object]) -> list[Statement]:
        """What the product sends; its work is undone."""
        try:
            with open_scope(self._database, self._tenant, write=True) as scope:
                with taken_down(scope.unit.connection) as heard:
                    do(scope)
                raise _Undo
        except _Undo:
            return heard

    def _of_floor(self, do: Callable[[Connection], object]) -> list[Statement]:
        with self._engine.connect() as connection, taken_down(connection) as heard:
            do(connection)
        return heard

    def _deal_ids(self, count: int) -> tuple[list[int], list[int]]:
        return (
            some_deals(self._database, self._loaded, count),
            some_floor_deals(self._engine, self._loaded, count),
        )

    def _new_deals(self, count: int) -> list[Deal]:
        return list(self._loaded.data(self._size).deals(_FIRST_NEW, count))

    def _create_tenant(self) -> Result:
        times = []
        slugs = [f"empty-{n}" for n in range(self._size.slow_rounds + 1)]
        self._remove_tenants(slugs)
        for slug in slugs:
            started = time.perf_counter()
            service.create_tenant(self._database, slug, slug, base_domain=product.BASE_DOMAIN)
            times.append(time.perf_counter() - started)
        self._remove_tenants(slugs)
        return compare(LEVEL, "create tenant", Target(milliseconds=20), (times[1:], ()))

    def _remove_tenants(self, slugs: Sequence[str]) -> None:
        with self._database.system("benchmark: remove empty tenants") as unit:
            unit.connection.execute(
                text("DELETE FROM tenant WHERE slug = ANY(:slugs)"), {"slugs": list(slugs)}
            )


class _Undo(Exception):
    """Ends a unit of work without a commit."""


def list_arguments(random: Random, n: int) -> tuple[str, Decimal, Decimal]:
    """A stage and a range of amounts that about a fifth of the deals have."""
    low = random.randrange(1_000, 100_000)
    return STAGES[n % len(STAGES)], Decimal(low), Decimal(low * 4)


def search_words(random: Random, count: int) -> list[str]:
    """Two neighbouring characters of Chinese company names."""
    stems = [stem for stem in chinese_stems(Random(SEED)) if len(stem) >= 2]
    return [stem[:2] for stem in random.choices(stems, k=count)]


def next_stage(stage: str) -> str:
    """The stage that follows."""
    return STAGES[(STAGES.index(stage) + 1) % len(STAGES)]


def some_deals(
    database: Database, loaded: Loaded, count: int, owner: int | None = None
) -> list[int]:
    """Ids of the product's deals, spread over the table; with `owner` theirs alone."""
    with open_scope(database, loaded.tenant_id) as scope:
        return work.some_ids(scope, count, owner)


def some_floor_deals(
    engine: Any, loaded: Loaded, count: int, owner: int | None = None
) -> list[int]:
    """Ids of the floor's deals, as `some_deals`."""
    query = text(
        """SELECT id FROM floor_record
WHERE tenant_id = :tenant AND (CAST(:owner AS bigint) IS NULL OR owner_id = :owner)
ORDER BY hashint8(id) LIMIT :count"""
    )
    values = {"tenant": loaded.tenant_id, "owner": owner, "count": count}
    with engine.connect() as connection:
        return list(connection.execute(query, values).scalars())
