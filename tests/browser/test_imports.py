"""The import wizard in a browser: desktop and phone, both languages, by keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kernel import worker
from tests.browser.conftest import World

RULES = Path(__file__).with_name("rules.js")
CONTENT = 'Deal,Firm,Stage,Amount\nImported 1,Hoolli,new,"1,200"\nImported 2,,won,x\n'


def work(world: World) -> None:
    """Do all queued jobs of the tenant."""
    with world.database.scope(world.side.id) as scope:
        waiting = scope.unit.connection.exec_driver_sql(
            "SELECT id FROM job WHERE tenant_id = %s AND state = 'queued'", (world.side.id,)
        ).scalars()
        ids = list(waiting)
    with world.app.app_context():
        services = world.app.extensions["banyan"]
        doorkeeper = world.app.extensions["banyan.doorkeeper"]
        for job_id in ids:
            worker.run_job(services, doorkeeper, world.side.id, job_id)


def keeps_rules(page: Page) -> None:
    """The rules that hold on every page, when they are there; and a picture when asked for."""
    if RULES.is_file():
        assert not page.evaluate(RULES.read_text(encoding="utf-8"))
    if folder := os.environ.get("BANYAN_SHOTS"):
        path = Path(folder)
        number = len(list(path.glob("*.png")))
        page.screenshot(path=path / f"{number:02}.png", full_page=True)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_wizard(look: Callable[..., Page], world: World, locale: str, phone: bool) -> None:
    page = look("/o/deal", locale=locale, phone=phone)
    if phone:  # the list's links are folded
        page.click(".bn-actions [data-bs-toggle]")
    page.click('a[href="/imports/new?object=deal"]:visible')
    keeps_rules(page)
    page.set_input_files(
        "#file", {"name": "deals.csv", "mimeType": "text/csv", "buffer": CONTENT.encode()}
    )
    page.click('form[action="/imports"] button.btn-primary')
    expect(page.locator("#column-0")).to_be_visible()
    page.select_option("#column-0", "name")
    page.select_option("#column-1", "company")
    page.select_option("#column-2", "stage")
    page.select_option("#column-3", "amount")
    keeps_rules(page)
    page.click('form[action$="/columns"] button.btn-primary')
    expect(page.locator("#to-1-0")).to_have_value("Hooli")
    keeps_rules(page)
    page.click('form[action$="/values"] button.btn-primary')
    expect(page.locator("#progress")).to_be_visible()
    keeps_rules(page)
    work(world)
    run = page.locator('form[action$="/run"] button')
    expect(run).to_be_visible()  # the page has loaded anew by itself
    keeps_rules(page)
    run.click()
    expect(page.locator("#progress")).to_be_visible()
    work(world)
    undo = page.locator("details summary")
    expect(undo).to_be_visible()
    keeps_rules(page)
    undo.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_be_visible()
    work(world)
    expect(page.locator("#progress")).to_have_count(0)
    keeps_rules(page)
    page.goto(world.url("/imports"))
    keeps_rules(page)
    page.goto(world.url("/o/deal/export"))
    keeps_rules(page)
    with page.expect_download() as download:
        page.click('form[action*="/export"] button.btn-primary')
    assert download.value.suggested_filename.endswith(".xlsx")
