"""The scheduler looks at each tenant in time, and one that fails holds up no other."""

from __future__ import annotations

import pytest

from kernel import scheduler
from kernel.clock import FixedClock
from kernel.scheduler import ROUND, Scheduler
from kernel.scope import Scope
from kernel.web.services import Services
from tests.twins import Twin

pytestmark = pytest.mark.usefixtures("in_app")


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch, twin: Twin) -> list[int]:
    """The tenants that are looked after, of ours and theirs; ours fails."""
    seen: list[int] = []

    def look(_services: Services, tenant_id: int) -> None:
        if tenant_id in (twin.ours.id, twin.theirs.id):
            seen.append(tenant_id)
        if tenant_id == twin.ours.id:
            raise RuntimeError("a fault in one tenant")

    monkeypatch.setattr(scheduler, "look_after", look)
    monkeypatch.setattr(scheduler, "_purges", [])
    return seen


def test_all_tenants_are_looked_at_in_rounds(
    services: Services, clock: FixedClock, twin: Twin, looked: list[int]
) -> None:
    one = Scheduler(services)
    one.tick()
    assert sorted(looked) == [twin.ours.id, twin.theirs.id]
    clock.advance(seconds=ROUND.total_seconds() - 1)
    one.tick()
    assert len(looked) == 2
    clock.advance(seconds=1)
    one.tick()
    assert len(looked) == 4


def test_each_tenant_is_purged_in_its_own_scope(
    services: Services, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged: list[int] = []

    def note(scope: Scope) -> None:
        purged.append(scope.tenant_id)

    monkeypatch.setattr(scheduler, "_purges", [note])
    scheduler.purge_tenant(services, twin.ours.id)
    assert purged == [twin.ours.id]


def test_a_purge_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_purges", [])

    def nothing(_scope: Scope) -> None:
        pass

    scheduler.purge(nothing)
    scheduler.purge(nothing)
    assert scheduler._purges == [nothing]
