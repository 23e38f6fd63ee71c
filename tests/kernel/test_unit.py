"""The unit of work: all or nothing, and what waits for the commit."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import text

from kernel.db.unit import Database
from tenants import service
from tests.twins import Twin


def _name(database: Database, twin: Twin) -> str:
    with database.scope(twin.ours.id) as scope:
        return service.get_user(scope, twin.ours.user.id or 0).name


def test_a_block_that_ends_is_committed_and_then_what_waits_is_called(
    database: Database, twin: Twin
) -> None:
    seen: list[str] = []
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id or 0).name = "Changed"
        scope.unit.after_commit(lambda: seen.append(_name(database, twin)))
        assert seen == []
    assert seen == ["Changed"]


def test_a_block_that_fails_leaves_nothing_and_calls_nothing(
    database: Database, twin: Twin
) -> None:
    seen: list[int] = []
    with suppress(ZeroDivisionError), database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id or 0).name = "Changed"
        scope.unit.session.flush()
        scope.unit.after_commit(lambda: seen.append(1))
        raise ZeroDivisionError
    assert seen == []
    assert _name(database, twin) == "User"


def test_a_call_that_fails_after_the_commit_takes_nothing_back(
    database: Database, twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id or 0).name = "Changed"
        scope.unit.after_commit(lambda: 1 / 0)
        scope.unit.after_commit(lambda: seen.append(1))
    assert seen == [1]
    assert _name(database, twin) == "Changed"
    assert "after commit" in caplog.text


def test_what_is_undone_is_gone_and_the_unit_is_still_the_tenants(
    database: Database, twin: Twin
) -> None:
    seen: list[int] = []
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id or 0).name = "Changed"
        scope.unit.session.flush()
        scope.unit.after_commit(lambda: seen.append(1))
        scope.unit.undo()
        users = scope.unit.connection.scalars(text("SELECT tenant_id FROM app_user")).all()
        assert set(users) == {twin.ours.id}
        assert service.get_user(scope, twin.ours.user.id or 0).name == "User"
    assert seen == []
    assert _name(database, twin) == "User"


def test_a_connection_is_given_back_whatever_happens(database: Database, twin: Twin) -> None:
    before = database.engine.pool.checkedout()  # type: ignore[attr-defined]  # a queue pool
    for _ in range(30):
        with suppress(ZeroDivisionError), database.scope(twin.ours.id):
            raise ZeroDivisionError
    assert database.engine.pool.checkedout() == before  # type: ignore[attr-defined]  # as above
