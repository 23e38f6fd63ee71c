"""Search tokens carry four characters for tenant and object; sharing them must not matter."""

from __future__ import annotations

import pytest

from benchmarks.product.documents import ACCOUNT, DEAL, documents
from kernel.db.unit import Database
from metadata import store
from runtime import records, search
from runtime.records import rows
from runtime.scope import open_scope
from tests.twins import Twin


def test_prefixes_have_one_length_and_differ() -> None:
    prefixes = {rows.token_prefix(tenant, number) for tenant in range(20) for number in range(20)}
    assert {len(prefix) for prefix in prefixes} == {4}
    assert len(prefixes) == 400


def test_nothing_else_is_found_where_prefixes_are_shared(
    database: Database, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rows, search):
        monkeypatch.setattr(module, "token_prefix", lambda _tenant, _object: "same")
    ids = {}
    for side in (twin.ours, twin.theirs):
        with database.scope(side.id) as scope:
            store.install_documents(scope, documents(), "Test")
        with open_scope(database, side.id, write=True) as scope:
            account = records.create(scope, ACCOUNT, {"name": "华为技术"}).id
            values = {"name": "华为项目", "code": "D1", "amount": "1", "stage": "new"}
            deal = records.create(scope, DEAL, {**values, "account": account}).id
            ids[side.id] = (account, deal)
    account, deal = ids[twin.ours.id]
    with open_scope(database, twin.ours.id) as scope:
        objects = scope.schema.objects
        assert [hit.id for hit in search.search(scope, "华为", [objects[DEAL]])] == [deal]
        assert [hit.id for hit in search.search(scope, "华为", [objects[ACCOUNT]])] == [account]
        assert {hit.id for hit in search.search(scope, "华为")} == {account, deal}
