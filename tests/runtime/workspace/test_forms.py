"""Making, changing and deleting records by the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kernel.clock import FixedClock
from kernel.db.unit import Database
from runtime import records
from runtime.query import Query, select_records
from runtime.records import Record
from runtime.scope import open_scope
from tests.runtime.workspace.pages import fetch, form_on, make, reread, send, text_of
from tests.twins import Side, TenantClient


def new_form(client: TenantClient, object_api: str = "deal", query: str = "") -> dict[str, Any]:
    return form_on(fetch(client, f"/o/{object_api}/new{query}"), f"/o/{object_api}/new")


def edit_form(client: TenantClient, record: Record) -> dict[str, Any]:
    path = f"/o/{record.object.api}/{record.id}/edit"
    return form_on(fetch(client, path), path)


def all_deals(database: Database, side: Side) -> list[Record]:
    with open_scope(database, side.id, side.admin) as scope:
        deal = scope.schema.objects["deal"]
        return list(select_records(scope, Query(deal)).records)


class TestCreate:
    def test_what_is_typed_is_saved(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        company = make(database, side, "company", name="Hooli")
        answer = send(
            user, "/o/deal/new", new_form(user),
            **{
                "f-name": " 新项目 ", "f-company": str(company.id), "f-stage": "talks",
                "f-tags": ["export", "vip"], "f-amount": "1,234.5", "f-chance": "12.5%",
                "f-seats": "12", "f-close_on": "2026-05-31", "f-called_at": "2026-03-01T16:30",
                "f-urgent": "true", "f-email": "a@example.com", "f-phone": "+86 10 6552 9988",
                "f-site": "www.example.com", "f-notes": "one\r\ntwo",
                "f-helper": str(side.other.id),
            },
        )  # fmt: skip
        assert answer.status_code == 303
        (record,) = all_deals(database, side)
        assert answer.location == f"/o/deal/{record.id}"
        assert record.owner_id == side.user.id
        values = dict(record.values)
        assert values.pop("company") == {"id": str(company.id), "name": "Hooli"}
        assert values.pop("helper")["name"] == "Other"
        expected = {
            "name": "新项目", "number": "D-0001", "stage": "talks", "tags": ["vip", "export"],
            "amount": "1234.50", "chance": "12.5", "seats": 12, "close_on": "2026-05-31",
            "called_at": "2026-03-01T16:30:00Z", "urgent": True, "email": "a@example.com",
            "site": "https://www.example.com", "notes": "one\ntwo",
        }  # fmt: skip
        assert {name: values[name] for name in expected} == expected

    def test_times_are_typed_in_the_persons_zone(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        page = fetch(user, "/account")
        send(user, "/account", form_on(page, "/account"), zone="Asia/Shanghai")
        fields = {**new_form(user), "f-name": "Call", "f-called_at": "2026-03-01T16:30"}
        send(user, "/o/deal/new", fields)
        (record,) = all_deals(database, side)
        assert record.values["called_at"] == "2026-03-01T08:30:00Z"
        assert edit_form(user, record)["f-called_at"] == "2026-03-01T16:30"
        assert "Mar 1, 2026 16:30" in fetch(user, f"/o/deal/{record.id}")

    def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        typed = {
            "f-amount": "much", "f-seats": "5000", "f-email": "nobody", "f-site": "javascript:x",
            "f-close_on": "2026-02-30", "f-notes": "</textarea><b>", "f-phone": "call me",
            "f-company": "999", "f-tags": ["vip"],
        }  # fmt: skip
        answer = send(user, "/o/deal/new", new_form(user), **typed)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        kept = form_on(page, "/o/deal/new")
        assert {name: kept[name] for name in typed} == typed
        for name in ("amount", "seats", "email", "site", "close_on", "phone", "name"):
            assert f'id="f-{name}-error"' in page
            assert f'href="#f-{name}"' in page
        assert all_deals(database, side) == []

    def test_errors_of_the_engine_stand_there_too(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        fields = {**new_form(user), "f-name": "x", "f-company": str(2**62), "f-stage": "nix"}
        answer = send(user, "/o/deal/new", fields)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert 'id="f-company-error"' in page
        assert 'id="f-stage-error"' in page

    def test_a_lookup_takes_only_what_its_filter_allows(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        closed = make(database, side, "company", name="Closed", active=False)
        fields = {**new_form(user), "f-name": "x", "f-company": str(closed.id)}
        answer = send(user, "/o/deal/new", fields)
        assert answer.status_code == 422
        assert 'id="f-company-error"' in answer.get_data(as_text=True)

    def test_errors_speak_chinese(self, user: TenantClient) -> None:
        answer = user.post("/o/deal/new", data={**new_form(user), "f-amount": "许多"},
                           headers={"Accept-Language": "zh-CN"})  # fmt: skip
        page = answer.get_data(as_text=True)
        assert "此项为必填" in page
        assert "尚未保存" in page

    def test_a_form_sent_twice_makes_one_record(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        fields = {**new_form(user), "f-name": "Once"}
        first = send(user, "/o/deal/new", fields)
        second = send(user, "/o/deal/new", fields)
        assert first.location == second.location
        assert [record.values["name"] for record in all_deals(database, side)] == ["Once"]

    def test_a_refused_form_may_be_sent_again(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        refused = send(user, "/o/deal/new", new_form(user)).get_data(as_text=True)
        fields = {**form_on(refused, "/o/deal/new"), "f-name": "Now"}
        assert send(user, "/o/deal/new", fields).status_code == 303
        assert len(all_deals(database, side)) == 1

    @pytest.mark.parametrize("once", ["", "nonsense", "WzEsMiwzLCI0Il0.x"])
    def test_a_bad_token_is_no_token(
        self, user: TenantClient, database: Database, side: Side, once: str
    ) -> None:
        fields = {**new_form(user), "f-name": "x", "once": once}
        assert send(user, "/o/deal/new", fields).status_code == 303

    def test_the_token_of_somebody_else_is_none(
        self, user: TenantClient, other: TenantClient, database: Database, side: Side
    ) -> None:
        fields = {**new_form(user), "f-name": "Mine"}
        send(user, "/o/deal/new", fields)
        theirs = {**new_form(other), "f-name": "Theirs", "once": fields["once"]}
        assert send(other, "/o/deal/new", theirs).status_code == 303
        assert len(all_deals(database, side)) == 2

    def test_defaults_and_what_the_address_brings_stand_in_the_form(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        company = make(database, side, "company", name="Hooli")
        query = f"?company={company.id}&name=%3Cb%3E&nothing=1&next=/o/company/{company.id}"
        page = fetch(user, f"/o/deal/new{query}")
        assert ">Hooli</option>" in page
        fields = form_on(page, "/o/deal/new")
        assert fields["f-stage"] == "new"
        assert fields["f-name"] == "<b>"
        answer = send(user, "/o/deal/new", fields)
        assert answer.location == f"/o/company/{company.id}"

    @pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x"])
    def test_next_stays_on_this_host(self, user: TenantClient, target: str) -> None:
        fields = {**new_form(user), "f-name": "x", "next": target}
        assert send(user, "/o/deal/new", fields).location.startswith("/o/deal/")

    def test_save_and_new_goes_on(self, user: TenantClient) -> None:
        fields = {**new_form(user), "f-name": "x"}
        assert send(user, "/o/deal/new", fields, then="new").location == "/o/deal/new"

    def test_an_emptied_default_stays_empty(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        send(user, "/o/deal/new", {**new_form(user), "f-name": "x", "f-stage": ""})
        (record,) = all_deals(database, side)
        assert record.values["stage"] is None

    def test_only_administrators_choose_the_owner(
        self, user: TenantClient, admin: TenantClient, database: Database, side: Side
    ) -> None:
        assert "f-owner" not in new_form(user)
        fields = {**new_form(admin), "f-name": "x", "f-owner": str(side.other.id)}
        send(admin, "/o/deal/new", fields)
        (record,) = all_deals(database, side)
        assert record.owner_id == side.other.id
        forged = {**new_form(user), "f-name": "y", "f-owner": str(side.other.id)}
        send(user, "/o/deal/new", forged)
        assert {r.owner_id for r in all_deals(database, side)} == {side.other.id, side.user.id}

    def test_people_are_made_by_administrators(
        self, user: TenantClient, admin: TenantClient
    ) -> None:
        fetch(user, "/o/user/new", 403)
        fetch(admin, "/o/user/new")
        assert 'href="/o/user/new"' not in fetch(user, "/o/user")

    def test_a_detail_belongs_to_a_parent_that_one_may_change(
        self, user: TenantClient, other: TenantClient, database: Database, side: Side
    ) -> None:
        deal = make(database, side, "deal", name="Mine")
        fields = {**new_form(other, "part", f"?deal={deal.id}"), "f-name": "x"}
        assert send(other, "/o/part/new", fields).status_code == 422
        fields = {**new_form(user, "part", f"?deal={deal.id}"), "f-name": "x"}
        assert send(user, "/o/part/new", fields).status_code == 303

    def test_without_our_token_nothing_is_made(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        fields = {**new_form(user), "f-name": "x"}
        del fields["csrf_token"]
        assert send(user, "/o/deal/new", fields).status_code == 400
        assert all_deals(database, side) == []


class TestEdit:
    def test_only_what_was_changed_is_written(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        record = make(
            database, side, "deal", name="One", amount="5", notes="a\nb",
            called_at="2026-03-01T08:30:15.123456Z",
        )  # fmt: skip
        fields = edit_form(user, record)
        assert fields["f-amount"] == "5.00"
        answer = send(user, f"/o/deal/{record.id}/edit", fields, **{"f-name": "Two"})
        assert answer.status_code == 303
        now = reread(database, side, record)
        assert now.values["name"] == "Two"
        assert now.values["called_at"] == record.values["called_at"]
        assert now.values["notes"] == "a\nb"
        assert now.version == 2

    def test_a_form_sent_unchanged_changes_nothing(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        record = make(database, side, "deal", name="One", amount="5", tags=["vip"], urgent=True)
        assert send(user, f"/o/deal/{record.id}/edit", edit_form(user, record)).status_code == 303
        assert reread(database, side, record).version == 1

    def test_values_can_be_emptied(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        record = make(database, side, "deal", name="One", amount="5", tags=["vip"], urgent=True)
        fields = edit_form(user, record)
        for name in ("f-amount", "f-tags", "f-urgent"):
            del fields[name]
        send(user, f"/o/deal/{record.id}/edit", fields)
        now = reread(database, side, record).values
        assert (now["amount"], now["tags"], now["urgent"]) == (None, None, False)

    def test_who_was_slower_sees_what_changed_and_keeps_the_input(
        self, user: TenantClient, admin: TenantClient, database: Database, side: Side
    ) -> None:
        record = make(database, side, "deal", name="One", amount="5", seats=1)
        path = f"/o/deal/{record.id}/edit"
        slow = edit_form(user, record)
        quick = {**edit_form(admin, record), "f-name": "Quick", "f-seats": "2"}
        assert send(admin, path, quick).status_code == 303
        answer = send(user, path, {**slow, "f-name": "Slow", "f-amount": "6"})
        assert answer.status_code == 412
        page = answer.get_data(as_text=True)
        text = text_of(page)
        assert "Admin changed this record on Mar 2, 2026 09:00." in text
        assert "now “Quick” – you have changed it too" in text
        assert "now “2”" in text
        again = form_on(page, path)
        assert (again["f-name"], again["f-amount"], again["f-seats"]) == ("Slow", "6", "2")
        assert reread(database, side, record).values["name"] == "Quick"
        assert send(user, path, again).status_code == 303
        now = reread(database, side, record).values
        assert (now["name"], now["amount"], now["seats"]) == ("Slow", "6.00", 2)

    def test_errors_keep_what_the_form_started_from(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        record = make(database, side, "deal", name="One", amount="5")
        path = f"/o/deal/{record.id}/edit"
        answer = send(user, path, {**edit_form(user, record), "f-name": "", "f-amount": "x"})
        assert answer.status_code == 422
        again = form_on(answer.get_data(as_text=True), path)
        assert json.loads(again["was"])["name"] == "One"
        assert send(user, path, {**again, "f-name": "Two", "f-amount": "7"}).status_code == 303
        assert reread(database, side, record).values["amount"] == "7.00"

    @pytest.mark.parametrize(
        "change",
        [
            {"version": ""}, {"version": "x"}, {"version": "9" * 30}, {"was": ""}, {"was": "[]"},
            {"was": '{"name": 5}'}, {"was": '{"name": [1]}'}, {"was": "{"},
        ],
    )  # fmt: skip
    def test_a_forged_form_is_malformed(
        self, user: TenantClient, database: Database, side: Side, change: dict[str, str]
    ) -> None:
        record = make(database, side, "deal", name="One")
        fields = {**edit_form(user, record), "f-name": "Two"}
        assert send(user, f"/o/deal/{record.id}/edit", fields, **change).status_code == 400
        assert reread(database, side, record).values["name"] == "One"

    def test_who_may_not_change_gets_no_form(
        self, user: TenantClient, other: TenantClient, database: Database, side: Side
    ) -> None:
        company = make(database, side, "company", name="Hooli")
        deal = make(database, side, "deal", name="One")
        fetch(other, f"/o/company/{company.id}/edit", 403)
        fetch(other, f"/o/deal/{deal.id}/edit", 404)
        fields = edit_form(user, company)
        token = new_form(other)["csrf_token"]
        forged = send(other, f"/o/company/{company.id}/edit", {**fields, "csrf_token": token})
        assert forged.status_code == 403

    def test_the_owner_may_hand_a_record_over(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        deal = make(database, side, "deal", name="One")
        fields = {**edit_form(user, deal), "f-owner": str(side.other.id)}
        answer = send(user, f"/o/deal/{deal.id}/edit", fields)
        assert answer.status_code == 303
        assert reread(database, side, deal).owner_id == side.other.id

    def test_who_only_may_change_it_is_not_asked_for_the_owner(
        self, user: TenantClient, other: TenantClient, database: Database, side: Side
    ) -> None:
        note = make(database, side, "note", name="One")
        assert "f-owner" in edit_form(user, note)
        fields = edit_form(other, note)
        assert "f-owner" not in fields
        answer = send(other, f"/o/note/{note.id}/edit", fields, **{"f-name": "Two"})
        assert answer.status_code == 303
        assert reread(database, side, note).values["name"] == "Two"


class TestDelete:
    def test_the_question_names_what_goes_too(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        deal = make(database, side, "deal", name="One")
        make(database, side, "part", deal=str(deal.id), name="A part")
        page = fetch(user, f"/o/deal/{deal.id}/delete")
        assert "1 × Parts" in page.replace("明细", "Parts")
        fields = form_on(page, f"/o/deal/{deal.id}/delete")
        assert send(user, f"/o/deal/{deal.id}/delete", fields).status_code == 303
        fetch(user, f"/o/deal/{deal.id}", 404)

    def test_what_points_here_stands_in_the_way(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        company = make(database, side, "company", name="Hooli")
        page = fetch(user, f"/o/company/{company.id}/delete")
        fields = form_on(page, f"/o/company/{company.id}/delete")
        make(database, side, "deal", name="One", company=str(company.id))
        blocked = fetch(user, f"/o/company/{company.id}/delete")
        assert "cannot be deleted" in blocked
        assert "1 × Deal" in text_of(blocked)
        answer = send(user, f"/o/company/{company.id}/delete", fields)
        assert answer.status_code == 409
        assert "cannot be deleted" in answer.get_data(as_text=True)
        fetch(user, f"/o/company/{company.id}")

    def test_a_record_that_changed_is_asked_about_again(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        deal = make(database, side, "deal", name="One")
        page = fetch(user, f"/o/deal/{deal.id}/delete")
        fields = form_on(page, f"/o/deal/{deal.id}/delete")
        with open_scope(database, side.id, side.admin, write=True) as scope:
            records.update(scope, "deal", deal.id, {"name": "Two"})
        assert send(user, f"/o/deal/{deal.id}/delete", fields).status_code == 412
        fetch(user, f"/o/deal/{deal.id}")

    def test_htmx_gets_a_dialog(self, user: TenantClient, database: Database, side: Side) -> None:
        deal = make(database, side, "deal", name="One")
        page = fetch(user, f"/o/deal/{deal.id}/delete", headers={"HX-Request": "true"})
        assert page.strip().startswith("<dialog")

    def test_who_may_not_delete_is_told(
        self, other: TenantClient, database: Database, side: Side
    ) -> None:
        company = make(database, side, "company", name="Hooli")
        fetch(other, f"/o/company/{company.id}/delete", 403)


class TestRecordPage:
    def test_it_shows_everything(self, user: TenantClient, database: Database, side: Side) -> None:
        company = make(database, side, "company", name="Hooli")
        deal = make(
            database, side, "deal", name="One", company=str(company.id), amount="5", urgent=True,
            email="a@example.com", phone="+86 10 6552 9988", site="https://example.com/?a=1&b=2",
        )  # fmt: skip
        make(database, side, "part", deal=str(deal.id), name="First part")
        page = fetch(user, f"/o/deal/{deal.id}")
        for text in ("D-0001", "CN¥5.00", "First part", "System information", "Mar 2, 2026 09:00"):
            assert text in text_of(page)
        for link in (
            f"/o/company/{company.id}", "mailto:a@example.com", "tel:+861065529988",
            "https://example.com/?a=1&amp;b=2",
            f"/o/part/new?deal={deal.id}&amp;next=%2Fo%2Fdeal%2F{deal.id}",
        ):  # fmt: skip
            assert f'href="{link}"' in page

    def test_related_lists_show_some_and_lead_to_all(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        company = make(database, side, "company", name="Hooli")
        for n in range(8):
            make(database, side, "deal", name=f"Deal {n}", company=str(company.id))
        page = fetch(user, f"/o/company/{company.id}")
        assert page.count("bn-name") == 6
        assert "View all" in page

    def test_a_hidden_record_has_no_name(
        self, other: TenantClient, user: TenantClient, database: Database, side: Side
    ) -> None:
        deal = make(database, side, "deal", name="Secret deal")
        part = make(database, side, "part", deal=str(deal.id), name="Part")
        fetch(other, f"/o/part/{part.id}", 404)
        assert "Secret deal" in fetch(user, f"/o/part/{part.id}")

    @pytest.mark.parametrize("record_id", ["0", "-1", "x", "1" * 30, "１", "1.0", str(2**63)])
    def test_an_id_that_is_none_is_not_found(self, user: TenantClient, record_id: str) -> None:
        fetch(user, f"/o/deal/{record_id}", 404)


class TestLookups:
    def _choices(self, client: TenantClient, query: str) -> list[dict[str, str]]:
        found = json.loads(fetch(client, f"/lookup/{query}"))["choices"]
        assert isinstance(found, list)
        return found

    def test_choices_have_a_second_field_and_keep_to_the_filter(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        make(database, side, "company", name="华为技术", city="深圳")
        make(database, side, "company", name="华为关闭", active=False)
        for text in ("华为", "huawei", "hw", ""):
            found = self._choices(user, f"company?for=deal.company&q={text}")
            assert [c["text"] for c in found] == ["华为技术"], text
        assert len(self._choices(user, "company?q=华为")) == 2

    def test_invisible_records_are_not_offered(
        self, user: TenantClient, other: TenantClient, database: Database, side: Side
    ) -> None:
        make(database, side, "deal", name="Secret")
        assert self._choices(other, "deal?q=Secret") == []
        assert [c["text"] for c in self._choices(user, "deal?q=Secret")] == ["Secret"]

    @pytest.mark.parametrize(
        "link", ["deal.name", "deal.nix", "nix.company", "deal", "deal.helper"]
    )
    def test_a_wrong_link_is_not_found(self, user: TenantClient, link: str) -> None:
        fetch(user, f"/lookup/company?for={link}", 404)


def test_home_greets_and_remembers(
    user: TenantClient, database: Database, side: Side, clock: FixedClock
) -> None:
    deal = make(database, side, "deal", name="One")
    page = fetch(user, "/")
    assert "Good morning, User" in page
    assert "Records that you open are listed here" in page
    fetch(user, f"/o/deal/{deal.id}")
    page = fetch(user, "/")
    assert f'href="/o/deal/{deal.id}"' in page
    clock.advance(hours=10)
    assert "Good evening, User" in fetch(user, "/")


def test_two_chinese_characters_are_found(
    user: TenantClient, other: TenantClient, database: Database, side: Side
) -> None:
    deal = make(database, side, "deal", name="深圳华为二期")
    for path in ("/search?q=华为", "/search/suggestions?q=华为"):
        assert f'href="/o/deal/{deal.id}"' in fetch(user, path)
        assert str(deal.id) not in fetch(other, path)
    assert "Nothing found" in fetch(user, "/search?q=阿里")
    for text in ("", "%27", "%25", "%5C", "x" * 500, "%F0%9F%98%80"):
        fetch(user, f"/search?q={text}")
        fetch(user, f"/search/suggestions?q={text}")


def test_the_application_is_switched(user: TenantClient) -> None:
    assert 'href="/o/user"' not in fetch(user, "/")
    assert user.get("/application/general").status_code == 303
    assert 'href="/o/user"' in fetch(user, "/")
    fetch(user, "/application/nothing", 404)


def test_nobody_gets_in_without_signing_in(side: Side, browse: Callable[..., TenantClient]) -> None:
    visitor = browse(side)
    for path in ("/", "/o/deal", "/o/deal/new", "/search", "/lookup/company"):
        assert visitor.get(path).location.startswith("/sign-in")
