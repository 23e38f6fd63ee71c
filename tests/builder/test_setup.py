"""What an administrator adds online is seen in list, form and API with the next request."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest

from kernel.db.unit import Database
from metadata import store
from tests.builder.forms import PUBLISH, read, save
from tests.runtime.workspace.pages import fetch, form_on, make, send, text_of
from tests.runtime.workspace.sample import HOSTILE
from tests.twins import Side, TenantClient, Twin


def test_a_new_object_is_there_with_the_next_request(
    admin: TenantClient, user: TenantClient
) -> None:
    save(
        admin,
        "/setup/objects/-new",
        {
            "label.en": "Visit",
            "label.zh_CN": "拜访",
            "plural.en": "Visits",
            "access": "edit",
            **PUBLISH,
        },
    )
    assert "Visits" in text_of(fetch(user, "/o/visit"))
    assert [o["api"] for o in read(user, "/objects")["objects"]].count("visit") == 1
    form = form_on(fetch(user, "/o/visit/new"), "/o/visit/new")
    assert send(user, "/o/visit/new", form, **{"f-name": "First"}).status_code == 303
    assert "First" in fetch(user, "/o/visit")


def test_a_new_field_is_in_form_list_and_api(
    admin: TenantClient, user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="Old deal")
    save(
        admin,
        "/setup/objects/deal/fields/-new?type=text",
        {
            "label.en": "Rival",
            "label.zh_CN": "竞争对手",
            "layout": ["deal.main"],
            "view": ["deal.all"],
            **PUBLISH,
        },
    )
    form = form_on(fetch(user, "/o/deal/new"), "/o/deal/new")
    assert "f-rival" in form
    assert send(user, "/o/deal/new", form, **{"f-name": "D", "f-rival": "Acme"}).status_code == 303
    listed = fetch(user, "/o/deal?view=deal.all")
    assert "Rival" in listed
    assert "Acme" in listed
    answer = read(user, "/objects/deal")
    assert "rival" in [f["api"] for f in answer["fields"]]
    user.set_cookie("lang", "zh_CN", domain=user.host)
    assert "竞争对手" in fetch(user, "/o/deal?view=deal.all")


def test_a_new_value_can_be_chosen_at_once(admin: TenantClient, user: TenantClient) -> None:
    path = "/setup/objects/deal/fields/stage"
    fields = form_on(fetch(admin, path), path)
    fields["values.en"][3], fields["values.zh_CN"][3] = "Lost", "丢单"
    fields["values.color"] = ["blue", "orange", "green", "red"]
    fields["values.state"] = ["", "", "", ""]
    assert send(admin, path, fields, **PUBLISH).status_code == 303
    assert ">Lost</option>" in fetch(user, "/o/deal/new")
    deal = next(f for f in read(user, "/objects/deal")["fields"] if f["api"] == "stage")
    assert [value["code"] for value in deal["values"]] == ["new", "talks", "won", "lost"]


def test_values_are_renamed_reordered_and_retired(admin: TenantClient, user: TenantClient) -> None:
    path = "/setup/objects/deal/fields/stage"
    fields = form_on(fetch(admin, path), path)
    for column in ("en", "zh_CN", "code", "color"):
        values = (fields.get(f"values.{column}") or [""] * 4)[:3]
        fields[f"values.{column}"] = [values[2], values[0], values[1]]
    fields["values.en"][0] = "Signed"
    fields["values.color"] = ["green", "", ""]
    fields["values.state"] = ["", "", "retired"]
    assert send(admin, path, fields, **PUBLISH).status_code == 303
    found = read(user, "/objects/deal")["fields"]
    values = next(f for f in found if f["api"] == "stage")["values"]
    assert [(v["code"], v["label"]["en"], v["retired"]) for v in values] == [
        ("won", "Signed", False),
        ("new", "New", False),
        ("talks", "In talks", True),
    ]


def test_a_shared_picklist_is_made_and_used(admin: TenantClient, user: TenantClient) -> None:
    save(
        admin,
        "/setup/picklists/-new",
        {
            "label.en": "Sizes",
            "values.en": ["Small", "Large", ""],
            "values.zh_CN": ["小", "大", ""],
            "values.code": ["", "", ""],
            "values.color": ["", "", ""],
            "values.state": ["", "", ""],
        },
    )
    save(
        admin,
        "/setup/objects/company/fields/-new?type=picklist",
        {"label.en": "Size", "set": "sizes", **PUBLISH},
    )
    assert ">Small</option>" in fetch(admin, "/o/company/new")
    assert "company.size" in fetch(admin, "/setup/picklists")


def test_a_draft_is_seen_by_nobody_until_it_is_published(
    admin: TenantClient, user: TenantClient
) -> None:
    save(admin, "/setup/objects/-new", {"label.en": "Ship"})
    assert "1 change" not in text_of(fetch(admin, "/setup/objects"))  # object and name field
    assert "2 changes are not published yet" in text_of(fetch(admin, "/setup/objects"))
    fetch(user, "/o/ship", 404)
    assert "object ship" in text_of(fetch(admin, "/setup/changes")).lower()
    save(admin, "/setup/changes", {"message": "Ships"}, at="/setup/changes/publish")
    fetch(user, "/o/ship")
    assert "Ships" in text_of(fetch(admin, "/setup/history"))
    save(admin, "/setup/history", {"version": "1"}, at="/setup/history/revert")
    fetch(user, "/o/ship", 404)


def test_a_change_is_discarded(admin: TenantClient) -> None:
    save(admin, "/setup/objects/company/fields/-new?type=date", {"label.en": "Since"})
    assert "company.since" in fetch(admin, "/setup/changes")
    save(
        admin,
        "/setup/changes",
        {"kind": "field", "api": "company.since"},
        at="/setup/changes/discard",
    )
    assert "is discarded" in fetch(admin, "/setup/changes")
    assert "company.since" not in fetch(admin, "/setup/changes")


def test_a_required_field_becomes_optional(
    admin: TenantClient, database: Database, side: Side
) -> None:
    path = "/setup/objects/company/fields/name"
    fields = form_on(fetch(admin, path), path)
    assert fields.pop("required") == "true"
    assert send(admin, path, fields, **PUBLISH).status_code == 303
    with database.scope(side.id, side.admin) as scope:
        assert not store.published(scope).objects["company"].fields["name"].required


def test_a_field_is_deleted_with_its_places_and_comes_back(
    admin: TenantClient, user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="D", amount="12.50")
    with database.scope(side.id, side.admin) as scope:
        before = store.published(scope).version
    save(admin, "/setup/delete/field/deal.amount", PUBLISH)
    assert "f-amount" not in fetch(user, "/o/deal/new")
    save(admin, "/setup/history", {"version": str(before)}, at="/setup/history/revert")
    assert "12.50" in fetch(user, "/o/deal?columns=name,amount")


def test_what_is_in_use_is_not_deleted(admin: TenantClient) -> None:
    page = save(admin, "/setup/delete/object/company", PUBLISH, status=409).text
    assert "field deal.company" in page
    fetch(admin, "/setup/objects/company")


@pytest.mark.parametrize(
    "name", [HOSTILE, "__proto__", "select * from record", "😀", "' or 1=1 --"]
)
def test_hostile_names_are_text(admin: TenantClient, user: TenantClient, name: str) -> None:
    save(
        admin,
        "/setup/objects/-new",
        {"label.en": name, "plural.en": name, "name_label.en": name, **PUBLISH},
    )
    objects = read(admin, "/objects")["objects"]
    made = next(o for o in objects if o["label"].get("en") == name)
    page = fetch(user, f"/o/{made['api']}/new")
    assert name in html.unescape(page)
    assert "<script>alert" not in page
    assert "<script>alert" not in fetch(admin, f"/setup/objects/{made['api']}")


def test_bad_input_is_told_and_kept(admin: TenantClient) -> None:
    long = "x" * 300
    page = save(admin, "/setup/objects/-new", {"label.en": long, **PUBLISH}, status=422).text
    assert long in page
    assert "not published yet" not in page
    page = save(
        admin, "/setup/objects/-new", {"label.en": "Fine", "api": "Not a name!"}, status=422
    ).text
    assert "Not a name!" in page
    assert "is not written as it must be" in page
    page = save(admin, "/setup/objects/-new", {"label.en": " "}, status=422).text
    assert "Give a name in at least one language." in page
    page = save(admin, "/setup/objects/-new", {"label.en": "Deal", "api": "deal"}, status=422).text
    assert "This name is taken." in page


def test_what_does_not_compile_names_document_place_and_reason(admin: TenantClient) -> None:
    path = "/setup/objects/deal/fields/-new?type=number"
    changes = {"label.en": "Odd", "min": "5", "max": "1"}
    page = save(admin, path, {**changes, **PUBLISH}, status=422).text
    assert "The smallest value is above the largest." in page
    assert 'value="5"' in page
    assert "deal.odd" not in fetch(admin, "/setup/changes")
    page = save(
        admin, path, {"label.en": "Odd", "label.zh_CN": "怪", "scale": "99", **PUBLISH}, status=422
    ).text
    assert "At most" in page or "at most" in page
    save(admin, path, {**changes})  # a draft may be unfinished
    assert "field deal.odd" in text_of(fetch(admin, "/setup/changes"))
    page = save(admin, "/setup/changes", at="/setup/changes/publish", status=422).text
    assert "field deal.odd" in text_of(page)


def test_the_type_of_a_published_field_stays(admin: TenantClient) -> None:
    page = fetch(admin, "/setup/objects/deal/fields/company")
    assert 'name="to"' not in page
    assert "Company" in page


def test_only_administrators_set_up(
    user: TenantClient, browse: Callable[..., TenantClient]
) -> None:
    for path in ("/setup/objects", "/setup/changes", "/setup/history", "/setup/picklists"):
        fetch(user, path, 403)
    assert "/setup/objects" not in fetch(user, "/")


def test_the_other_tenant_sees_nothing(
    admin: TenantClient, twin: Twin, browse: Callable[..., TenantClient]
) -> None:
    save(admin, "/setup/objects/-new", {"label.en": "Secret", **PUBLISH})
    theirs = browse(twin.theirs, twin.theirs.admin)
    assert "Secret" not in fetch(theirs, "/setup/objects")
    fetch(theirs, "/o/secret", 404)


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_every_type_has_a_form(admin: TenantClient, locale: str) -> None:
    from metadata.fieldtypes import TYPES

    admin.set_cookie("lang", locale, domain=admin.host)
    for name in TYPES:
        fetch(admin, f"/setup/objects/deal/fields/-new?type={name}")
    for field in ("name", "number", "stage", "tags", "amount", "urgent", "helper", "notes"):
        fetch(admin, f"/setup/objects/deal/fields/{field}")


def test_a_field_may_be_called_new(admin: TenantClient, user: TenantClient) -> None:
    save(admin, "/setup/objects/deal/fields/-new?type=checkbox", {"label.en": "New"})
    page = fetch(admin, "/setup/objects/deal/fields/new")
    assert "Edit: New" in page
    save(admin, "/setup/objects/-new", {"label.en": "New"} | PUBLISH)
    fetch(admin, "/setup/objects/new/edit")
    fetch(user, "/o/new")
