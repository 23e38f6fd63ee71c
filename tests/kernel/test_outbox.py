"""Promises are kept when, and only when, their transaction was committed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select

from kernel import attention, outbox
from kernel.clock import FixedClock
from kernel.outbox import OutboxRow
from kernel.scheduler import look_after
from kernel.scope import Scope
from kernel.web.services import Services
from tests.twins import Twin

pytestmark = pytest.mark.usefixtures("in_app")

Seen = list[tuple[int, Any, str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What the handler of the topic "test" was called with; it fails on {"fail": true}."""
    calls: Seen = []

    def handle(scope: Scope, payload: dict[str, Any], key: str) -> None:
        calls.append((scope.tenant_id, payload, key))
        if payload.get("fail"):
            raise OSError("no line")

    monkeypatch.setitem(outbox._handlers, "test", handle)
    return calls


def _rows(services: Services, tenant_id: int) -> list[OutboxRow]:
    with services.database.scope(tenant_id) as scope:
        return list(scope.unit.session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def _work_off(services: Services) -> None:
    SimpleWorker(
        [services.queue("default")], connection=services.redis, serializer=JSONSerializer
    ).work(burst=True, logging_level="WARNING")


def test_a_promise_is_kept_after_the_commit(services: Services, twin: Twin, seen: Seen) -> None:
    with services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {"n": 1}, "first")
        _work_off(services)
        assert seen == []
    _work_off(services)
    assert seen == [(twin.ours.id, {"n": 1}, "first")]
    assert _rows(services, twin.ours.id)[0].done_at is not None


def test_what_is_rolled_back_was_never_promised(services: Services, twin: Twin, seen: Seen) -> None:
    with suppress(ZeroDivisionError), services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {}, "first")
        raise ZeroDivisionError
    assert outbox.deliver(services, twin.ours.id) == 0
    assert seen == []


def test_the_same_promise_twice_is_one(services: Services, twin: Twin, seen: Seen) -> None:
    for _ in range(2):
        with services.database.scope(twin.ours.id) as scope:
            outbox.promise(scope, "test", {}, "same")
            outbox.promise(scope, "test", {}, "same")
    assert outbox.deliver(services, twin.ours.id) == 1
    assert len(seen) == 1


def test_an_unknown_topic_is_refused_when_it_is_promised(services: Services, twin: Twin) -> None:
    with pytest.raises(ValueError, match="nobody"), services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "nobody", {}, "x")


def test_a_failure_is_tried_again_later_and_later_and_given_up(
    services: Services, twin: Twin, seen: Seen, clock: FixedClock
) -> None:
    with services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {"fail": True}, "bad")
        outbox.promise(scope, "test", {}, "good")
    assert outbox.deliver(services, twin.ours.id) == 1  # the bad one holds nobody up
    delays = []
    for _ in range(outbox.MAX_ATTEMPTS - 1):
        row = _rows(services, twin.ours.id)[0]
        delays.append((row.due_at - clock.now()).total_seconds())
        assert outbox.deliver(services, twin.ours.id) == 0
        clock.advance(seconds=delays[-1])
        outbox.deliver(services, twin.ours.id)
    assert delays[:3] == [15, 30, 60]
    assert max(delays) <= 3600
    row = _rows(services, twin.ours.id)[0]
    assert (row.attempts, row.error) == (outbox.MAX_ATTEMPTS, "OSError: no line")
    clock.advance(days=1)
    outbox.deliver(services, twin.ours.id)
    assert len(seen) == outbox.MAX_ATTEMPTS + 1


def test_what_a_failed_handler_wrote_is_undone(
    services: Services, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(scope: Scope, payload: dict[str, Any], key: str) -> None:
        outbox.promise(scope, "test", {"half": True}, "second")
        raise OSError

    monkeypatch.setitem(outbox._handlers, "test", handle)
    with services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {}, "first")
    outbox.deliver(services, twin.ours.id)
    assert [row.key for row in _rows(services, twin.ours.id)] == ["first"]


def test_the_scheduler_finds_what_redis_lost(services: Services, twin: Twin, seen: Seen) -> None:
    with services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {}, "lost")
    services.redis.flushdb()
    look_after(services, twin.ours.id)
    _work_off(services)
    assert [key for _, _, key in seen] == ["lost"]


def test_a_postponed_promise_is_due_by_appointment(
    services: Services, twin: Twin, seen: Seen, clock: FixedClock
) -> None:
    with services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {"fail": True}, "bad")
    services.redis.flushdb()
    outbox.deliver(services, twin.ours.id)
    assert attention.take_due(services) == []
    clock.advance(seconds=15)
    assert attention.take_due(services) == [twin.ours.id]
    assert attention.take_due(services) == []


def test_nothing_of_another_tenant_is_delivered(services: Services, twin: Twin, seen: Seen) -> None:
    with services.database.scope(twin.theirs.id) as scope:
        outbox.promise(scope, "test", {}, "theirs")
    assert outbox.deliver(services, twin.ours.id) == 0
    assert seen == []


def test_kept_promises_are_purged(
    services: Services, twin: Twin, seen: Seen, clock: FixedClock, in_app: Flask
) -> None:
    with services.database.scope(twin.ours.id) as scope:
        outbox.promise(scope, "test", {}, "old")
    outbox.deliver(services, twin.ours.id)
    clock.advance(days=8)
    with services.database.scope(twin.ours.id) as scope:
        outbox.purge_kept(scope)
    assert _rows(services, twin.ours.id) == []
