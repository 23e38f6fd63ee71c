"""A day's work: finding, filtering, making, changing and deleting records with a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from runtime import records
from runtime.scope import open_scope
from tests.browser.conftest import World
from tests.runtime.workspace.sample import HOSTILE

LOCALES = pytest.mark.parametrize("locale", ["en-US", "zh-CN"])


def row_names(page: Page) -> list[str]:
    return page.locator("td.bn-name a").all_text_contents()


class TestKeyboard:
    def test_search_from_anywhere(self, look: Callable[..., Page], world: World) -> None:
        page = look("/o/deal")
        page.keyboard.press("/")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.type("华为")
        expect(page.locator("#search-results [role=option]")).to_have_count(3)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        chosen = page.locator("#search-results [aria-selected=true]")
        expect(page.locator("#search")).to_have_attribute(
            "aria-activedescendant", chosen.get_attribute("id") or ""
        )
        name = chosen.locator(".bn-text").text_content()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(name or "")

    def test_escape_closes_the_finds(self, look: Callable[..., Page]) -> None:
        page = look("/")
        page.keyboard.press("/")
        page.keyboard.type("deal")
        page.locator("#search-results [role=option]").first.wait_for()
        page.keyboard.press("Escape")
        expect(page.locator("#search-results [role=option]")).to_have_count(0)

    def test_a_record_without_a_mouse(self, look: Callable[..., Page], world: World) -> None:
        page = look("/o/deal")
        page.keyboard.press("c")
        page.wait_for_url("**/o/deal/new")
        page.locator("#f-name").focus()
        page.keyboard.type("By keyboard")
        page.keyboard.press("Tab")
        page.keyboard.type("华为技术")
        page.locator(".ts-dropdown .option.active", has_text="华为技术有限公司").wait_for()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("W")
        page.locator("#f-amount").focus()
        page.keyboard.type("1,234.5")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("By keyboard")
        expect(page.locator("main")).to_contain_text("华为技术有限公司")
        expect(page.locator("main")).to_contain_text("CN¥1,234.50")
        expect(page.locator("main")).to_contain_text("Won")

    def test_the_skip_link_leads_to_the_content(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal")
        page.keyboard.press("Tab")
        expect(page.locator(".skip-link")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()

    def test_tabs_follow_the_arrows(self, look: Callable[..., Page], world: World) -> None:
        page = look(world.record("deal", "Full deal"))
        page.get_by_role("tab", name="Details").focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Parts")).to_be_focused()
        expect(page.get_by_role("link", name="First part")).to_be_visible()
        page.reload()
        expect(page.get_by_role("link", name="First part")).to_be_visible()

    def test_a_dialog_is_left_with_escape(self, look: Callable[..., Page], world: World) -> None:
        page = look(world.record("deal", "Full deal"))
        button = page.get_by_role("link", name="Delete")
        button.click()
        expect(page.get_by_role("dialog")).to_contain_text("1 × Parts")
        expect(page.get_by_role("button", name="Delete")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(button).to_be_focused()


class TestLists:
    @LOCALES
    def test_a_filter_is_built(self, look: Callable[..., Page], locale: str) -> None:
        chinese = locale == "zh-CN"
        page = look("/o/deal", locale=locale)
        page.click("[aria-controls=filter-panel]")
        page.locator('[name="f-0.field"]').select_option("company")
        page.locator(".bn-rule .ts-control").wait_for()
        page.locator(".bn-rule .ts-control").click()
        page.keyboard.type("hooli")
        page.locator(".ts-dropdown .option", has_text="Hooli").click()
        page.get_by_role("button", name="条件组" if chinese else "Group").click()
        page.locator('[name="f-1-0.field"]').select_option("stage")
        page.locator('select[name="f-1-0.value"]').select_option("won")
        page.locator('[value="add-rule:f-1"]').click()
        page.locator('[name="f-1-1.field"]').select_option("amount")
        page.locator('[name="f-1-1.op"]').select_option(">")
        page.locator('[name="f-1-1.value"]').fill("100,000")
        page.get_by_role("button", name="应用" if chinese else "Apply", exact=True).click()
        sentence = page.locator("main > .bn-sentence")
        expect(sentence).to_contain_text(
            "公司是 Hooli 且（阶段为赢单 或 金额大于"
            if chinese
            else "Company is Hooli and (Stage is Won or"
        )
        assert page.locator("td[data-label] a", has_text="Hooli").count() == len(row_names(page))

    def test_what_is_missing_is_said_in_the_panel(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal")
        page.click("[aria-controls=filter-panel]")
        page.locator('[name="f-0.value"]').wait_for()
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(".bn-rule .bn-error")).to_have_text("A value is missing.")

    def test_typing_while_the_server_draws_is_not_lost(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal")
        page.click("[aria-controls=filter-panel]")
        page.locator('[name="f-0.value"]').wait_for()
        held: list[Route] = []
        page.route("**/filter", lambda route: held.append(route))
        with page.expect_request("**/filter"):
            page.locator('[name="f-0.op"]').select_option("contains")
        page.locator('[name="f-0.value"]').press_sequentially("华为")
        held.pop().continue_()
        expect(page.locator('[name="f-0.op"] [selected]')).to_have_attribute("value", "contains")
        expect(page.locator('[name="f-0.value"]')).to_have_value("华为")
        expect(page.locator('[name="f-0.value"]')).to_be_focused()

    def test_paging_goes_there_and_back(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal?sort=-amount,name")
        first = row_names(page)
        page.get_by_role("link", name="Next").click()
        page.get_by_role("link", name="Next").click()
        page.get_by_role("link", name="Previous").click()
        page.get_by_role("link", name="Previous").click()
        assert row_names(page) == first
        expect(page.locator(".bn-count")).to_contain_text("records")

    def test_shift_sorts_by_one_more(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal")
        page.locator("th a", has_text="Stage").click()
        page.locator("th a", has_text="Amount").click(modifiers=["Shift"])
        page.wait_for_url("**sort=stage%2Camount*")
        expect(page.locator("th[aria-sort=ascending]")).to_have_count(2)

    def test_columns_are_chosen_and_kept_in_a_view(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal")
        page.click("[aria-controls=column-panel]")
        panel = page.locator("#column-panel")
        panel.get_by_label("Number", exact=True).check()
        panel.get_by_label("Owner", exact=True).uncheck()
        panel.get_by_role("button", name="Move Number up").click()
        panel.get_by_role("button", name="Apply").click()
        heads = page.locator("th").all_inner_texts()
        assert "Number" in heads
        assert "Owner" not in heads
        page.click("[aria-controls=save-panel]")
        page.fill("#view-name", "With numbers")
        page.locator("#save-panel").get_by_role("button", name="Save").click()
        expect(page.locator("h1")).to_contain_text("With numbers")
        assert page.locator("th").all_inner_texts() == heads
        page.click("[aria-controls=own-panel]")
        page.get_by_role("button", name="Delete this view", exact=True).click()
        expect(page.locator("h1")).to_contain_text("All deals")

    def test_a_list_on_a_phone_is_cards(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal", phone=True)
        expect(page.locator("thead")).to_be_hidden()
        card = page.locator("tbody tr", has_text="Deal 001")
        expect(card).to_contain_text("CN¥1,250.50")
        box = card.bounding_box()
        assert box is not None
        assert box["width"] <= 390


class TestForms:
    @LOCALES
    def test_errors_are_summed_up_and_linked(self, look: Callable[..., Page], locale: str) -> None:
        page = look("/o/deal/new", locale=locale)
        page.fill("#f-seats", "many")
        page.fill("#f-notes", "kept\nlines")
        page.locator(".bn-form-actions .btn-primary").click()
        summary = page.locator("[data-error-summary]")
        expect(summary).to_be_focused()
        expect(page.locator("#f-notes")).to_have_value("kept\nlines")
        name = "席位数" if locale == "zh-CN" else "Seats"
        summary.get_by_role("link", name=name).click()
        expect(page.locator("#f-seats")).to_be_focused()
        expect(page.locator("#f-seats")).to_have_attribute("aria-invalid", "true")

    def test_a_double_click_makes_one_record(self, look: Callable[..., Page], world: World) -> None:
        page = look("/o/deal/new")
        page.fill("#f-name", "Clicked twice")
        page.locator(".bn-form-actions .btn-primary").dblclick()
        expect(page.locator("h1")).to_have_text("Clicked twice")
        page.goto(world.url("/search?q=Clicked+twice"))
        expect(page.locator("main .bn-links li")).to_have_count(1)

    def test_leaving_with_changes_is_asked_about(
        self, look: Callable[..., Page], world: World
    ) -> None:
        page = look("/o/deal/new")
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.locator("#f-name").press_sequentially("half a name")
        page.get_by_role("link", name="Cancel").click()
        expect(page.locator("#f-name")).to_have_value("half a name")
        assert asked == ["beforeunload"]
        page.locator(".bn-form-actions .btn-primary").click()
        expect(page.locator("h1")).to_have_text("half a name")
        assert asked == ["beforeunload"]

    def test_who_is_slower_sees_what_changed(self, look: Callable[..., Page], world: World) -> None:
        with open_scope(world.database, world.side.id, world.side.user, write=True) as scope:
            deal = records.create(scope, "deal", {"name": "Contested", "seats": 1})
        page = look(f"/o/deal/{deal.id}/edit")
        with open_scope(world.database, world.side.id, world.side.admin, write=True) as scope:
            records.update(scope, "deal", deal.id, {"seats": 7})
        page.fill("#f-name", "Contested, mine")
        page.locator(".bn-form-actions .btn-primary").click()
        summary = page.locator("[data-error-summary]")
        expect(summary).to_contain_text("Seats: now “7”")
        expect(page.locator("#f-name")).to_have_value("Contested, mine")
        expect(page.locator("#f-seats")).to_have_value("7")
        page.locator(".bn-form-actions .btn-primary").click()
        expect(page.locator("h1")).to_have_text("Contested, mine")

    def test_a_lookup_on_a_phone(self, look: Callable[..., Page]) -> None:
        page = look("/o/deal/new", phone=True, locale="zh-CN")
        page.locator("#f-company-ts-control").click()
        page.keyboard.type("huawei")
        options = page.locator(".ts-dropdown .option")
        expect(options).to_have_count(2)
        expect(options.first).to_contain_text("深圳")
        options.first.click()
        expect(page.locator("#f-company + .ts-wrapper .item")).to_contain_text("华为")

    def test_a_related_record_starts_with_its_parent(
        self, look: Callable[..., Page], world: World
    ) -> None:
        page = look(world.record("company", "Initech"))
        page.get_by_role("link", name="New: Deal").click()
        expect(page.locator("#f-company + .ts-wrapper .item")).to_have_text("Initech")
        page.fill("#f-name", "A deal of Initech")
        page.locator(".bn-form-actions .btn-primary").click()
        expect(page.locator("h1")).to_have_text("Initech")

    def test_a_record_is_deleted_in_a_dialog(self, look: Callable[..., Page], world: World) -> None:
        with open_scope(world.database, world.side.id, world.side.user, write=True) as scope:
            deal = records.create(scope, "deal", {"name": "To be deleted"})
        page = look(f"/o/deal/{deal.id}")
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.locator(".bn-toast")).to_contain_text("“To be deleted” is deleted.")
        page.goto(world.url(f"/o/deal/{deal.id}"))
        expect(page.locator("main")).to_contain_text("404")


def test_hostile_texts_stay_text(look: Callable[..., Page], world: World) -> None:
    page = look(world.record("deal", HOSTILE))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    expect(page.locator("h1")).to_have_text(HOSTILE)
    for path in ("/o/deal", "/search?q=script", world.record("deal", HOSTILE) + "/edit"):
        page.goto(world.url(path))
    page.locator("#f-tags-ts-control").click()
    page.locator(".ts-dropdown .option", has_text=HOSTILE).click()
    expect(page.locator("#f-tags + .ts-wrapper .item")).to_contain_text(HOSTILE)


def test_the_language_is_switched_and_stays(look: Callable[..., Page], world: World) -> None:
    page = look("/o/deal?sort=-amount", as_admin=True)
    page.get_by_role("button", name="Account of Admin").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("th", has_text="预计成交日期")).to_be_visible()
    assert "sort=-amount" in page.url
    page.get_by_role("button", name="Admin").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_navigation_opens_on_a_phone(look: Callable[..., Page], world: World) -> None:
    page = look("/", phone=True)
    page.get_by_role("button", name="Open the navigation").click()
    page.get_by_role("link", name="Companies").first.click()
    page.wait_for_url("**/o/company")
    page.get_by_role("button", name="Open the navigation").click()
    page.get_by_role("button", name="Switch application").click()
    page.get_by_role("link", name="General").click()
    page.wait_for_url(world.url("/"))
    page.get_by_role("button", name="Open the navigation").click()
    expect(page.get_by_role("navigation", name="Main navigation")).to_contain_text("Users")


def test_a_failed_step_is_said(look: Callable[..., Page]) -> None:
    page = look("/o/deal")
    page.route("**/filter**", lambda route: route.fulfill(status=404, body="broken"))
    button = page.locator("[aria-controls=filter-panel]")
    button.click()
    expect(page.locator(".bn-toast")).to_contain_text("That did not work.")
    page.unroute("**/filter**")
    button.click()
    expect(page.locator('[name="f-0.value"]')).to_be_attached()
