"""What happens around every view: host, terms, transaction, errors, headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from kernel.db.engine import make_engine
from kernel.db.unit import Database
from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import lazy
from kernel.web import gate
from kernel.web.gate import current_scope, local_path
from kernel.web.routes import ADMIN, PUBLIC, SIGNED_IN, route
from kernel.web.services import Services
from tenants import service
from tests.twins import Side, TenantClient, Twin
from wsgi import create_app

Browse = Callable[..., TenantClient]


def _rename(name: str) -> None:
    current_scope().unit.connection.execute(
        text("UPDATE app_user SET name = :name WHERE tenant_id = :t AND id = :id"),
        {"name": name, "t": current_scope().tenant_id, "id": current_scope().actor.id},
    )


def _name(database: Database, side: Side) -> str:
    assert side.user.id is not None
    with database.scope(side.id) as scope:
        return service.get_user(scope, side.user.id).name


@pytest.fixture
def app(services: Services) -> Flask:
    """The application with some views that go wrong in all ways."""
    app = create_app(services)

    @route(app, "/t/who", needs=SIGNED_IN)
    def who() -> str:
        return current_scope().actor.name

    @route(app, "/t/admin", needs=ADMIN)
    def admin() -> str:
        return "secret"

    @route(app, "/t/write", methods=("POST",), needs=SIGNED_IN)
    def write() -> str:
        _rename("Written")
        return "ok"

    @route(app, "/api/v1/t/write", methods=("POST",), needs=SIGNED_IN)
    def api_write() -> str:
        _rename("Written by a program")
        return "ok"

    @route(app, "/t/write-and-refuse", methods=("POST",), needs=SIGNED_IN)
    def write_and_refuse() -> tuple[str, int]:
        _rename("Half")
        return "no", 422

    @route(app, "/t/write-and-fail", methods=("POST",), needs=SIGNED_IN)
    def write_and_fail() -> str:
        _rename("Half")
        raise RuntimeError("a password: hunter2")

    @route(app, "/api/v1/t/problem", needs=PUBLIC)
    def problem() -> str:
        raise Invalid(
            errors=[FieldError("amount", "number", lazy("This is not an email address."))]
        )

    @route(app, "/api/v1/t/fail", needs=PUBLIC)
    def fail() -> str:
        raise RuntimeError("a password: hunter2")

    @route(app, "/t/sql", needs=PUBLIC)
    def sql() -> str:
        current_scope().unit.connection.execute(text("SELECT 1 / 0"))
        return ""

    @route(app, "/t/cut", needs=SIGNED_IN)
    def cut() -> str:
        connection = current_scope().unit.connection
        connection.execute(text("SET LOCAL ROLE NONE"))
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return ""

    @route(app, "/t/conflict", needs=PUBLIC)
    def conflict() -> str:
        raise Conflict()

    @route(app, "/t/upload", methods=("POST",), needs=SIGNED_IN, upload=True)
    def upload() -> str:
        return "taken"

    app.add_url_rule("/t/silent", "silent", lambda: "never")
    return app


def test_the_host_decides_the_tenant(browse: Browse, twin: Twin) -> None:
    assert browse(twin.ours, twin.ours.user).get("/t/who").text == "User"


@pytest.mark.parametrize("host", ["nobody.localhost", "x" * 300, "a b", "..", "[::1]"])
def test_an_unknown_host_is_a_friendly_404(app: Flask, host: str) -> None:
    client = app.test_client()
    answer = client.get(
        "/t/who", headers={"Host": host, "Accept-Language": "zh-CN"}, base_url="https://localhost"
    )
    assert answer.status_code in (400, 404)
    assert '<html lang="zh-CN">' in answer.text
    problem = client.get("/api/v1/t/problem", headers={"Host": host}, base_url="https://localhost")
    assert problem.content_type == "application/problem+json"
    assert problem.get_json()["code"] in ("tenant_unknown", "malformed")


def test_the_port_and_case_of_the_host_do_not_matter(app: Flask, twin: Twin) -> None:
    host = f"{twin.ours.slug.upper()}.LocalHost.:8000"
    answer = app.test_client().get("/t/conflict", headers={"Host": host})
    assert answer.status_code == 409


def test_the_bare_domain_has_a_page(app: Flask) -> None:
    answer = app.test_client().get("/sign-in", base_url="https://localhost")
    assert answer.status_code == 200
    assert "Find your workspace" in answer.text


def test_a_suspended_tenant_lets_nobody_in(browse: Browse, twin: Twin, database: Database) -> None:
    client = browse(twin.ours, twin.ours.user)
    assert client.get("/t/who").status_code == 200
    service.suspend_tenant(database, twin.ours.slug)
    assert client.get("/t/who").status_code == 403
    assert client.get("/api/v1/t/problem").get_json()["code"] == "tenant_suspended"
    service.resume_tenant(database, twin.ours.slug)
    assert client.get("/t/who").status_code == 200


def test_a_cookie_is_worth_nothing_on_another_host(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    cookie = client.get_cookie("__Host-session", domain=twin.ours.host)
    assert cookie is not None
    stranger = browse(twin.theirs)
    stranger.set_cookie("__Host-session", cookie.value, domain=twin.theirs.host)
    answer = stranger.get("/t/who")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/t/who"


def test_who_is_not_signed_in_is_sent_to_the_door(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    assert client.get("/t/who?a=1&b=//x").location == "/sign-in?next=/t/who%3Fa%3D1%26b%3D//x"
    part = client.get("/t/who", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/sign-in")
    api = client.post("/api/v1/t/write")
    assert api.status_code == 401
    assert api.headers["WWW-Authenticate"] == "Bearer"


def test_administrators_pages_are_theirs(browse: Browse, twin: Twin) -> None:
    assert browse(twin.ours, twin.ours.user).get("/t/admin").status_code == 403
    assert browse(twin.ours, twin.ours.admin).get("/t/admin").text == "secret"


def test_a_route_without_terms_is_never_served(browse: Browse, twin: Twin) -> None:
    assert browse(twin.ours, twin.ours.admin).get("/t/silent").status_code == 500


def test_a_view_that_ends_well_is_committed(browse: Browse, twin: Twin, database: Database) -> None:
    client = browse(twin.ours, twin.ours.user)
    assert client.submit("/t/write").status_code == 200
    assert _name(database, twin.ours) == "Written"
    assert _name(database, twin.theirs) == "User"


@pytest.mark.parametrize(
    ("path", "status"), [("/t/write-and-refuse", 422), ("/t/write-and-fail", 500)]
)
def test_a_view_that_does_not_leaves_nothing(
    browse: Browse, twin: Twin, database: Database, path: str, status: int
) -> None:
    client = browse(twin.ours, twin.ours.user)
    assert client.submit(path).status_code == status
    assert _name(database, twin.ours) == "User"


@pytest.mark.parametrize("path", ["/t/write", "/api/v1/t/write"])
def test_a_call_with_the_cookie_alone_writes_nothing(
    browse: Browse, twin: Twin, database: Database, path: str
) -> None:
    client = browse(twin.ours, twin.ours.user)
    for headers in ({}, {"X-CSRFToken": "guess"}):
        assert client.post(path, headers=headers).status_code == 400
    assert _name(database, twin.ours) == "User"
    assert client.post(path, headers={"X-CSRFToken": client.csrf()}).status_code == 200


def test_the_proof_of_one_browser_is_no_proof_for_another(browse: Browse, twin: Twin) -> None:
    theirs = browse(twin.ours, twin.ours.other).csrf()
    mine = browse(twin.ours, twin.ours.user)
    mine.csrf()
    assert mine.post("/t/write", headers={"X-CSRFToken": theirs}).status_code == 400


def test_a_problem_is_a_document_in_the_readers_language(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    answer = client.get("/api/v1/t/problem", headers={"Accept-Language": "zh"})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    document = json.loads(answer.text)
    assert document["title"] == "有些值不正确。"
    assert document["errors"] == [
        {"field": "amount", "code": "number", "message": "这不是有效的邮箱地址。"}
    ]


@pytest.mark.parametrize("path", ["/api/v1/t/fail", "/t/sql"])
def test_an_unexpected_error_tells_nothing_but_its_number(
    browse: Browse, twin: Twin, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = browse(twin.ours).get(path, headers={"X-Request-Id": "known-to-caller"})
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "known-to-caller" in answer.text
    assert any(record.exc_info for record in caplog.records)


def test_a_part_of_a_page_gets_a_message_instead_of_a_page(browse: Browse, twin: Twin) -> None:
    answer = browse(twin.ours).get("/t/conflict", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "<html" not in answer.text
    assert json.loads(answer.headers["HX-Trigger"])["banyan:problem"]["status"] == 409


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/v1/nowhere", "GET", 404),
        ("/api/v1/t/problem", "DELETE", 405),
        ("/nowhere", "GET", 404),
        ("/t/who?x=%00", "GET", 400),
        ("/t/%00", "GET", 404),
    ],
)
def test_errors_of_http_are_problems_too(
    browse: Browse, twin: Twin, path: str, method: str, status: int
) -> None:
    answer = browse(twin.ours).open(path, method=method)
    assert answer.status_code == status
    if path.startswith("/api/"):
        assert answer.get_json()["status"] == status
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_every_answer_carries_the_security_headers(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    for path in ("/sign-in", "/nowhere", "/api/v1/t/problem", "/healthz"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"].startswith("max-age=")
        assert headers["Cache-Control"] == "no-store"


def test_the_request_id_is_the_callers_when_it_is_sound(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours)
    sound = client.get("/healthz", headers={"X-Request-Id": "abc-12345"})
    assert sound.headers["X-Request-Id"] == "abc-12345"
    for bad in ("short", "x" * 65, "<script>alert(1)</script>"):
        answer = client.get("/healthz", headers={"X-Request-Id": bad})
        assert answer.headers["X-Request-Id"] != bad


def test_the_access_log_names_tenant_and_user(
    browse: Browse, twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "access")
    browse(twin.ours, twin.ours.user).get("/t/who?secret=1")
    line = next(record for record in caplog.records if record.name == "access")
    assert (line.__dict__["path"], line.__dict__["status"]) == ("/t/who", 200)
    assert line.__dict__["user"] == twin.ours.user.id
    assert "secret" not in str(line.__dict__)


def test_what_is_too_large_is_refused_before_it_is_read(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    token = client.csrf()
    size = gate.MAX_BODY + 1
    for path in ("/t/write", "/api/v1/t/write"):
        answer = client.post(path, data=b"x" * size, headers={"X-CSRFToken": token})
        assert answer.status_code == 413
    long = {"CONTENT_LENGTH": str(300 * 1024**2)}
    assert (
        client.post("/t/upload", data=b"x" * size, headers={"X-CSRFToken": token}).text == "taken"
    )
    assert client.post("/t/upload", environ_overrides=long).status_code == 413


def test_the_language_is_the_persons_the_cookies_the_browsers(browse: Browse, twin: Twin) -> None:
    guest = browse(twin.ours)
    assert 'lang="en"' in guest.get("/sign-in").text
    chinese = {"Accept-Language": "zh-TW,zh;q=0.9"}
    assert 'lang="zh-CN"' in guest.get("/sign-in", headers=chinese).text
    assert guest.submit("/language/en", next="/sign-in").location == "/sign-in"
    assert 'lang="en"' in guest.get("/sign-in", headers=chinese).text
    user = browse(twin.ours, twin.ours.user)
    user.submit("/language/zh_CN")
    user.delete_cookie("lang", domain=twin.ours.host)
    assert 'lang="zh-CN"' in user.get("/account").text
    assert guest.submit("/language/xx").status_code == 404


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/o/account?x=1", "/o/account?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_only_paths_of_this_host_are_gone_on_to(target: str | None, path: str) -> None:
    assert local_path(target) == path


def test_health_and_readiness(app: Flask, services: Services) -> None:
    client = app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json()["status"] == "ok"


def test_without_redis_the_node_is_degraded_but_serves(services: Services, twin: Twin) -> None:
    from redis import Redis

    dead = replace(services, redis=Redis(port=1, socket_connect_timeout=0.2))
    app = create_app(dead)
    client = TenantClient.on(app, twin.ours, twin.ours.user)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "degraded")
    assert client.get("/account").status_code == 200
    refused = TenantClient.on(app, twin.ours).submit("/sign-in", email="a@b.example", password="x")
    assert refused.status_code == 503


def test_a_lost_connection_is_a_pause_not_an_error(browse: Browse, twin: Twin) -> None:
    client = browse(twin.ours, twin.ours.user)
    answer = client.get("/t/cut")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert client.get("/t/who").text == "User"


def test_without_a_database_the_answer_is_a_page_too(services: Services) -> None:
    engine = make_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    app = create_app(replace(services, database=Database(engine)))
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://demo.localhost")
    assert page.status_code == 503
    assert "<html" in page.text
    problem = client.get("/api/v1/objects", base_url="https://demo.localhost")
    assert problem.get_json()["code"] == "unavailable"
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_proxy_is_believed_only_when_there_is_one(services: Services, twin: Twin) -> None:
    headers = {
        "X-Forwarded-Host": twin.ours.host,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
    }
    alone = create_app(services).test_client()
    assert alone.get("/sign-in", base_url="http://inner", headers=headers).status_code == 404
    settings = replace(services.settings, trusted_proxies=1)
    behind = create_app(replace(services, settings=settings)).test_client()
    answer = behind.get("/sign-in", base_url="http://inner", headers=headers)
    assert answer.status_code == 200
    assert "Strict-Transport-Security" in answer.headers
