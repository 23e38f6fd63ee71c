"""A tenant with every field type, and programs that talk to its API with tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import text

from kernel.db.unit import Database
from kernel.ids import new_ulid
from kernel.scope import Actor
from metadata import store
from runtime import records
from runtime.scope import RecordScope, open_scope
from tenants import tokens
from tests.twins import Side, TenantClient, Twin

CHOICES = [
    {"code": "red", "label": {"en": "Red", "zh_CN": "红"}},
    {"code": "green", "label": {"en": "Green", "zh_CN": "绿"}},
    {"code": "blue", "label": {"en": "Blue", "zh_CN": "蓝"}},
]

OBJECTS: dict[str, dict[str, Any]] = {
    "firm": {  # everybody sees it
        "access": {"default": "read"},
        "name": {"type": "text", "required": True},
        "code": {"type": "text", "unique": True, "length": 20},
        "parent": {"type": "lookup", "to": "firm", "on_delete": "clear"},
    },
    "note": {  # everybody changes it
        "access": {"default": "edit"},
        "name": {"type": "text", "required": True},
        "firm": {"type": "lookup", "to": "firm", "on_delete": "cascade"},
    },
    "thing": {  # its owner and administrators only; a field of every type
        "access": {"default": "private"},
        "name": {"type": "text"},
        "about": {"type": "long_text"},
        "pieces": {"type": "integer", "min": -5, "max": 1000},
        "weight": {"type": "number", "scale": 10},
        "price": {"type": "currency", "scale": 2},
        "share": {"type": "percent"},
        "made_on": {"type": "date"},
        "seen_at": {"type": "datetime"},
        "ready": {"type": "checkbox"},
        "color": {"type": "picklist", "values": CHOICES},
        "colors": {"type": "multi_picklist", "values": CHOICES},
        "mail": {"type": "email"},
        "phone": {"type": "phone"},
        "site": {"type": "url"},
        "number": {"type": "autonumber", "format": "T-{0000}"},
        "firm": {"type": "lookup", "to": "firm", "on_delete": "restrict"},
        "twin": {"type": "lookup", "to": "thing", "on_delete": "clear"},
        "keeper": {"type": "user"},
        "serial": {"type": "text", "unique": True},
    },
    "part": {  # as its thing
        "name": {"type": "text", "required": True},
        "thing": {"type": "master_detail", "to": "thing"},
        "count": {"type": "integer"},
    },
}


def documents() -> Iterator[dict[str, Any]]:
    """The documents of the objects above."""
    for api, body in OBJECTS.items():
        options = {"access": body["access"]} if "access" in body else {}
        yield {"kind": "object", "api": api, "name_field": "name", **options}
        for name, field in body.items():
            if name != "access":
                yield {"kind": "field", "api": f"{api}.{name}", **field}


def publish(database: Database, side: Side) -> None:
    """Define the objects in a tenant."""
    with database.scope(side.id, side.admin) as scope:
        complete = [{"id": new_ulid(), "label": {"en": d["api"]}, **d} for d in documents()]
        store.install_documents(scope, complete, "test")


def add_people(database: Database, side: Side) -> None:
    """Give the people of a side records, under the ids with which they sign in."""
    with open_scope(database, side.id, side.admin, write=True) as scope:
        for actor in (side.admin, side.user, side.other):
            person = {"name": actor.name, "email": side.email(actor)}
            records.create(scope, "user", person, record_id=actor.id)


class Program(TenantClient):
    """A program with the token of a person, on the host of a tenant. Answers are not typed:
    tests look at what they hold."""

    token: str | None = None

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request below `/api/v1` with the token."""
        path, *rest = args
        headers = dict(kwargs.pop("headers", None) or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return super().open("/api/v1" + path, *rest, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        """A GET."""
        return self.open(path, method="GET", **kwargs)

    def post(self, path: str, **kwargs: Any) -> Any:
        """A POST."""
        return self.open(path, method="POST", **kwargs)

    def put(self, path: str, **kwargs: Any) -> Any:
        """A PUT."""
        return self.open(path, method="PUT", **kwargs)

    def patch(self, path: str, **kwargs: Any) -> Any:
        """A PATCH."""
        return self.open(path, method="PATCH", **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Any:
        """A DELETE."""
        return self.open(path, method="DELETE", **kwargs)

    def make(self, object_api: str, **values: Any) -> dict[str, Any]:
        """Create a record; the answer."""
        answer = self.post(f"/records/{object_api}", json=values)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.get_json()
        return made

    def rows(self, object_api: str, **query: Any) -> list[dict[str, Any]]:
        """The records of a query."""
        answer = self.post(f"/query/{object_api}", json=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["records"]
        return found

    def figures(self, object_api: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of an aggregate."""
        answer = self.post(f"/aggregate/{object_api}", json=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["rows"]
        return found


@dataclass(frozen=True)
class Bench:
    """Our tenant, with its objects defined, and its people at their programs."""

    app: Flask
    database: Database
    side: Side
    admin: Program
    user: Program
    other: Program
    guest: Program

    def scope(self, actor: Actor | None = None) -> Any:
        """A unit of work on records."""
        return open_scope(self.database, self.side.id, actor or self.side.admin, write=True)


def program(app: Flask, side: Side, actor: Actor | None = None) -> Program:
    """A program of a person, or of nobody."""
    client = Program(app, Response)
    client.host = side.host
    if actor is not None:
        database: Database = app.extensions["banyan"].database
        with database.scope(side.id, actor) as scope:
            assert actor.id is not None
            client.token = tokens.create_token(scope, actor.id, "test")
    return client


@pytest.fixture
def bench(app: Flask, database: Database, twin: Twin) -> Bench:
    """Everything, ready to be asked."""
    return make_bench(app, database, twin.ours)


@pytest.fixture
def theirs(app: Flask, database: Database, twin: Twin) -> Bench:
    """The same in the twin tenant."""
    return make_bench(app, database, twin.theirs)


def make_bench(app: Flask, database: Database, side: Side) -> Bench:
    """A tenant with objects, people and programs."""
    publish(database, side)
    add_people(database, side)
    people = (side.admin, side.user, side.other, None)
    return Bench(app, database, side, *(program(app, side, actor) for actor in people))


Snapshot = Callable[[], list[str]]


@pytest.fixture
def snapshot(bench: Bench) -> Snapshot:
    """All record rows of our tenant as text: what a refused call must leave as it was."""

    def take() -> list[str]:
        found: list[str] = []
        scope: RecordScope
        with bench.scope() as scope:
            for table in ("record_rows", "record_search_rows", "record_unique", "number_sequence"):
                statement = text(
                    f"SELECT row_to_json(t)::text FROM {table} t WHERE tenant_id = :t ORDER BY 1"
                )
                found += scope.unit.connection.scalars(statement, {"t": scope.tenant_id})
        return found

    return take
