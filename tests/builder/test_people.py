"""Administrators say who may sign in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from kernel.db.unit import Database
from runtime import records
from runtime.scope import open_scope
from tenants.models import User
from tests.builder.forms import save
from tests.runtime.workspace.pages import fetch, text_of
from tests.twins import Side, TenantClient, Twin

ADA = {"name": "Ada Lovelace", "email": "Ada@ours.example"}


def person(database: Database, side: Side, email: str) -> User | None:
    """The sign-in with an address."""
    with database.scope(side.id) as scope:
        return scope.unit.session.scalars(select(User).where(User.email == email)).one_or_none()


def act(client: TenantClient, user_id: int | None, action: str, status: int = 303) -> Any:
    """Press a button beside a person."""
    answer = client.submit(f"/setup/people/{user_id}", action=action)
    assert answer.status_code == status, answer.text
    return answer


def test_somebody_is_invited(admin: TenantClient, database: Database, side: Side) -> None:
    save(admin, "/setup/people", ADA)
    ada = person(database, side, "ada@ours.example")
    assert ada is not None
    assert (ada.state, ada.is_admin) == ("invited", False)
    with open_scope(database, side.id, side.admin) as scope:
        assert records.get(scope, "user", ada.id).values["name"] == "Ada Lovelace"
    assert "Ada Lovelace" in text_of(fetch(admin, "/setup/people"))
    act(admin, ada.id, "invite")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "X", "email": "nowhere"}, "This is not an email address."),
        ({"name": "", "email": "x@ours.example"}, "Give a name"),
    ],
)
def test_bad_input_is_told_and_kept(
    admin: TenantClient, changes: dict[str, str], told: str
) -> None:
    page = save(admin, "/setup/people", changes, status=422).text
    assert changes["email"] in page
    assert told in page or "required" in page


def test_an_address_is_taken_once(admin: TenantClient, side: Side) -> None:
    email = side.email(side.user)
    page = save(admin, "/setup/people", {"name": "Again", "email": email}, status=409).text
    assert "Somebody has this address already." in page


def test_somebody_is_kept_out_and_let_in_again(
    admin: TenantClient, user: TenantClient, database: Database, side: Side
) -> None:
    fetch(user, "/o/deal")
    act(admin, side.user.id, "freeze")
    assert user.get("/o/deal").status_code == 302
    with open_scope(database, side.id, side.admin) as scope:
        assert records.get(scope, "user", side.user.id or 0).values["active"] is False
    act(admin, side.user.id, "thaw")
    frozen = person(database, side, side.email(side.user))
    assert frozen is not None
    assert frozen.state == "active"


def test_an_administrator_always_remains(
    admin: TenantClient, user: TenantClient, side: Side
) -> None:
    fetch(user, "/setup/objects", 403)
    act(admin, side.user.id, "promote")
    fetch(user, "/setup/objects")
    act(admin, side.admin.id, "demote", 422)
    act(admin, side.admin.id, "freeze", 422)
    fetch(admin, "/setup/objects")
    act(user, side.admin.id, "demote")
    fetch(admin, "/setup/objects", 403)


def test_nonsense_is_refused(admin: TenantClient, side: Side) -> None:
    act(admin, side.user.id, "fly", 400)
    act(admin, side.user.id, "invite", 400)
    act(admin, 12345, "freeze", 404)


def test_only_administrators_see_people(user: TenantClient, side: Side) -> None:
    fetch(user, "/setup/people", 403)
    act(user, side.other.id, "freeze", 403)


def test_the_twin_is_untouched(
    admin: TenantClient, side: Side, twin: Twin, database: Database, app: Flask
) -> None:
    act(admin, side.user.id, "freeze")
    theirs = person(database, twin.theirs, twin.theirs.email(twin.theirs.user))
    assert theirs is not None
    assert theirs.state == "active"
    fetch(TenantClient.on(app, twin.theirs, twin.theirs.user), "/")
