"""Forgotten passwords: the link works once, soon, for one person, and tells others nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from kernel import outbox
from kernel.clock import FixedClock
from kernel.db.unit import Database
from kernel.mail import list_kept
from kernel.outbox import OutboxRow
from kernel.web.services import Services
from tenants import resets, service
from tenants.models import PasswordReset
from tests.twins import PASSWORD, Side, TenantClient, Twin

Browse = Callable[..., TenantClient]
NEW = "quite another secret"


@pytest.fixture
def mails(app: Flask, services: Services) -> Callable[[Side], list[str]]:
    """Delivers what is due in a tenant and answers with the texts of its mails."""

    def deliver(side: Side) -> list[str]:
        with app.app_context():
            outbox.deliver(services, side.id)
            with services.database.scope(side.id) as scope:
                return [mail.text for mail in list_kept(scope)]

    return deliver


def _token(text: str) -> str:
    found = re.search(r"/reset\?token=([\w-]+)", text)
    assert found is not None
    return found[1]


def _ask(client: TenantClient, email: str) -> str:
    answer = client.submit("/forgotten", email=email)
    assert answer.status_code == 200
    return re.sub(r'name="csrf[^>]*>', "", answer.text)


def _can_sign_in(client: TenantClient, email: str, password: str) -> bool:
    answer = client.submit("/sign-in", email=email, password=password)
    return bool(answer.status_code == 302)


def test_the_link_sets_a_password_once(
    browse: Browse, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    email = twin.ours.email(twin.ours.user)
    _ask(browse(twin.ours), email)
    (text,) = mails(twin.ours)
    token = _token(text)
    client = browse(twin.ours)
    page = client.get(f"/reset?token={token}")
    assert page.status_code == 200
    assert email in page.text
    assert client.submit("/reset", token=token, password=NEW).location == "/sign-in"
    assert client.submit("/reset", token=token, password="yet another one").status_code == 404
    assert client.get(f"/reset?token={token}").status_code == 404
    assert not _can_sign_in(browse(twin.ours), email, PASSWORD)
    assert _can_sign_in(browse(twin.ours), email, NEW)
    assert _can_sign_in(browse(twin.theirs), twin.theirs.email(twin.theirs.user), PASSWORD)


def test_a_reset_signs_out_everywhere(
    browse: Browse, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    thief = browse(twin.ours, twin.ours.user)
    _ask(browse(twin.ours), twin.ours.email(twin.ours.user))
    token = _token(mails(twin.ours)[0])
    browse(twin.ours).submit("/reset", token=token, password=NEW)
    assert thief.get("/account").status_code == 302


def test_the_link_is_of_the_tenants_host_whatever_the_request_says(
    app: Flask, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    client = TenantClient.on(app, twin.ours)
    token = client.csrf()
    client.post(
        "/forgotten",
        data={"csrf_token": token, "email": twin.ours.email(twin.ours.user)},
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    (text,) = mails(twin.ours)
    assert f"http://{twin.ours.host}:8000/reset?token=" in text
    assert "evil" not in text


def test_the_answer_is_the_same_for_everybody(
    browse: Browse, twin: Twin, database: Database, mails: Callable[[Side], list[str]]
) -> None:
    assert twin.ours.other.id is not None
    with database.scope(twin.ours.id) as scope:
        service.freeze_user(scope, twin.ours.other.id)
    pages = {
        _ask(browse(twin.ours), email)
        for email in (
            twin.ours.email(twin.ours.user),
            twin.ours.email(twin.ours.other),
            "nobody@ours.example",
            "not an address",
            "",
        )
    }
    assert len(pages) == 1
    with database.scope(twin.ours.id) as scope:
        promises = scope.unit.session.scalars(select(OutboxRow.topic)).all()
    assert promises == ["password_reset"] * 5  # the same is written for each
    assert len(mails(twin.ours)) == 1


def test_a_newer_link_replaces_the_older(
    browse: Browse, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    email = twin.ours.email(twin.ours.user)
    _ask(browse(twin.ours), email)
    first = _token(mails(twin.ours)[0])
    _ask(browse(twin.ours), email)
    tokens = {_token(text) for text in mails(twin.ours)}
    (second,) = tokens - {first}
    assert browse(twin.ours).get(f"/reset?token={first}").status_code == 404
    assert browse(twin.ours).get(f"/reset?token={second}").status_code == 200


def test_a_link_is_too_old_after_an_hour(
    browse: Browse, twin: Twin, clock: FixedClock, mails: Callable[[Side], list[str]]
) -> None:
    _ask(browse(twin.ours), twin.ours.email(twin.ours.user))
    token = _token(mails(twin.ours)[0])
    clock.advance(minutes=59)
    assert browse(twin.ours).get(f"/reset?token={token}").status_code == 200
    clock.advance(minutes=1)
    assert browse(twin.ours).get(f"/reset?token={token}").status_code == 404


def test_a_link_of_one_tenant_is_worth_nothing_in_another(
    browse: Browse, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    _ask(browse(twin.ours), twin.ours.email(twin.ours.user))
    token = _token(mails(twin.ours)[0])
    assert browse(twin.theirs).get(f"/reset?token={token}").status_code == 404
    assert browse(twin.theirs).submit("/reset", token=token, password=NEW).status_code == 404


def test_a_bad_password_does_not_spend_the_link(
    browse: Browse, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    email = twin.ours.email(twin.ours.user)
    _ask(browse(twin.ours), email)
    token = _token(mails(twin.ours)[0])
    client = browse(twin.ours)
    for bad in ("short", "password123", "x" * 201, email.upper(), "aaaaaaaaaaaa", ""):
        answer = client.submit("/reset", token=token, password=bad)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert client.submit("/reset", token=token, password=NEW).status_code == 302


def test_neither_link_nor_mail_stays_readable_in_the_database(
    browse: Browse, twin: Twin, database: Database, mails: Callable[[Side], list[str]]
) -> None:
    _ask(browse(twin.ours), twin.ours.email(twin.ours.user))
    token = _token(mails(twin.ours)[0])
    with database.scope(twin.ours.id) as scope:
        rows = scope.unit.session.scalars(select(OutboxRow)).all()
        hashes = scope.unit.session.scalars(select(PasswordReset.token_hash)).all()
    assert all(row.done_at is not None and row.payload == {} for row in rows)
    assert hashes != [token.encode()]


def test_asking_too_often_is_refused(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    for _ in range(5):
        _ask(client, "somebody@ours.example")
    assert client.submit("/forgotten", email="Somebody@ours.example ").status_code == 429


def test_a_reset_opens_a_locked_account(
    browse: Browse, twin: Twin, mails: Callable[[Side], list[str]]
) -> None:
    email = twin.ours.email(twin.ours.user)
    client = browse(twin.ours)
    for _ in range(11):
        client.submit("/sign-in", email=email, password="wrong")
    _ask(client, email)
    client.submit("/reset", token=_token(mails(twin.ours)[0]), password=NEW)
    assert _can_sign_in(client, email, NEW)


def test_somebody_invited_sets_the_first_password(
    app: Flask,
    browse: Browse,
    twin: Twin,
    services: Services,
    clock: FixedClock,
    mails: Callable[[Side], list[str]],
) -> None:
    with app.app_context(), services.database.scope(twin.ours.id) as scope:
        user = service.add_user(scope, "new@ours.example", "新同事", locale="zh_CN")
        resets.invite(scope, user)
    (text,) = mails(twin.ours)
    assert "邀请您加入" in text
    clock.advance(days=2)
    client = browse(twin.ours)
    client.submit("/reset", token=_token(text), password=NEW)
    assert _can_sign_in(client, "new@ours.example", NEW)


def test_kept_mail_is_shown_in_development_only_and_to_its_tenant(
    browse: Browse, twin: Twin, app: Flask, mails: Callable[[Side], list[str]]
) -> None:
    _ask(browse(twin.ours), twin.ours.email(twin.ours.user))
    mails(twin.ours)
    assert "/reset?token=" in browse(twin.ours).get("/_mail").text
    assert "/reset?token=" not in browse(twin.theirs).get("/_mail").text


@pytest.mark.parametrize(
    "change",
    [
        {"development": False},
        {"smtp_url": "smtp://mail.example"},
        {"base_domain": "crm.example"},
    ],
)
def test_kept_mail_is_shown_nowhere_else(
    services: Services, twin: Twin, change: dict[str, object]
) -> None:
    from dataclasses import replace

    from wsgi import create_app

    settings = replace(services.settings, **change)  # type: ignore[arg-type]  # keys are fields
    client = TenantClient.on(create_app(replace(services, settings=settings)), twin.ours)
    assert client.get("/_mail").status_code == 404
