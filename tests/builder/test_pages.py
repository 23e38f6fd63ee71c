"""Layouts, list views, applications and reports for everybody."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from kernel.db.unit import Database
from tests.builder.forms import PUBLISH, read, save
from tests.runtime.workspace.pages import fetch, form_on, make, send, text_of
from tests.twins import Side, TenantClient


def picked(page: str, name: str) -> list[str]:
    """The values of a picker's hidden inputs, in order."""
    body = re.sub(r"<template>.*?</template>", "", page, flags=re.DOTALL)
    return re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', body)


def test_a_list_view_is_changed(
    admin: TenantClient, user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="Small", amount="5")
    make(database, side, "deal", name="Big", amount="5000")
    page = fetch(admin, "/setup/objects/deal/views/all")
    assert picked(page, "column") == ["name", "company", "stage", "amount", "close_on", "owner"]
    save(
        admin,
        "/setup/objects/deal/views/all",
        {
            "label.en": "Worth a call",
            "column": ["name", "amount", "company.city"],
            "sort1": "amount",
            "direction1": "down",
            "f.match": "all",
            "f-0.field": "amount",
            "f-0.op": ">",
            "f-0.value": "1,000",
        }
        | PUBLISH,
    )
    listed = fetch(user, "/o/deal?view=deal.all")
    assert "Worth a call" in listed
    assert "Big" in listed
    assert ">Small<" not in listed
    assert "Company › City" in html.unescape(listed)
    page = fetch(admin, "/setup/objects/deal/views/all")
    assert form_on(page, "/setup/objects/deal/views/all")["f-0.value"] == "1000.00"


def test_a_step_in_the_filter_keeps_what_was_typed(admin: TenantClient) -> None:
    path = "/setup/objects/deal/views/all"
    fields = form_on(fetch(admin, path), path) | {"label.en": "Half typed", "column": ["amount"]}
    answer = send(admin, path, fields, action="add-rule:f")
    assert answer.status_code == 200
    assert "Half typed" in answer.text
    assert picked(answer.text, "column") == ["amount"]
    assert "f-0.field" in answer.text
    assert "not published yet" not in answer.text
    fields |= {"f.match": "all", "f-0.field": "amount", "f-0.op": ">", "f-0.value": "much"}
    refused = send(admin, path, fields)
    assert refused.status_code == 422
    assert "The filter is not complete." in refused.text
    assert "much is not a number." in refused.text


def test_a_list_is_kept_for_everybody(admin: TenantClient, user: TenantClient) -> None:
    where = '{"field":"stage","op":"=","value":"won"}'
    url = f"/o/deal?columns=name,stage&where={where}&sort=-name"
    shown = html.unescape(fetch(admin, url))
    link = re.search(r'href="(/setup/objects/deal/views/-new\?[^"]+)"', shown)
    assert link is not None
    assert "/setup/objects/deal/views/-new" not in fetch(user, url)
    save(admin, link[1], {"label.en": "Signed", **PUBLISH})
    assert "Signed" in fetch(user, "/o/deal?view=deal.signed")
    view = admin.get("/api/v1/metadata/view/deal.signed").json or {}
    assert view["columns"] == ["name", "stage"]
    assert view["where"] == {"field": "stage", "op": "=", "value": "won"}
    assert view["sort"] == ["-name"]


def test_a_layout_is_changed(admin: TenantClient, user: TenantClient) -> None:
    path = "/setup/objects/deal/layouts/main"
    fields = form_on(fetch(admin, path), path)
    fields["t0.s1.field"] = ["notes"]
    fields["t0.s0.field"] = ["name", "helper", "amount", "email", "phone"]
    fields["t0.s1.label.en"] = "Remarks"
    assert send(admin, path, fields, **PUBLISH).status_code == 303
    form = fetch(user, "/o/deal/new")
    assert "Remarks" in form
    assert form.index("f-helper") < form.index("f-amount") < form.index("f-notes")
    assert "f-site" not in form
    layout = admin.get("/api/v1/metadata/layout/deal.main").json or {}
    assert layout["tabs"][1]["related"] == [{"child": "part.deal", "columns": ["name"]}]


def test_tabs_and_sections_are_added_moved_and_removed(admin: TenantClient) -> None:
    path = "/setup/objects/deal/layouts/main"
    fields = form_on(fetch(admin, path), path)

    def step(action: str) -> dict[str, Any]:
        answer = send(admin, path, fields, action=action)
        assert answer.status_code == 200
        return form_on(answer.text, path)

    fields = step("add-tab")
    assert fields["t2.label.en"] == "More"
    fields = step("add-section:2")
    assert "t2.s1.here" in fields
    fields = step("remove:2.1")
    assert "t2.s1.here" not in fields
    fields = step("up:2")
    assert fields["t1.label.en"] == "More"
    fields = step("down:0.0")
    assert fields["t0.s1.label.en"] == "Basics"
    fields = step("remove:1")
    assert fields["t1.label.en"] == "Parts"
    for nonsense in ("up:0", "remove:99", "remove:x", "add-section:9", "fly", "remove:0.77"):
        assert step(nonsense).keys() == fields.keys()
    fields["t0.label.en"] = fields["t0.label.zh_CN"] = ""
    refused = send(admin, path, fields)
    assert refused.status_code == 422
    assert "Give every tab a name in at least one language." in refused.text


def test_an_object_without_layout_gets_one(admin: TenantClient, user: TenantClient) -> None:
    save(admin, "/setup/objects/part/layouts/-new", {"label.en": "Own", **PUBLISH})
    layout = admin.get("/api/v1/metadata/layout/part.own").json or {}
    assert layout["tabs"][0]["sections"][0]["fields"] == ["deal", "name", "owner"]
    assert "f-name" in fetch(user, "/o/part/new")


