"""Fields move into slots while people write; names and unique values follow the definitions."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from kernel.db.unit import Database
from kernel.errors import Invalid
from kernel.ids import new_ulid
from kernel.jobs import list_jobs
from kernel.web.services import Services
from kernel.worker import run_job
from metadata import store
from runtime import records
from runtime.query import Query, select_records
from runtime.query.requests import read_sort
from runtime.refresh import KIND
from runtime.scope import open_scope
from runtime.search import search
from tests.twins import Side, Twin

Document = dict[str, Any]
FIELD_ID = new_ulid()


def label(text_: str) -> dict[str, str]:
    return {"en": text_, "zh_CN": text_}


@pytest.fixture
def install(app: Flask, database: Database) -> Callable[..., int]:
    def put(side: Side, *documents: Document) -> int:
        bodies = [{"id": new_ulid(), "label": label(d["api"]), **d} for d in documents]
        with app.app_context(), database.scope(side.id, side.admin) as scope:
            return store.install_documents(scope, bodies, "test")

    return put


@pytest.fixture
def accounts(install: Callable[..., int], twin: Twin) -> Side:
    """Our tenant with accounts whose size has no slot."""
    install(
        twin.ours,
        {"kind": "object", "api": "account", "name_field": "name", "access": {"default": "edit"}},
        {"kind": "field", "api": "account.name", "type": "text", "required": True},
        {"kind": "field", "api": "account.code", "type": "text"},
        {"id": FIELD_ID, **SIZE, "indexed": False},
    )
    return twin.ours


SIZE: Document = {"kind": "field", "api": "account.size", "type": "integer"}


@pytest.fixture
def run_refresh(app: Flask, services: Services, database: Database) -> Callable[[Side], None]:
    def run(side: Side) -> None:
        with database.scope(side.id, side.admin) as scope:
            waiting = [job.id for job in list_jobs(scope, KIND) if job.state == "queued"]
        assert waiting
        with app.app_context():
            for job_id in waiting:
                run_job(services, app.extensions["banyan.doorkeeper"], side.id, job_id)

    return run


class Writers:
    """People who create and change accounts until they are told to stop."""

    def __init__(self, database: Database, side: Side) -> None:
        self.database, self.side = database, side
        self.writes = 0
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(3)]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, writes: int) -> None:
        while self.writes < writes and not self.errors:
            self._stop.wait(0.01)

    def _work(self, seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not self._stop.is_set():
                self._write(chance)
                self.writes += 1
        except BaseException as error:
            self.errors.append(error)

    def _write(self, chance: random.Random) -> None:
        with open_scope(self.database, self.side.id, self.side.user, write=True) as scope:
            size = chance.choice([None, chance.randrange(1000)])
            if chance.random() < 0.5:
                records.create(scope, "account", {"name": "new", "size": size})
            else:
                page = select_records(scope, Query(scope.schema.objects["account"], limit=50))
                chosen = chance.choice(page.records)
                records.update(scope, "account", chosen.id, {"size": size})


def test_a_field_moves_into_a_slot_while_records_are_written(
    accounts: Side,
    database: Database,
    install: Callable[..., int],
    run_refresh: Callable[[Side], None],
) -> None:
    with open_scope(database, accounts.id, accounts.user, write=True) as scope:
        rows = [{"name": f"n{n}", "size": n % 50 or None} for n in range(1200)]
        records.create_many(scope, "account", rows)
        assert scope.schema.objects["account"].fields["size"].slot is None

    with Writers(database, accounts) as writers:
        writers.wait_for(10)
        install(accounts, {"id": FIELD_ID, **SIZE, "indexed": True})
        with open_scope(database, accounts.id, accounts.user) as scope:
            field = scope.schema.objects["account"].fields["size"]
            assert field.slot is not None
            assert not field.slot_live
        before = writers.writes
        run_refresh(accounts)
        writers.wait_for(before + 10)
    assert not writers.errors

    with open_scope(database, accounts.id, accounts.user) as scope:
        object_ = scope.schema.objects["account"]
        field = object_.fields["size"]
        assert field.slot_live
        different = scope.unit.connection.execute(
            text(
                f"SELECT count(*) FROM record WHERE tenant_id = :tenant AND object_id = :object"
                f" AND {field.slot} IS DISTINCT FROM (data ->> '{field.key}')::numeric"
            ),
            {"tenant": accounts.id, "object": object_.number},
        ).scalar_one()
        assert different == 0
        sizes = list(_sizes(scope, object_))
        assert sizes == sorted(sizes, key=lambda size: (size is None, size))


def _sizes(scope: Any, object_: Any) -> Iterator[int | None]:
    cursor = None
    sort = read_sort(scope.schema, object_, ["size"])
    while True:
        page = select_records(scope, Query(object_, sort=sort, limit=500, cursor=cursor))
        yield from (record.values["size"] for record in page.records)
        cursor = page.next
        if cursor is None:
            return


def test_a_new_name_field_renames_all_records(
    accounts: Side,
    database: Database,
    install: Callable[..., int],
    run_refresh: Callable[[Side], None],
) -> None:
    with open_scope(database, accounts.id, accounts.user, write=True) as scope:
        records.create(scope, "account", {"name": "Old name", "code": "华为-7"})
        object_id = scope.schema.objects["account"].id
    install(
        accounts,
        {
            "id": object_id,
            "kind": "object",
            "api": "account",
            "name_field": "code",
            "access": {"default": "edit"},
        },
    )
    run_refresh(accounts)
    with open_scope(database, accounts.id, accounts.user) as scope:
        assert [hit.name for hit in search(scope, "华为")] == ["华为-7"]


def test_a_field_becomes_unique_only_without_duplicates(
    accounts: Side, database: Database, install: Callable[..., int]
) -> None:
    with open_scope(database, accounts.id, accounts.user, write=True) as scope:
        code = scope.schema.objects["account"].fields["code"]
        records.create(scope, "account", {"name": "a", "code": "X-1"})
        twice = records.create(scope, "account", {"name": "b", "code": "x-1"})
    unique = {"id": code.id, "kind": "field", "api": "account.code", "type": "text", "unique": True}
    with pytest.raises(Invalid) as refused:
        install(accounts, unique)
    assert refused.value.errors[0].code == "has_duplicates"

    with open_scope(database, accounts.id, accounts.user, write=True) as scope:
        records.update(scope, "account", twice.id, {"code": "x-2"})
    install(accounts, unique)
    with (
        open_scope(database, accounts.id, accounts.user, write=True) as scope,
        pytest.raises(Invalid) as taken,
    ):
        records.create(scope, "account", {"name": "c", "code": "X-2"})
    assert taken.value.errors[0].code == "not_unique"
