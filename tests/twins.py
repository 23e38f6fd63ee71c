"""Two tenants that look alike: every id of one exists in the other.

A test that works in `ours` fails when it touches `theirs`, since the same ids are there.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask, Response
from flask.testing import FlaskClient

from kernel.db.unit import Database
from kernel.scope import Actor
from tenants import service, sessions
from tenants.models import UserSession
from tenants.passwords import hash_password
from tenants.secrets import hash_token, new_token

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Side:
    """One of the two tenants, with an administrator and two ordinary users."""

    id: int
    slug: str
    host: str
    admin: Actor
    user: Actor
    other: Actor

    def email(self, actor: Actor) -> str:
        """The address with which a person signs in; the password is `PASSWORD`."""
        return f"{actor.name.lower()}@{self.slug}.example"


@dataclass(frozen=True)
class Twin:
    """Our tenant and its twin."""

    ours: Side
    theirs: Side


class TenantClient(FlaskClient):
    """An HTTP client whose requests go to the host of a tenant."""

    host = "localhost"

    @classmethod
    def on(cls, app: Flask, side: Side, actor: Actor | None = None) -> TenantClient:
        """A client on a tenant's host, signed in as one of its people unless `actor` is None."""
        client = cls(app, Response)
        client.host = side.host
        if actor is not None:
            client._sign_in(app, side, actor)
        return client

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; browsers send the session cookie over HTTPS only."""
        kwargs.setdefault("base_url", f"https://{self.host}")
        return super().open(*args, **kwargs)

    def csrf(self) -> str:
        """The token that the pages of this browser send along."""
        page = self.get("/forgotten")
        found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert found is not None
        return found[1]

    def submit(self, path: str, /, **form: Any) -> Any:
        """Send a form as a page of ours does."""
        return self.post(path, data={"csrf_token": self.csrf(), **form})

    def _sign_in(self, app: Flask, side: Side, actor: Actor) -> None:
        assert actor.id is not None
        database: Database = app.extensions["banyan"].database
        token = new_token()
        now = database.clock.now()
        with database.scope(side.id) as scope:
            scope.unit.session.add(
                UserSession(
                    token_hash=hash_token(token),
                    user_id=actor.id,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + sessions.ABSOLUTE,
                    address="127.0.0.1",
                    agent="test",
                )
            )
        with self.session_transaction(base_url=f"https://{self.host}") as cookie:
            cookie["_user_id"] = token


def make_twin(database: Database) -> Twin:
    """Two new tenants with the same people under the same ids."""
    ids = [database.new_id() for _ in range(3)]
    return Twin(_make_side(database, "ours", ids), _make_side(database, "theirs", ids))


def _make_side(database: Database, prefix: str, ids: list[int]) -> Side:
    slug = f"{prefix}-{secrets.token_hex(6)}"
    tenant_id = service.create_tenant(database, slug, slug.title(), base_domain="localhost")
    actors = [
        Actor(id=ids[0], name="Admin", is_admin=True),
        Actor(id=ids[1], name="User"),
        Actor(id=ids[2], name="Other"),
    ]
    side = Side(tenant_id, slug, f"{slug}.localhost", *actors)
    with database.scope(tenant_id) as scope:
        for actor in actors:
            user = service.add_user(
                scope, side.email(actor), actor.name, user_id=actor.id, is_admin=actor.is_admin
            )
            user.password_hash = _password_hash()
            user.state = "active"
    return side


@cache
def _password_hash() -> str:
    """One hash for all: hashing is slow on purpose."""
    return hash_password(PASSWORD)
