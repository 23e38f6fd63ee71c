"""What values mean when they are odd: nothing ticked, nothing readable, oneself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from kernel.db.unit import Database
from kernel.ids import new_ulid
from metadata import store
from runtime import records
from runtime.scope import open_scope
from tests.twins import Side, Twin

DOCUMENTS = (
    {"kind": "object", "api": "firm", "name_field": "name", "access": {"default": "edit"}},
    {"kind": "field", "api": "firm.name", "type": "text", "required": True},
    {"kind": "field", "api": "firm.hot", "type": "checkbox"},
    {"kind": "field", "api": "firm.mail", "type": "email"},
    {"kind": "field", "api": "firm.parent", "type": "lookup", "to": "firm"},
)


@pytest.fixture
def firms(app: Flask, database: Database, twin: Twin) -> Side:
    with app.app_context(), database.scope(twin.ours.id, twin.ours.admin) as scope:
        label = {"en": "Firm", "zh_CN": "公司"}
        bodies = [{"id": new_ulid(), "label": label, **document} for document in DOCUMENTS]
        store.install_documents(scope, bodies, "test")
    return twin.ours


@pytest.fixture
def refused(database: Database, firms: Side) -> Callable[..., str]:
    """The code of the only error with which values are refused."""

    def code(record_id: int | None, values: dict[str, object]) -> str:
        with open_scope(database, firms.id, firms.user, write=True) as scope:
            if record_id is None:
                (result,) = records.create_many(scope, "firm", [values])
            else:
                (result,) = records.update_many(scope, "firm", [records.Change(record_id, values)])
        (error,) = result.errors
        return error.code

    return code


def test_an_emptied_checkbox_is_unticked(database: Database, firms: Side) -> None:
    with open_scope(database, firms.id, firms.user, write=True) as scope:
        made = records.create(scope, "firm", {"name": "A", "hot": True})
        changed = records.update(scope, "firm", made.id, {"hot": None})
    assert changed is not None
    assert changed.values["hot"] is False


@pytest.mark.parametrize("name", ["\u200b", "\u2060 \u200f", "\ufeff\u3000"])
def test_a_name_that_nobody_can_see_is_none(refused: Callable[..., str], name: str) -> None:
    assert refused(None, {"name": name}) == "required"


def test_a_record_is_not_its_own_parent(
    database: Database, firms: Side, refused: Callable[..., str]
) -> None:
    with open_scope(database, firms.id, firms.user, write=True) as scope:
        made = records.create(scope, "firm", {"name": "A"})
    assert refused(made.id, {"parent": str(made.id)}) == "itself"


@pytest.mark.parametrize("mail", ["a@corp.local", "a@firm.test", "李@公司.example"])
def test_internal_addresses_are_addresses(database: Database, firms: Side, mail: str) -> None:
    with open_scope(database, firms.id, firms.user, write=True) as scope:
        assert records.create(scope, "firm", {"name": "A", "mail": mail}).values["mail"] == mail
