"""The fourth ring: every route and every job, called by the twin tenant with our ids.

Routes and job kinds are found by themselves: a new one is swept from the day it exists.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.routing import Rule

from kernel import files, jobs, worker
from kernel.jobs import Job
from kernel.scope import Actor
from kernel.web.routes import SIGNED_IN, route, terms_of
from kernel.web.services import Services
from runtime import people, records
from runtime.scope import open_scope
from tenants import removal, tokens
from tenants.models import ApiToken, UserSession
from tests.twins import PASSWORD, Side, TenantClient, Twin

SECRET = "Zx9-only-ours"
"""Stands in everything that our tenant has; nothing that the twin is answered may hold it."""


@dataclass(frozen=True)
class Ours:
    """Ids of what our tenant has."""

    record: int
    file: int
    job: int
    token: int
    session: str


@pytest.fixture
def ours(app: Flask, services: Services, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Ours:
    """Something of everything in our tenant, under ids that the twin has not."""
    kind = jobs.JobKind("test", lambda _job: None, "bulk", False)
    monkeypatch.setitem(jobs._kinds, "test", kind)
    side = twin.ours
    TenantClient.on(app, side, side.user)
    with app.app_context(), open_scope(services.database, side.id, side.admin) as scope:
        record = people.create_user(scope, "secret@ours.example", SECRET, password=PASSWORD)
        file = files.store(scope, io.BytesIO(SECRET.encode()), SECRET, "text/plain", "test").id
        job = jobs.start_job(scope, "test", {"name": SECRET}, SECRET).id
        assert side.user.id is not None
        tokens.create_token(scope, side.user.id, SECRET)
        scope.unit.session.flush()
        token = scope.unit.session.scalars(select(ApiToken.id)).one()
        session = scope.unit.session.scalars(select(UserSession.token_hash)).one()
    return Ours(record, file, job, token, session.hex())


def test_every_route_says_what_it_needs(app: Flask) -> None:
    silent = [
        rule.endpoint for rule in app.url_map.iter_rules() if terms_of(app, rule.endpoint) is None
    ]
    assert silent == []


def _addresses(rule: Rule, ours: Ours) -> Iterator[str]:
    """The route's address with each of our ids in its places."""
    for value in (ours.record, ours.file, ours.job, ours.token, ours.session):
        places: dict[str, Any] = {}
        for name, converter in rule._converters.items():
            number = type(converter).__name__ == "IntegerConverter"
            if "object" in name or name in ("api", "name"):
                places[name] = "user"
            elif name == "kind":
                places[name] = "object"
            elif number and isinstance(value, str):
                places[name] = ours.record
            else:
                places[name] = value if number else str(value)
        built = rule.build(places)
        if built is not None:
            yield built[1]
        if not rule.arguments:
            return


def _requests(app: Flask, ours: Ours, below: str) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or not rule.rule.startswith(below):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for address in _addresses(rule, ours):
                yield method, address


def _snapshot(services: Services, side: Side) -> dict[str, list[str]]:
    """All that a tenant has, as text."""
    content = {}
    for table in removal.tenant_tables(services.database):
        with services.database.scope(side.id) as scope:
            content[table] = sorted(
                scope.unit.connection.scalars(
                    text(f"SELECT row_to_json(t)::text FROM {table} t WHERE tenant_id = :t"),
                    {"t": side.id},
                )
            )
    return content


def _text(content: bytes) -> str:
    """What can be read in an answer; a workbook is a zip of readable parts."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as workbook:
            content = b"".join(workbook.read(name) for name in workbook.namelist())
    return content.decode("utf-8", "replace")


BODIES: tuple[dict[str, Any], ...] = (
    {"json": {}},
    {"json": {"name": "Taken over", "where": None, "fields": ["name"]}},
    {"data": {"name": "Taken over", "ids": "1"}},
)


def _sweep(
    app: Flask, side: Side, actor: Actor, ours: Ours, below: str = "/"
) -> list[tuple[str, str, int]]:
    """The calls, by a person of the other tenant, that show our secret or fail unexpectedly."""
    faults = []
    for method, address in _requests(app, ours, below):
        client = TenantClient.on(app, side, actor)  # anew, since some routes sign out
        headers = {} if method == "GET" else {"X-CSRFToken": client.csrf()}
        for body in BODIES if method != "GET" else ({},):
            answer = client.open(address, method=method, headers=headers, **body)
            shown = _text(answer.get_data())
            answer.close()
            if answer.status_code >= 500 or SECRET in shown:
                faults.append((method, address, answer.status_code))
    return faults


@pytest.mark.parametrize("who", ["admin", "user"])
def test_no_route_shows_or_changes_anything_of_another_tenant(
    app: Flask, services: Services, twin: Twin, ours: Ours, who: str
) -> None:
    before = _snapshot(services, twin.ours)
    assert _sweep(app, twin.theirs, getattr(twin.theirs, who), ours) == []
    assert _snapshot(services, twin.ours) == before


def test_the_sweep_notices_a_hole(app: Flask, services: Services, twin: Twin, ours: Ours) -> None:
    @route(app, "/t/hole/<int:record_id>", needs=SIGNED_IN)
    def hole(record_id: int) -> str:
        with open_scope(services.database, twin.ours.id) as scope:
            return records.get(scope, "user", record_id).name()

    faults = _sweep(app, twin.theirs, twin.theirs.user, ours, "/t/hole")
    assert ("GET", f"/t/hole/{ours.record}", 200) in faults


def test_no_page_is_shown_to_who_is_not_signed_in(
    app: Flask, twin: Twin, ours: Ours, browse: Callable[..., TenantClient]
) -> None:
    faults = []
    client = browse(twin.ours)
    token = client.csrf()
    for method, address in _requests(app, ours, "/"):
        answer = client.open(address, method=method, headers={"X-CSRFToken": token})
        shown = _text(answer.get_data())
        answer.close()
        if answer.status_code >= 500 or SECRET in shown:
            faults.append((method, address, answer.status_code))
    assert faults == []


def test_no_job_touches_another_tenant(
    app: Flask, services: Services, twin: Twin, ours: Ours
) -> None:
    """Each kind of job, begun by the twin's user with our ids in every parameter it may read."""
    before = _snapshot(services, twin.ours)
    params = {
        name: str(ours.record) if "file" not in name else str(ours.file)
        for name in ("file", "file_id", "job", "job_id", "record", "record_id", "object", "id")
    }
    with app.app_context():
        for kind in jobs.kinds():
            with services.database.scope(twin.theirs.id, twin.theirs.user) as scope:
                job_id = jobs.start_job(scope, kind, dict(params), "Foreign").id
            keeper = app.extensions["banyan.doorkeeper"]
            worker.run_job(services, keeper, twin.ours.id, job_id)  # the ids crossed over
            worker.run_job(services, keeper, twin.theirs.id, ours.job)
            with suppress(KeyError):
                worker.run_job(services, keeper, twin.theirs.id, job_id)
        with services.database.scope(twin.theirs.id) as scope:
            told = json.dumps([job.message for job in scope.unit.session.scalars(select(Job))])
    assert SECRET not in told
    assert _snapshot(services, twin.ours) == before


def test_the_same_ids_are_different_people(services: Services, twin: Twin, ours: Ours) -> None:
    with open_scope(services.database, twin.theirs.id, twin.theirs.admin) as scope:
        assert records.get_many(scope, "user", [ours.record]) == []
