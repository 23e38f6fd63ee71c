"""API tokens: issued for a password, good on one host, until they end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from kernel.clock import FixedClock
from kernel.db.unit import Database
from kernel.errors import Conflict, TooMany
from kernel.web.services import Services
from tenants import service, tokens
from tenants.authentication import WrongCredentials
from tenants.models import ApiToken
from tests.twins import PASSWORD, Side, TenantClient, Twin

Browse = Callable[..., TenantClient]


def _issue(services: Services, side: Side, password: str = PASSWORD) -> str:
    with services.database.scope(side.id) as scope:
        return tokens.issue(
            scope, services.rate_limits, side.email(side.user), password, "192.0.2.1"
        )


def _works(client: TenantClient, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return bool(client.get("/account", headers=headers).status_code == 200)


def test_a_token_is_good_on_the_host_of_its_tenant_only(
    browse: Browse, twin: Twin, services: Services
) -> None:
    token = _issue(services, twin.ours)
    assert _works(browse(twin.ours), token)
    assert not _works(browse(twin.theirs), token)


def test_a_token_beats_the_cookie(browse: Browse, twin: Twin) -> None:
    """A call that names a token acts by it or not at all."""
    client = browse(twin.ours, twin.ours.admin)
    assert not _works(client, "made up")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic abc", "bearer  x y", "Bearer \ud83d"]
)
def test_odd_headers_let_nobody_in(browse: Browse, twin: Twin, header: str) -> None:
    value = header.encode("utf-8", "replace").decode("latin-1")
    answer = browse(twin.ours).get("/account", headers={"Authorization": value})
    assert answer.status_code == 302


def test_a_wrong_password_gets_none_and_is_counted(twin: Twin, services: Services) -> None:
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            _issue(services, twin.ours, "wrong")
    with pytest.raises(TooMany):
        _issue(services, twin.ours)


def test_a_token_ends_after_ninety_days(
    browse: Browse, twin: Twin, services: Services, clock: FixedClock
) -> None:
    token = _issue(services, twin.ours)
    clock.advance(days=89)
    assert _works(browse(twin.ours), token)
    clock.advance(days=1)
    assert not _works(browse(twin.ours), token)


def test_a_token_of_a_frozen_user_or_a_suspended_tenant_is_refused(
    browse: Browse, twin: Twin, services: Services, database: Database
) -> None:
    token = _issue(services, twin.ours)
    service.suspend_tenant(database, twin.ours.slug)
    headers = {"Authorization": f"Bearer {token}"}
    assert browse(twin.ours).get("/account", headers=headers).status_code == 403
    service.resume_tenant(database, twin.ours.slug)
    assert _works(browse(twin.ours), token)
    assert twin.ours.user.id is not None
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id).state = "frozen"
    assert not _works(browse(twin.ours), token)


def test_programs_that_sign_in_each_time_drop_their_oldest_token(
    twin: Twin, services: Services, database: Database
) -> None:
    for _ in range(tokens.MOST_PER_USER + 3):
        _issue(services, twin.ours)
    with database.scope(twin.ours.id) as scope:
        count = scope.unit.session.scalar(select(func.count()).select_from(ApiToken))
        assert count == tokens.MOST_PER_USER
        assert twin.ours.user.id is not None
        with pytest.raises(Conflict):
            tokens.create_token(scope, twin.ours.user.id, "One more")
