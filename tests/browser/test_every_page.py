"""Rules that hold on every page, in both languages, on a desk and on a phone, light and dark."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import World
from tests.runtime.workspace.sample import HOSTILE, LONG, ODD

RULES = Path(__file__).with_name("rules.js").read_text(encoding="utf-8")
NESTED = {
    "all": [
        {"field": "amount", "op": "between", "value": ["1", "2"]},
        {"any": [
            {"field": "close_on", "op": ">=", "value": {"$date": "today", "days": -30}},
            {"field": "owner", "op": "=", "value": {"$user": "id"}},
            {"field": "stage", "op": "in", "value": ["new", "won"]},
        ]},
    ]
}  # fmt: skip


def paths(world: World) -> list[str]:
    """All pages of the workspace, with much, hostile and no content."""
    records = [world.record("deal", name) for name in ("Full deal", HOSTILE, LONG, ODD)] + [
        world.record("company", "Hooli"),
        world.record("part", "First part"),
    ]
    nested = quote(json.dumps(NESTED))
    return [
        "/", "/search", "/search?q=华为", "/search?q=nowhere", "/account",
        "/o/deal", "/o/company", "/o/user", "/o/part", "/o/deal?sort=-amount,name",
        f"/o/deal?where={nested}", "/o/deal?where=x", "/o/nothing", "/o/deal/1",
        "/o/deal/new", "/o/part/new", "/o/company/new", "/o/user/new",
        *records,
        *(f"{record}/edit" for record in records), *(f"{record}/delete" for record in records),
    ]  # fmt: skip


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_page_keeps_the_rules(
    look: Callable[..., Page], world: World, locale: str, phone: bool
) -> None:
    page = look("/", locale=locale, phone=phone)
    found = {}
    for path in paths(world):
        page.goto(world.url(path))
        if wrong := page.evaluate(RULES):
            found[path] = wrong
    assert found == {}


def test_dark_pages_can_be_read(look: Callable[..., Page], world: World) -> None:
    page = look("/")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    found = {}
    for path in paths(world):
        page.goto(world.url(path))
        assert page.locator("html").get_attribute("data-bs-theme") == "dark"
        if wrong := page.evaluate(RULES):
            found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_opened_panels_keep_the_rules(look: Callable[..., Page], world: World, phone: bool) -> None:
    page = look(f"/o/deal?where={quote(json.dumps(NESTED))}", locale="zh-CN", phone=phone)
    for panel in ("filter-panel", "sort-panel", "column-panel", "save-panel"):
        page.click(f"[aria-controls={panel}]")
        page.locator(f"#{panel} button[type=submit]:visible").first.wait_for()
    assert page.evaluate(RULES) == []
    page.goto(world.url(world.record("deal", "Full deal")))
    page.click("[hx-get$='/delete']")
    page.wait_for_selector("dialog[open]")
    assert page.evaluate(RULES) == []