def test_a_new_field_joins_a_new_layout(admin: TenantClient) -> None:
    save(admin, "/setup/objects/part/layouts/-new", {"label.en": "Own"})
    save(
        admin,
        "/setup/objects/part/fields/-new?type=text",
        {"label.en": "Maker", "layout": ["part.own"], **PUBLISH},
    )
    assert "f-maker" in fetch(admin, "/o/part/new")


def test_the_navigation_is_changed(admin: TenantClient, user: TenantClient) -> None:
    page = fetch(admin, "/setup/applications/sales")
    assert picked(page, "item") == ["object:deal", "object:company"]
    save(
        admin,
        "/setup/applications/sales",
        {"label.en": "Selling", "item": ["object:company", "object:part"], **PUBLISH},
    )
    home = fetch(user, "/")
    assert "Selling" in home
    assert home.index('href="/o/company"') < home.index('href="/o/part"')
    refused = save(admin, "/setup/applications/sales", {"item": []}, status=422)
    assert "Choose at least one entry." in refused.text
    page = save(
        admin, "/setup/applications/sales", {"item": ["object:ghost"], **PUBLISH}, status=422
    )
    assert "There is no object ghost." in page.text


def test_a_report_is_kept_for_everybody(
    admin: TenantClient, user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="A", stage="won", amount="10")
    built = html.unescape(fetch(admin, "/o/deal/report?group1=stage&measure1=sum:amount"))
    link = re.search(r'href="(/setup/reports/new/deal\?[^"]+)"', built)
    assert link is not None
    assert "/setup/reports" not in fetch(user, "/o/deal/report?group1=stage")
    save(admin, link[1], {"label.en": "By stage", **PUBLISH})
    shown = text_of(fetch(user, "/reports/by_stage"))
    assert "Won" in shown
    assert "10.00" in shown
    save(admin, "/setup/reports/by_stage", {"group1": "close_on", "by1": "quarter", **PUBLISH})
    report = admin.get("/api/v1/metadata/report/by_stage").json or {}
    assert report["group_by"] == [{"field": "close_on", "by": "quarter"}]
    assert report["measures"] == [{"fn": "sum", "field": "amount"}]
    refused = save(admin, "/setup/reports/by_stage", {"group1": ""}, status=422)
    assert "Choose what to group by." in refused.text


def test_which_records_a_lookup_offers_is_changed(admin: TenantClient, database: Database) -> None:
    path = "/setup/objects/deal/fields/company"
    fields = form_on(fetch(admin, path), path)
    assert fields["f-0.field"] == "active"
    fields["f-0.value"] = "true"  # what stands first in a choice
    step = send(admin, path, fields, action="add-rule:f")
    assert step.status_code == 200
    fields = form_on(step.text, path)
    fields |= {"f-0.value": "true", "f-1.field": "city", "f-1.op": "=", "f-1.value": "Austin"}
    assert send(admin, path, fields, **PUBLISH).status_code == 303
    field = admin.get("/api/v1/metadata/field/deal.company").json or {}
    assert field["filter"] == {
        "all": [
            {"field": "active", "op": "=", "value": True},
            {"field": "city", "op": "=", "value": "Austin"},
        ]
    }
    fields = form_on(fetch(admin, path), path)
    cleared = {key: value for key, value in fields.items() if not key.startswith("f-")}
    assert send(admin, path, cleared, **PUBLISH).status_code == 303
    assert "filter" not in (admin.get("/api/v1/metadata/field/deal.company").json or {})


@pytest.mark.parametrize("kind", ["views/-new", "layouts/-new"])
def test_a_new_name_does_not_overwrite(admin: TenantClient, kind: str) -> None:
    known = {"views/-new": "all", "layouts/-new": "main"}[kind]
    path = f"/setup/objects/deal/{kind}"
    refused = save(admin, path, {"label.en": "X", "api": known, **PUBLISH}, status=422)
    assert "This name is taken." in refused.text


def test_fields_of_the_draft_can_be_placed(admin: TenantClient, user: TenantClient) -> None:
    save(admin, "/setup/objects/deal/fields/-new?type=date", {"label.en": "Kick-off"})
    assert 'value="kick_off"' in fetch(admin, "/setup/objects/deal/views/all")
    assert 'value="kick_off"' in fetch(admin, "/setup/objects/deal/layouts/main")
    assert "kick_off" not in [f["api"] for f in read(user, "/objects/deal")["fields"]]


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_pages_are_shown(admin: TenantClient, locale: str) -> None:
    admin.set_cookie("lang", locale, domain=admin.host)
    for path in (
        "/setup/objects",
        "/setup/objects/deal",
        "/setup/objects/user",
        "/setup/objects/deal/edit",
        "/setup/objects/user/fields/-new?type=text",
        "/setup/objects/company/views/-new",
        "/setup/objects/company/layouts/main",
        "/setup/applications",
        "/setup/applications/-new",
        "/setup/reports",
        "/setup/reports/new/deal",
        "/setup/delete/view/deal.all",
    ):
        fetch(admin, path)
    for path in (
        "/setup/objects/user/edit",
        "/setup/objects/user/fields/name",
        "/setup/objects/user/views/all",
        "/setup/objects/user/layouts/standard",
        "/setup/applications/general",
        "/setup/delete/object/user",
    ):
        fetch(admin, path, 403)
    for path in ("/setup/objects/ghost", "/setup/objects/deal/views/ghost", "/setup/reports/ghost"):
        fetch(admin, path, 404)
