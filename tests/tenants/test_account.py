"""My account: what people change about themselves, and only about themselves."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from kernel.db.unit import Database
from tenants import service, tokens
from tenants.models import ApiToken, UserSession
from tests.twins import PASSWORD, Side, TenantClient, Twin

Browse = Callable[..., TenantClient]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _make_token(database: Database, side: Side) -> str:
    assert side.user.id is not None
    with database.scope(side.id) as scope:
        return tokens.create_token(scope, side.user.id, "Reports")


def test_name_language_and_zone_are_changed(browse: Browse, twin: Twin, database: Database) -> None:
    client = browse(twin.ours, twin.ours.user)
    answer = client.submit("/account", name="王芳", locale="zh_CN", zone="Asia/Shanghai")
    assert answer.status_code == 302
    page = client.get("/account").text
    assert "王芳" in page
    assert "我的账户" in page


def test_wrong_values_are_named_and_what_was_typed_is_kept(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    answer = client.submit("/account", name="<b>X" + "x" * 300, locale="xx", zone="Mars/Olympus")
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 3
    assert "&lt;b&gt;X" in answer.text
    assert "<b>X" not in answer.text


def test_nobody_makes_themselves_administrator(
    browse: Browse, twin: Twin, database: Database
) -> None:
    assert twin.ours.user.id is not None
    browse(twin.ours, twin.ours.user).submit(
        "/account",
        name="User",
        locale="en",
        zone="UTC",
        is_admin="true",
        state="active",
        email="boss@x.example",
        id=str(twin.ours.admin.id),
    )
    with database.scope(twin.ours.id) as scope:
        user = service.get_user(scope, twin.ours.user.id)
    assert (user.is_admin, user.email) == (False, twin.ours.email(twin.ours.user))


def test_the_password_is_changed_by_who_knows_the_old_one(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    elsewhere = browse(twin.ours, twin.ours.user)
    wrong = client.submit("/account/password", current="guess", password="a brand new secret")
    assert wrong.status_code == 422
    short = client.submit("/account/password", current=PASSWORD, password="short")
    assert short.status_code == 422
    done = client.submit("/account/password", current=PASSWORD, password="a brand new secret")
    assert done.status_code == 302
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_a_stolen_session_cannot_try_passwords_for_ever(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    for _ in range(10):
        client.submit("/account/password", current="guess", password="a brand new secret")
    answer = client.submit("/account/password", current=PASSWORD, password="a brand new secret")
    assert answer.status_code == 429


def test_another_browser_is_signed_out_from_here(
    browse: Browse, twin: Twin, database: Database
) -> None:
    client, other = browse(twin.ours, twin.ours.user), browse(twin.ours, twin.ours.user)
    page = client.get("/account").text
    assert page.count("/end") == 1
    with database.scope(twin.ours.id) as scope:
        hashes = scope.unit.session.scalars(select(UserSession.token_hash)).all()
    (target,) = [value.hex() for value in hashes if value.hex() in page]
    client.submit(f"/account/sessions/{target}/end")
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_sessions_and_tokens_of_others_are_out_of_reach(
    browse: Browse, twin: Twin, database: Database
) -> None:
    victim = browse(twin.ours, twin.ours.user)
    token = _make_token(database, twin.ours)
    with database.scope(twin.ours.id) as scope:
        session = scope.unit.session.scalars(select(UserSession)).one().token_hash.hex()
        token_id = scope.unit.session.scalars(select(ApiToken)).one().id
    for attacker in (
        browse(twin.ours, twin.ours.other),
        browse(twin.ours, twin.ours.admin),
        browse(twin.theirs, twin.theirs.user),
    ):
        attacker.submit(f"/account/sessions/{session}/end")
        attacker.submit(f"/account/tokens/{token_id}/revoke")
    assert victim.get("/account").status_code == 200
    assert browse(twin.ours).get("/account", headers=_bearer(token)).status_code == 200


def test_signing_out_everywhere_ends_tokens_too(
    browse: Browse, twin: Twin, database: Database
) -> None:
    here, there = browse(twin.ours, twin.ours.user), browse(twin.ours, twin.ours.user)
    token = _make_token(database, twin.ours)
    colleague = browse(twin.ours, twin.ours.other)
    assert here.submit("/account/sign-out-everywhere").location == "/sign-in"
    assert here.get("/account").status_code == 302
    assert there.get("/account").status_code == 302
    assert browse(twin.ours).get("/account", headers=_bearer(token)).status_code == 302
    assert colleague.get("/account").status_code == 200


def test_a_token_is_shown_once_and_works_until_revoked(
    browse: Browse, twin: Twin, database: Database
) -> None:
    client = browse(twin.ours, twin.ours.user)
    page = client.submit("/account/tokens", token_name="Nightly").text
    token = page.split('class="bn-token">')[1].split("<")[0]
    assert token not in client.get("/account").text
    program = browse(twin.ours)
    assert program.get("/account", headers=_bearer(token)).status_code == 200
    with database.scope(twin.ours.id) as scope:
        token_id = scope.unit.session.scalars(select(ApiToken)).one().id
    client.submit(f"/account/tokens/{token_id}/revoke")
    assert program.get("/account", headers=_bearer(token)).status_code == 302


def test_a_token_needs_a_name(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    for name in ("", "   ", "x" * 81):
        answer = client.submit("/account/tokens", token_name=name)
        assert answer.status_code == 422
        assert "bn-token" not in answer.text
