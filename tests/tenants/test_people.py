"""People: the record and the sign-in of a person stay the same person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from kernel.db.unit import Database
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.scope import SYSTEM
from runtime import people, records
from runtime.scope import open_scope
from tenants import profiles
from tenants.models import User, UserSession
from tests.twins import TenantClient, Twin

PASSWORD = "a long enough secret"


def _user(database: Database, tenant_id: int, user_id: int) -> User:
    with database.scope(tenant_id) as scope:
        return scope.unit.session.scalars(select(User).where(User.id == user_id)).one()


def test_a_new_user_is_a_record_and_a_sign_in_with_one_id(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(scope, "Li.Na@Ours.example", "李娜", password=PASSWORD)
    with open_scope(database, twin.ours.id, SYSTEM) as scope:
        person = records.get(scope, "user", user_id)
    assert person.values["email"] == "li.na@ours.example"
    assert person.values["name"] == "李娜"
    assert _user(database, twin.ours.id, user_id).email == "li.na@ours.example"


def test_somebody_imported_is_given_the_right_to_sign_in(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        known = records.create(scope, "user", {"name": "Known", "email": "known@ours.example"})
        user_id = people.create_user(scope, "known@ours.example", "Known", password=PASSWORD)
    assert user_id == known.id


def test_an_address_signs_in_once(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        people.create_user(scope, "one@ours.example", "One", password=PASSWORD)
    with pytest.raises(Conflict), open_scope(database, twin.ours.id) as scope:
        people.create_user(scope, "ONE@ours.example", "Other", password=PASSWORD)


def test_ordinary_users_make_no_people(database: Database, twin: Twin) -> None:
    with (
        pytest.raises(Forbidden),
        open_scope(database, twin.ours.id, twin.ours.user) as scope,
    ):
        people.create_user(scope, "new@ours.example", "New", password=PASSWORD)


def test_a_changed_record_changes_the_sign_in(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(scope, "old@ours.example", "Old", password=PASSWORD)
        records.update(scope, "user", user_id, {"name": "New", "email": "new@ours.example"})
    user = _user(database, twin.ours.id, user_id)
    assert (user.name, user.email, user.state) == ("New", "new@ours.example", "active")


def test_a_record_cannot_take_the_address_of_another_sign_in(
    database: Database, twin: Twin
) -> None:
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(scope, "old@ours.example", "Old", password=PASSWORD)
    address = twin.ours.email(twin.ours.other)  # who has no record
    with pytest.raises(Invalid) as refused, open_scope(database, twin.ours.id) as scope:
        records.update(scope, "user", user_id, {"email": address.upper()})
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("email", "not_unique")
    ]
    assert _user(database, twin.ours.id, user_id).email == "old@ours.example"


def test_who_becomes_inactive_is_signed_out(database: Database, twin: Twin) -> None:
    now = database.clock.now()
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(scope, "left@ours.example", "Left", password=PASSWORD)
        scope.unit.session.add(
            UserSession(
                token_hash=b"left",
                user_id=user_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now,
                address="",
                agent="",
            )
        )
        scope.unit.session.flush()
        records.update(scope, "user", user_id, {"active": False})
        left = scope.unit.session.scalars(
            select(UserSession).where(UserSession.user_id == user_id)
        ).all()
    assert left == []
    assert _user(database, twin.ours.id, user_id).state == "frozen"
    with open_scope(database, twin.ours.id) as scope:
        records.update(scope, "user", user_id, {"active": True})
    assert _user(database, twin.ours.id, user_id).state == "active"


def test_nobody_shuts_themselves_out(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(
            scope, "boss@ours.example", "Boss", password=PASSWORD, is_admin=True
        )
    actor = replace(twin.ours.admin, id=user_id)
    with pytest.raises(Invalid), open_scope(database, twin.ours.id, actor) as scope:
        records.update(scope, "user", user_id, {"active": False})
    assert _user(database, twin.ours.id, user_id).state == "active"


def test_who_can_sign_in_is_not_deleted(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(scope, "stay@ours.example", "Stay", password=PASSWORD)
    with pytest.raises(Conflict), open_scope(database, twin.ours.id) as scope:
        records.delete(scope, "user", user_id)


def test_a_name_changed_in_the_account_changes_the_record(database: Database, twin: Twin) -> None:
    with open_scope(database, twin.ours.id) as scope:
        user_id = people.create_user(scope, "me@ours.example", "Me", password=PASSWORD)
    with database.scope(twin.ours.id, replace(twin.ours.user, id=user_id)) as plain:
        profiles.change_profile(plain, user_id, "Myself", "zh_CN", "Asia/Shanghai")
    with open_scope(database, twin.ours.id) as scope:
        assert records.get(scope, "user", user_id).values["name"] == "Myself"


def test_the_account_page_shows_who_i_am(client: TenantClient) -> None:
    page = client.get("/account")
    assert page.status_code == 200
    assert "Where I am signed in" in page.text
