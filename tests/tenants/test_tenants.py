"""The life of tenants: made by rows only, closed, opened, gone without a trace."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import event, text

import wsgi
from kernel import files, jobs
from kernel.db.unit import Database
from kernel.errors import Conflict, Invalid, NotFound
from kernel.web.services import Services
from runtime import people
from runtime.scope import open_scope
from tenants import removal, service
from tests.twins import PASSWORD, TenantClient, Twin


def _slug() -> str:
    return f"t-{secrets.token_hex(6)}"


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that the database is sent."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_an_empty_tenant_is_a_few_rows(database: Database, statements: list[str]) -> None:
    database.new_id()
    statements.clear()
    service.create_tenant(database, _slug(), "Small", base_domain="localhost")
    assert len(statements) == 3
    assert not any(s.lstrip().upper().startswith(("CREATE", "ALTER")) for s in statements)


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "a",
        "A1",
        "www",
        "api",
        "admin",
        "-a",
        "a-",
        "a--b",
        "a.b",
        "a b",
        "名字",
        "x" * 41,
        "a\n",
    ],
)
def test_slugs_that_cannot_be_hosts_are_refused(database: Database, slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        service.create_tenant(database, slug, "Name", base_domain="localhost")
    assert [error.field for error in refused.value.errors] == ["slug"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 201}),
        ("locale", {"locale": "fr"}),
        ("zone", {"zone": "../etc/passwd"}),
        ("currency", {"currency": "usd"}),
    ],
)
def test_other_values_are_checked_too(
    database: Database, field: str, values: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        service.create_tenant(
            database, _slug(), **{"name": "N", "base_domain": "localhost"} | values
        )
    assert [error.field for error in refused.value.errors] == [field]


def test_a_slug_is_given_once(database: Database) -> None:
    slug = _slug()
    service.create_tenant(database, slug, "First", base_domain="localhost")
    with pytest.raises(Conflict):
        service.create_tenant(database, slug, "Second", base_domain="localhost")
    assert service.find_tenant(database, slug).name == "First"


def _rows(database: Database, tenant_id: int) -> dict[str, int]:
    counts = {}
    for table in removal.tenant_tables(database):
        with database.scope(tenant_id) as scope:
            counts[table] = scope.unit.connection.scalar(
                text(f"SELECT count(*) FROM {table} WHERE tenant_id = :t"), {"t": tenant_id}
            )
    return {table: count or 0 for table, count in counts.items() if count}


def _fill(app: Flask, services: Services, tenant_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = jobs.JobKind("test", lambda _job: None, "bulk", False)
    monkeypatch.setitem(jobs._kinds, "test", kind)
    with app.app_context(), open_scope(services.database, tenant_id) as scope:
        people.invite_user(scope, "new@x.example", "New")
        people.create_user(scope, "old@x.example", "Old", password=PASSWORD)
        files.store(scope, io.BytesIO(b"x"), "x", "text/plain", "test")
        jobs.start_job(scope, "test", {}, "Test")


def test_deleting_leaves_nothing_and_nobody_else_notices(
    app: Flask,
    services: Services,
    twin: Twin,
    browse: Callable[..., TenantClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = services.database
    for side in (twin.ours, twin.theirs):
        _fill(app, services, side.id, monkeypatch)
    client = browse(twin.ours, twin.ours.user)
    assert client.get("/account").status_code == 200
    before = _rows(database, twin.theirs.id)
    assert {"app_user", "record", "record_search", "job", "file", "outbox"} <= set(before)
    monkeypatch.setattr(removal, "BATCH", 2)

    removal.delete_tenant(database, services.settings, twin.ours.slug)

    assert _rows(database, twin.ours.id) == {}
    assert _rows(database, twin.theirs.id) == before
    assert not (services.settings.files_dir / str(twin.ours.id)).exists()
    assert (services.settings.files_dir / str(twin.theirs.id)).exists()
    assert client.get("/account").status_code == 404
    with pytest.raises(NotFound):
        removal.delete_tenant(database, services.settings, twin.ours.slug)


def test_an_interrupted_deletion_is_closed_and_can_be_repeated(
    services: Services, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = services.database
    with monkeypatch.context() as broken:
        broken.setattr(removal, "_delete_batch", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            removal.delete_tenant(database, services.settings, twin.ours.slug)
    assert service.find_tenant(database, twin.ours.slug).state == "suspended"
    removal.delete_tenant(database, services.settings, twin.ours.slug)
    assert _rows(database, twin.ours.id) == {}


def test_a_slug_that_was_deleted_can_be_given_again(
    services: Services, twin: Twin, browse: Callable[..., TenantClient]
) -> None:
    client = browse(twin.ours)
    assert client.get("/sign-in").status_code == 200
    removal.delete_tenant(services.database, services.settings, twin.ours.slug)
    service.create_tenant(services.database, twin.ours.slug, "Successor", base_domain="localhost")
    client.get("/sign-in")  # this process still knew the host as the former tenant's
    assert "Successor" in client.get("/sign-in").text


@pytest.fixture
def banyan(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command line on the tests' application."""
    monkeypatch.setattr(wsgi, "create_app", lambda: app)
    monkeypatch.setattr(wsgi, "when_ready", lambda make_app: make_app)  # the tests' servers are
    monkeypatch.setenv("LC_ALL", "C")

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(wsgi.cli, list(words), input=typed)

    return run


def test_the_commands_of_a_tenants_life(banyan: Callable[..., Result], database: Database) -> None:
    slug = _slug()
    made = banyan("tenant", "create", slug, "--name", "Shop", "--locale", "zh_CN")
    assert made.exit_code == 0
    assert f"http://{slug}.localhost:8000" in made.output
    again = banyan("tenant", "create", slug)
    assert again.exit_code == 1
    assert "taken" in again.output
    assert "Traceback" not in again.output
    assert slug in banyan("tenant", "list").output
    assert banyan("tenant", "suspend", slug).exit_code == 0
    assert service.find_tenant(database, slug).state == "suspended"
    assert banyan("tenant", "resume", slug).exit_code == 0
    assert service.find_tenant(database, slug).state == "active"
    assert banyan("tenant", "delete", slug, typed="wrong\n").exit_code == 1
    assert service.find_tenant(database, slug).name == "Shop"
    assert banyan("tenant", "delete", slug, typed=f"{slug}\n").exit_code == 0
    assert banyan("tenant", "delete", slug, "--yes").exit_code == 0
    assert slug not in banyan("tenant", "list").output
    assert banyan("tenant", "suspend", slug).exit_code == 1


def test_a_user_is_created_and_signs_in(
    banyan: Callable[..., Result], browse: Callable[..., TenantClient], twin: Twin
) -> None:
    words = ["user", "create", "--tenant", twin.ours.slug, "--name", "Li Na"]
    made = banyan(*words, "--email", "li@ours.example")
    assert made.exit_code == 0, made.output
    password = made.output.split("Password: ")[1].strip()
    given = banyan(
        *words, "--email", "na@ours.example", "--admin", "--password-stdin", typed=f"{PASSWORD}\n"
    )
    assert given.exit_code == 0, given.output
    assert PASSWORD not in given.output
    for email, secret in (("li@ours.example", password), ("na@ours.example", PASSWORD)):
        answer = browse(twin.ours).submit("/sign-in", email=email, password=secret)
        assert answer.status_code == 302
    weak = banyan(*words, "--email", "x@ours.example", "--password-stdin", typed="short\n")
    assert weak.exit_code == 1
    assert "10" in weak.output
