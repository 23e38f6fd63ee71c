"""Signing in: who gets in, what others learn, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from kernel.clock import FixedClock
from kernel.db.unit import Database
from kernel.web.services import Services
from tenants import service, sessions
from tenants.authentication import ACCOUNT_LIMIT
from tenants.models import User, UserSession
from tests.twins import PASSWORD, Side, TenantClient, Twin
from wsgi import create_app

Browse = Callable[..., TenantClient]
WRONG = "The email address or the password is not right."


def sign_in(client: TenantClient, email: str, password: str = PASSWORD, **form: str) -> object:
    """Send the form of the sign-in page."""
    return client.submit("/sign-in", email=email, password=password, **form)


def _signed_in(client: TenantClient) -> bool:
    return client.get("/account").status_code == 200


def _user(database: Database, side: Side) -> User:
    assert side.user.id is not None
    with database.scope(side.id) as scope:
        return service.get_user(scope, side.user.id)


def test_the_right_password_lets_in_and_on(browse: Browse, twin: Twin, database: Database) -> None:
    client = browse(twin.ours)
    email = f" {twin.ours.email(twin.ours.user).upper()} "
    answer = client.submit("/sign-in", email=email, password=PASSWORD, next="/account?x=1")
    assert (answer.status_code, answer.location) == (302, "/account?x=1")
    assert _signed_in(client)
    assert _user(database, twin.ours).last_sign_in_at == database.clock.now()


def test_nobody_is_sent_to_another_host(browse: Browse, twin: Twin) -> None:
    email = twin.ours.email(twin.ours.user)
    client = browse(twin.ours)
    assert (
        client.submit("/sign-in", email=email, password=PASSWORD, next="//evil.example").location
        == "/"
    )


def test_the_cookie_is_bound_to_its_host(browse: Browse, twin: Twin) -> None:
    answer = browse(twin.ours).get("/sign-in")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie


def test_the_database_holds_no_secret_of_a_session(
    browse: Browse, twin: Twin, database: Database
) -> None:
    client = browse(twin.ours)
    client.submit("/sign-in", email=twin.ours.email(twin.ours.user), password=PASSWORD)
    with client.session_transaction(base_url=f"https://{twin.ours.host}") as cookie:
        token = cookie["_user_id"]
    with database.scope(twin.ours.id) as scope:
        rows = scope.unit.session.scalars(select(UserSession)).all()
    assert [row.user_id for row in rows] == [twin.ours.user.id]
    assert token.encode() not in rows[0].token_hash


def test_signing_in_changes_the_session(browse: Browse, twin: Twin) -> None:
    """A cookie that was planted before does not become a signed-in one."""
    victim = browse(twin.ours)
    before = victim.csrf()
    planted = victim.get_cookie("__Host-session", domain=twin.ours.host)
    assert planted is not None
    victim.submit("/sign-in", email=twin.ours.email(twin.ours.user), password=PASSWORD)
    attacker = browse(twin.ours)
    attacker.set_cookie("__Host-session", planted.value, domain=twin.ours.host)
    assert not _signed_in(attacker)
    assert victim.post("/sign-out", headers={"X-CSRFToken": before}).status_code == 400


def test_all_failures_look_alike(browse: Browse, twin: Twin, database: Database) -> None:
    assert twin.ours.other.id is not None
    with database.scope(twin.ours.id) as scope:
        service.freeze_user(scope, twin.ours.other.id)
        service.add_user(scope, "invited@ours.example", "Invited")
    for email, password in [
        (twin.ours.email(twin.ours.user), "not the password"),
        ("nobody@ours.example", PASSWORD),
        (twin.ours.email(twin.ours.other), PASSWORD),
        ("invited@ours.example", PASSWORD),
        (twin.theirs.email(twin.theirs.user), PASSWORD),
        ("", ""),
        ("\x00", "\x00"),
        ("a" * 10_000, "b" * 100_000),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ]:
        client = browse(twin.ours)
        answer = client.submit("/sign-in", email=email, password=password)
        assert answer.status_code == 401
        assert WRONG in answer.text
        assert not _signed_in(client)


def test_an_unknown_address_costs_as_much_as_a_known_one(
    browse: Browse, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return bool(real(self, stored, password))

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    client = browse(twin.ours)
    client.submit("/sign-in", email="nobody@ours.example", password=PASSWORD)
    client.submit("/sign-in", email=twin.ours.email(twin.ours.user), password="wrong")
    assert len(verified) == 2


def test_too_many_failures_lock_the_account_for_a_while(
    browse: Browse, twin: Twin, services: Services
) -> None:
    email = twin.ours.email(twin.ours.user)
    client = browse(twin.ours)
    for _ in range(10):
        assert client.submit("/sign-in", email=email, password="wrong").status_code == 401
    locked = client.submit("/sign-in", email=email, password=PASSWORD)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60
    # A restart forgets nothing: the count is in Redis.
    restarted = TenantClient.on(create_app(services), twin.ours)
    assert restarted.submit("/sign-in", email=email, password=PASSWORD).status_code == 429
    # Neither another person nor the twin of this one is locked.
    assert sign_in_status(browse(twin.ours), twin.ours.email(twin.ours.other)) == 302
    assert sign_in_status(browse(twin.theirs), twin.theirs.email(twin.theirs.user)) == 302


def sign_in_status(client: TenantClient, email: str) -> int:
    """The status of an attempt with the right password."""
    status: int = client.submit("/sign-in", email=email, password=PASSWORD).status_code
    return status


def test_an_account_that_is_not_there_locks_like_one_that_is(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    statuses = [
        client.submit("/sign-in", email="nobody@ours.example", password="wrong").status_code
        for _ in range(11)
    ]
    assert statuses == [401] * 10 + [429]


def test_success_forgets_the_failures(browse: Browse, twin: Twin) -> None:
    email = twin.ours.email(twin.ours.user)
    for _ in range(2):
        client = browse(twin.ours)
        for _ in range(9):
            client.submit("/sign-in", email=email, password="wrong")
        assert sign_in_status(client, email) == 302


def test_one_address_cannot_try_many_accounts(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    token = client.csrf()
    statuses = [
        client.post(
            "/sign-in", data={"csrf_token": token, "email": f"{n}@x.example", "password": "x" * 300}
        ).status_code
        for n in range(51)
    ]
    assert statuses == [401] * 50 + [429]


def test_attempts_at_once_are_counted_each(twin: Twin, services: Services) -> None:
    services.rate_limits.check(ACCOUNT_LIMIT, "x")
    refused = 0
    for _ in range(12):
        try:
            services.rate_limits.count(ACCOUNT_LIMIT, "x")
        except Exception:
            refused += 1
    assert refused == 2


def test_a_session_ends_when_it_is_idle(browse: Browse, twin: Twin, clock: FixedClock) -> None:
    client = browse(twin.ours, twin.ours.user)
    clock.advance(hours=11)
    assert _signed_in(client)
    clock.advance(hours=11)
    assert _signed_in(client)
    clock.advance(hours=13)
    assert not _signed_in(client)


def test_a_session_ends_after_two_weeks(browse: Browse, twin: Twin, clock: FixedClock) -> None:
    client = browse(twin.ours, twin.ours.user)
    for _ in range(2 * 14):
        assert _signed_in(client)
        clock.advance(hours=11, minutes=59)
    clock.advance(hours=1)
    assert not _signed_in(client)


def test_last_seen_is_written_now_and_then(
    browse: Browse, twin: Twin, clock: FixedClock, database: Database
) -> None:
    client = browse(twin.ours, twin.ours.user)
    started = clock.now()
    seen = []
    for _ in range(3):
        clock.advance(minutes=4)
        client.get("/account")
        with database.scope(twin.ours.id) as scope:
            seen.append(scope.unit.session.scalars(select(UserSession.last_seen_at)).one())
    assert seen == [started, started + timedelta(minutes=8), started + timedelta(minutes=8)]


def test_a_frozen_user_is_out_with_the_next_request(
    browse: Browse, twin: Twin, database: Database
) -> None:
    client = browse(twin.ours, twin.ours.user)
    assert _signed_in(client)
    assert twin.ours.user.id is not None
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id).state = "frozen"
    assert not _signed_in(client)


def test_who_is_no_longer_administrator_is_none_with_the_next_request(
    browse: Browse, twin: Twin, database: Database, app: Flask
) -> None:
    from kernel.web.routes import ADMIN, route

    route(app, "/t/admin", needs=ADMIN)(lambda: "secret")
    client = browse(twin.ours, twin.ours.admin)
    assert client.get("/t/admin").status_code == 200
    assert twin.ours.admin.id is not None
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.admin.id).is_admin = False
    assert client.get("/t/admin").status_code == 403


def test_signing_out_ends_the_session_on_the_server(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    cookie = client.get_cookie("__Host-session", domain=twin.ours.host)
    assert cookie is not None
    assert client.submit("/sign-out").location == "/sign-in"
    client.set_cookie("__Host-session", cookie.value, domain=twin.ours.host)
    assert not _signed_in(client)


def test_an_old_hash_is_renewed(browse: Browse, twin: Twin, database: Database) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=512, parallelism=1).hash(PASSWORD)
    assert twin.ours.user.id is not None
    with database.scope(twin.ours.id) as scope:
        service.get_user(scope, twin.ours.user.id).password_hash = weak
    assert sign_in_status(browse(twin.ours), twin.ours.email(twin.ours.user)) == 302
    assert _user(database, twin.ours).password_hash != weak
    assert sign_in_status(browse(twin.ours), twin.ours.email(twin.ours.user)) == 302


def test_expired_sessions_are_purged(
    browse: Browse, twin: Twin, database: Database, clock: FixedClock
) -> None:
    browse(twin.ours, twin.ours.user)
    clock.advance(hours=13)
    browse(twin.ours, twin.ours.other)
    with database.scope(twin.ours.id) as scope:
        sessions.purge_expired(scope)
    with database.scope(twin.ours.id) as scope:
        left = scope.unit.session.scalars(select(UserSession.user_id)).all()
    assert left == [twin.ours.other.id]
