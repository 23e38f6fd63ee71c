"""A real browser on a real server: one tenant with sample records, on a loopback port.

A message on the browser's console or a refusal by the content policy fails the test.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    sync_playwright,
)
from redis import Redis
from sqlalchemy import Engine
from werkzeug.serving import BaseWSGIServer, make_server

from kernel.clock import SystemClock
from kernel.db.unit import Database
from kernel.settings import Settings
from kernel.web.services import Services
from kernel.web.vendor import missing_vendor_files
from tests.conftest import Servers
from tests.runtime.workspace.sample import add_people, fill_sample, publish_sample
from tests.twins import PASSWORD, Side, make_twin

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)


@dataclass
class World:
    """What is being looked at: the tenant, its server, and the ids of its records by name."""

    side: Side
    address: str
    database: Database
    app: Flask
    ids: dict[str, int] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """The address of a page."""
        return self.address + path

    def record(self, object_api: str, name: str) -> str:
        """The path of a record's page."""
        return f"/o/{object_api}/{self.ids[name]}"


@pytest.fixture(scope="session")
def world(
    servers: Servers, engine: Engine, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A tenant with the sample's objects and records, being served."""
    if missing := missing_vendor_files():
        pytest.fail(f"front-end files are missing (make vendor): {', '.join(missing)}")
    from wsgi import create_app

    clock = SystemClock()
    database = Database(engine, clock)
    settings = Settings(
        database_url=database_url,
        redis_url=servers.valkey.url,
        home=tmp_path_factory.mktemp("home"),
        secret_key="a secret of the tests",
    )
    redis = Redis.from_url(servers.valkey.url, db=1)
    side = make_twin(database).ours
    publish_sample(database, side)
    add_people(database, side)
    app = create_app(Services(settings=settings, database=database, redis=redis, clock=clock))
    server = _serve(app)
    world = World(side, f"http://{side.host}:{server.server_port}", database, app)
    world.ids = fill_sample(database, side)
    yield world
    server.shutdown()
    redis.close()


def _serve(app: Flask) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser: Debian's, or the one that Playwright brought."""
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    path = shutil.which("chromium")
    return playwright.chromium.launch(executable_path=path, args=list(ARGS))


@pytest.fixture
def look(world: World, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages: `look("/o/deal", locale="zh-CN", phone=True, as_admin=False)`."""
    complaints: list[str] = []
    contexts = []

    def open_page(
        path: str = "/", *, locale: str = "en-US", phone: bool = False, as_admin: bool = False
    ) -> Page:
        context = chromium.new_context(
            locale=locale, viewport=PHONE if phone else DESKTOP, has_touch=phone
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(complaints, message))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        sign_in(page, world, as_admin=as_admin)
        page.goto(world.url(path))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    # A page that answers 4xx on purpose is reported as a failed resource; the rest is ours.
    expected = (
        "Failed to load resource: the server responded with a status of 4",
        "Response Status Error Code 4",
    )
    if message.type in ("error", "warning") and not message.text.startswith(expected):
        complaints.append(f"{message.type}: {message.text}")


def sign_in(page: Page, world: World, *, as_admin: bool = False) -> None:
    """Sign in through the page that people use."""
    actor = world.side.admin if as_admin else world.side.user
    page.goto(world.url("/sign-in"))
    page.fill('input[name="email"]', world.side.email(actor))
    page.fill('input[name="password"]', PASSWORD)
    page.click('form button[type="submit"]')
    page.wait_for_url(world.url("/"))
