"""An administrator sets up with keyboard and mouse, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import World

RULES = Path(__file__).with_name("rules.js").read_text(encoding="utf-8")
PATHS = [
    "/setup/objects", "/setup/objects/-new", "/setup/objects/deal", "/setup/objects/user",
    "/setup/objects/deal/edit", "/setup/objects/deal/fields/-new",
    "/setup/objects/deal/fields/-new?type=picklist", "/setup/objects/deal/fields/-new?type=lookup",
    "/setup/objects/deal/fields/-new?type=currency", "/setup/objects/deal/fields/stage",
    "/setup/objects/deal/fields/tags", "/setup/objects/deal/fields/company",
    "/setup/objects/deal/views/won", "/setup/objects/deal/views/-new",
    "/setup/objects/deal/layouts/main", "/setup/objects/part/layouts/-new",
    "/setup/picklists", "/setup/picklists/-new", "/setup/applications",
    "/setup/applications/sales", "/setup/reports", "/setup/reports/new/deal", "/setup/people",
    "/setup/changes", "/setup/history", "/setup/delete/field/deal.stage",
]  # fmt: skip


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_setup_page_keeps_the_rules(
    look: Callable[..., Page], world: World, locale: str, phone: bool
) -> None:
    page = look("/", locale=locale, phone=phone, as_admin=True)
    found = {}
    for path in PATHS:
        page.goto(world.url(path))
        if wrong := page.evaluate(RULES):
            found[path] = wrong
    assert found == {}


def test_a_field_with_values_is_added_by_hand(look: Callable[..., Page], world: World) -> None:
    page = look("/setup/objects/company/fields/-new", as_admin=True)
    page.get_by_role("link", name="Picklist", exact=True).click()
    page.fill('[name="label.en"]', "Tier")
    page.fill('[name="label.zh_CN"]', "等级")
    names = page.locator('ol [name="values.en"]')
    names.nth(0).fill("Gold")
    names.nth(1).fill("Silver")
    names.nth(2).fill("Bronze")
    page.get_by_role("button", name="Add a value").press("Enter")
    expect(names).to_have_count(4)
    names.nth(3).fill("Platinum")
    page.locator(".bn-values > li").nth(3).get_by_role("button", name="Move up").press("Enter")
    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url(world.url("/setup/objects/company"))
    page.goto(world.url("/o/company/new"))
    options = page.locator('[name="f-tier"] option').all_inner_texts()
    assert options == ["–", "Gold", "Silver", "Platinum", "Bronze"]


def test_a_view_is_put_together(look: Callable[..., Page], world: World) -> None:
    page = look("/setup/objects/company/views/-new", as_admin=True)
    page.fill('[name="label.en"]', "Active ones")
    page.get_by_role("button", name="Take away").last.press("Enter")
    page.get_by_label("Add to: Columns").select_option("owner")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Condition").click()
    page.get_by_label("Field", exact=True).select_option("active")
    expect(page.locator('[name="f-0.value"]')).to_have_count(1)
    assert page.input_value('[name="label.en"]') == "Active ones"
    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url(world.url("/setup/objects/company"))
    page.goto(world.url("/o/company?view=company.active_ones"))
    expect(page.locator(".bn-sentence")).to_contain_text("Active")


def test_a_layout_is_changed_by_keyboard(look: Callable[..., Page], world: World) -> None:
    page = look("/setup/objects/part/layouts/-new", as_admin=True)
    page.fill('[name="label.en"]', "Short")
    page.get_by_role("button", name="Section", exact=True).first.press("Enter")
    page.wait_for_load_state()
    second = page.get_by_role("group", name="Section 2")
    first = page.get_by_role("group", name="Section 1")
    first.locator("li", has_text="Owner").get_by_role("button", name="Take away").press("Enter")
    second.get_by_label("Add to: Fields").select_option("owner")
    second.get_by_role("button", name="Add", exact=True).press("Enter")
    assert second.locator("li").count() == 1
    page.get_by_role("button", name="Save as draft").click()
    page.wait_for_url(world.url("/setup/objects/part"))
    expect(page.get_by_role("region", name="Your draft")).to_contain_text("not published yet")
    page.goto(world.url("/setup/changes"))
    page.get_by_role("button", name="Discard all changes").click()
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
