"""Lists: what is shown, in which order, page by page; addresses that make no sense."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest

from kernel.db.unit import Database
from runtime import records
from runtime.scope import open_scope
from tests.runtime.workspace.pages import fetch, form_on, make, send, text_of
from tests.runtime.workspace.sample import HOSTILE, publish_sample
from tests.twins import Side, TenantClient, Twin


def names_on(page: str) -> list[str]:
    """The names in the rows of a list, from top to bottom."""
    return re.findall(r'class="[^"]*bn-name[^"]*"><a [^>]*>([^<]*)</a>', page)


def next_link(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else None


def where(**condition: object) -> str:
    return urlencode({"where": json.dumps(condition)})


def test_an_empty_list_offers_to_make_a_record(user: TenantClient) -> None:
    page = fetch(user, "/o/deal")
    assert "Nothing here yet" in page
    assert 'href="/o/deal/new"' in page


def test_a_list_shows_the_columns_of_its_view(
    user: TenantClient, database: Database, side: Side
) -> None:
    company = make(database, side, "company", name="Hooli")
    make(
        database, side, "deal", name="One", company=str(company.id), amount="1234.5",
        close_on="2026-05-31",
    )  # fmt: skip
    page = fetch(user, "/o/deal")
    assert names_on(page) == ["One"]
    assert f'href="/o/company/{company.id}">Hooli</a>' in page
    assert "CN¥1,234.50" in page
    assert "May 31, 2026" in page
    assert "Probability" not in page.split("<table")[1].split("</table>")[0]


def test_a_list_speaks_the_language_of_its_reader(
    user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="One", amount="1234.5", stage="talks", close_on="2026-05-31")
    page = fetch(user, "/o/deal", headers={"Accept-Language": "zh-CN"})
    for text in ("全部商机", "预计成交日期", "洽谈中", "2026年5月31日", "¥1,234.50", "筛选"):
        assert text in page


def test_sorting_by_several_keys_is_stable_over_pages(
    user: TenantClient, database: Database, side: Side
) -> None:
    with open_scope(database, side.id, side.user, write=True) as scope:
        rows = [
            {"name": f"Deal {n:03}", "amount": None if n % 5 == 0 else str(n % 3)}
            for n in range(120)
        ]
        records.create_many(scope, "deal", rows)
    expected = sorted(
        (row for row in rows if row["amount"] is not None),
        key=lambda row: (-int(row["amount"] or 0), row["name"]),
    ) + sorted((row for row in rows if row["amount"] is None), key=lambda row: str(row["name"]))
    seen: list[str] = []
    pages = []
    address: str | None = "/o/deal?sort=-amount,name"
    while address:
        page = fetch(user, address)
        pages.append((address, names_on(page)))
        seen += names_on(page)
        address = next_link(page, "next")
    assert seen == [row["name"] for row in expected]
    assert len(pages) == 3
    back = next_link(fetch(user, pages[2][0]), "prev")
    assert back is not None
    assert names_on(fetch(user, back)) == pages[1][1]
    first = next_link(fetch(user, back), "prev")
    assert first is not None
    assert names_on(fetch(user, first)) == pages[0][1]


def test_heads_of_columns_sort_and_turn_round(
    user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="One")
    page = fetch(user, "/o/deal?sort=amount,name")
    head = page.split("<thead")[1].split("</thead>")[0]
    assert 'aria-sort="ascending"' in head
    assert "sort=-amount&" in head or "sort=-amount%2Cname" in head


def test_the_count_is_capped_and_comes_later(
    user: TenantClient, database: Database, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.workspace.list_page.COUNT_CAP", 3)
    for n in range(3):
        make(database, side, "deal", name=str(n))
    assert fetch(user, "/o/deal/count").strip() == "3 records"
    make(database, side, "deal", name="one more")
    assert fetch(user, "/o/deal/count").strip() == "3+ records"
    zh = {"Accept-Language": "zh-CN"}
    assert fetch(user, "/o/deal/count", headers=zh).strip() == "3+ 条记录"


def test_a_filter_in_the_address_is_applied_and_said(
    user: TenantClient, database: Database, side: Side
) -> None:
    company = make(database, side, "company", name="Hooli")
    make(database, side, "deal", name="In", company=str(company.id))
    make(database, side, "deal", name="Out")
    page = fetch(user, f"/o/deal?{where(field='company', op='=', value=str(company.id))}")
    assert names_on(page) == ["In"]
    assert "Company is Hooli" in page


def test_a_filter_that_finds_nothing_can_be_removed(
    user: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="One")
    page = fetch(user, f"/o/deal?{where(field='name', op='=', value='x')}")
    assert "No record matches" in page


@pytest.mark.parametrize(
    "query",
    [
        "where=%7B",
        "where=[]",
        "where=%22x%22",
        "where=" + quote('{"field":"nix","op":"=","value":1}'),
        "where=" + quote('{"field":"name","op":"explode","value":1}'),
        "where=" + quote('{"field":"amount","op":">","value":"much"}'),
        "where=" + quote('{"all":' * 50 + "[]" + "}" * 50),
        "where=" + quote('{"field":"__proto__","op":"=","value":"1"}'),
        "after=nonsense",
        "after=%00",
        "where=%FF%FE",
        "where=" + quote(json.dumps({"field": "name", "op": "=", "value": "\ud800"})),
    ],
)
@pytest.mark.parametrize("part", ["", "/count", "/filter"])
def test_a_broken_address_is_explained(
    user: TenantClient, database: Database, side: Side, query: str, part: str
) -> None:
    make(database, side, "deal", name="One")
    answer = user.get(f"/o/deal{part}?{query}")
    assert answer.status_code in (200, 400)
    if not part and b"%00" not in query.encode():
        assert answer.status_code == 400
        assert "This list cannot be shown" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "query",
    [
        "view=nothing",
        "columns=",
        "columns=nix,__proto__",
        "sort=nix,-also",
        "sort=tags",
        "columns=company.company.company.company.name",
        "sort1=name&direction1=sideways",
        "trail=~~~~~&after=",
    ],
)
def test_what_is_gone_is_left_out(
    user: TenantClient, database: Database, side: Side, query: str
) -> None:
    make(database, side, "deal", name="One")
    page = fetch(user, f"/o/deal?{query}", 303 if query.startswith("sort1") else 200)
    if not query.startswith("sort1"):
        assert names_on(page) == ["One"]


def test_columns_may_reach_through_lookups(
    user: TenantClient, database: Database, side: Side
) -> None:
    company = make(database, side, "company", name="Hooli", city="Palo Alto")
    make(database, side, "deal", name="One", company=str(company.id))
    page = fetch(user, "/o/deal?columns=company.city,name,owner.email")
    table = page.split("<table")[1].split("</table>")[0]
    assert "Company › City" in table
    assert "Palo Alto" in table
    assert side.email(side.user) in table


def test_a_list_without_the_name_links_its_first_column(
    user: TenantClient, database: Database, side: Side
) -> None:
    record = make(database, side, "deal", name="One", amount="5")
    page = fetch(user, "/o/deal?columns=amount,stage")
    assert f'<a class="bn-text" href="/o/deal/{record.id}">CN¥5.00</a>' in page


def test_everybody_sees_only_what_they_may(
    user: TenantClient, other: TenantClient, admin: TenantClient, database: Database, side: Side
) -> None:
    make(database, side, "deal", name="Secret")
    company = make(database, side, "company", name="Open to all")
    assert names_on(fetch(user, "/o/deal")) == ["Secret"]
    assert names_on(fetch(admin, "/o/deal")) == ["Secret"]
    assert names_on(fetch(other, "/o/deal")) == []
    assert fetch(other, "/o/deal/count").strip() == "0 records"
    assert names_on(fetch(other, "/o/company")) == ["Open to all"]
    page = fetch(other, f"/o/company/{company.id}")
    assert "Secret" not in page
    assert "/edit" not in page
    assert "/delete" not in page


def test_the_twin_sees_nothing(
    side: Side, twin: Twin, browse: Callable[..., TenantClient], database: Database
) -> None:
    publish_sample(database, twin.theirs)
    record = make(database, side, "deal", name="Ours")
    stranger = browse(twin.theirs, twin.theirs.admin)
    assert names_on(fetch(stranger, "/o/deal")) == []
    for path in ("", "/edit", "/delete"):
        fetch(stranger, f"/o/deal/{record.id}{path}", 404)
    for path in ("/search?q=Ours", "/search/suggestions?q=Ours", "/lookup/deal?q=Ours"):
        assert str(record.id) not in fetch(stranger, path)


def test_hostile_texts_are_only_text(user: TenantClient, database: Database, side: Side) -> None:
    record = make(database, side, "deal", name=HOSTILE, notes=HOSTILE, tags=["hostile"])
    own = f"/o/deal/{record.id}"
    everything = "/o/deal?columns=name,notes,tags"
    for path in ("/o/deal", everything, own, f"{own}/edit", f"{own}/delete", "/search?q=script"):
        page = fetch(user, path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_unknown_objects_are_a_404_in_the_frame(user: TenantClient) -> None:
    page = fetch(user, "/o/nothing", 404)
    assert "nothing" in text_of(page)
    assert "bn-side" in page


class TestOwnViews:
    """Views that people keep for themselves."""

    def _save(self, client: TenantClient, name: str = "Big ones") -> str:
        big = where(field="amount", op=">", value="100")
        address = f"/o/deal/views?sort=-amount&columns=name,amount&{big}"
        page = fetch(client, "/o/deal?sort=-amount")
        token = form_on(page, "/o/deal/views")["csrf_token"]
        answer = send(client, address, {"csrf_token": token}, name=name)
        assert answer.status_code == 303
        return str(answer.location)

    def test_a_view_is_kept_and_found_again(
        self, user: TenantClient, other: TenantClient, database: Database, side: Side
    ) -> None:
        make(database, side, "deal", name="Big", amount="200")
        make(database, side, "deal", name="Small", amount="50")
        location = self._save(user)
        page = fetch(user, location)
        assert names_on(page) == ["Big"]
        assert "Big ones" in page
        assert "Big ones" not in fetch(other, "/o/deal")
        other_page = fetch(other, location)
        assert "Big ones" not in other_page

    def test_a_view_is_renamed_and_deleted(self, user: TenantClient) -> None:
        location = self._save(user)
        number = location.rpartition("my-")[2]
        page = fetch(user, location)
        fields = form_on(page, f"/o/deal/views/{number}")
        send(user, f"/o/deal/views/{number}", fields, name="改名 <b>", action="rename")
        page = fetch(user, location)
        assert "改名 &lt;b&gt;" in page
        send(user, f"/o/deal/views/{number}", fields, action="delete")
        assert "改名" not in fetch(user, "/o/deal")

    def test_what_is_shown_replaces_the_view(
        self, user: TenantClient, database: Database, side: Side
    ) -> None:
        make(database, side, "deal", name="Small", amount="50")
        location = self._save(user)
        number = location.rpartition("my-")[2]
        token = form_on(fetch(user, location), f"/o/deal/views/{number}")["csrf_token"]
        address = f"/o/deal/views/{number}?view=my-{number}&where="
        send(user, address, {"csrf_token": token}, action="replace")
        assert names_on(fetch(user, location)) == ["Small"]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 81, "\u200b"])
    def test_a_bad_name_is_refused(self, user: TenantClient, name: str) -> None:
        token = form_on(fetch(user, "/o/deal?sort=name"), "/o/deal/views")["csrf_token"]
        answer = send(user, "/o/deal/views?sort=name", {"csrf_token": token}, name=name)
        assert answer.status_code == 422

    def test_nobody_changes_the_views_of_others(
        self, user: TenantClient, other: TenantClient
    ) -> None:
        location = self._save(user)
        number = location.rpartition("my-")[2]
        token = form_on(fetch(other, "/o/deal?sort=name"), "/o/deal/views")["csrf_token"]
        for action in ("rename", "delete", "replace"):
            answer = send(
                other, f"/o/deal/views/{number}", {"csrf_token": token}, name="x", action=action
            )
            assert answer.status_code == 404
        assert "Big ones" in fetch(user, location)


class TestFilterPanel:
    """The builder, step by step."""

    def test_it_starts_with_the_filter_of_the_list(self, user: TenantClient) -> None:
        page = fetch(user, f"/o/deal/filter?{where(field='amount', op='>', value='5.00')}")
        fields = form_on(page, "/o/deal/filter")
        assert fields["f-0.field"] == "amount"
        assert fields["f-0.op"] == ">"
        assert fields["f-0.value"] == "5.00"
        assert "Amount is greater than CN¥5.00" in page

    def test_steps_lead_to_a_list(self, user: TenantClient) -> None:
        fields = form_on(fetch(user, "/o/deal/filter"), "/o/deal/filter")
        answer = send(user, "/o/deal/filter", fields, action="add-group:f")
        fields = form_on(answer.get_data(as_text=True), "/o/deal/filter")
        fields["f-0.value"] = "华为"
        fields["f-0.op"] = "contains"
        fields["f-1-0.field"] = "stage"
        answer = send(user, "/o/deal/filter", fields)
        fields = form_on(answer.get_data(as_text=True), "/o/deal/filter")
        answer = send(user, "/o/deal/filter", fields, **{"f-1-0.value": "won", "action": "apply"})
        assert answer.status_code == 303
        page = fetch(user, answer.location)
        assert "Deal name contains “华为” and Stage is Won" in text_of(page)

    def test_what_is_missing_is_said_only_when_applied(self, user: TenantClient) -> None:
        fields = form_on(fetch(user, "/o/deal/filter"), "/o/deal/filter")
        step = send(user, "/o/deal/filter", fields, action="add-rule:f").get_data(as_text=True)
        assert "A value is missing." not in step
        answer = send(user, "/o/deal/filter", fields, action="apply")
        assert "A value is missing." in answer.get_data(as_text=True)

    def test_a_filter_that_no_address_can_carry_is_refused(self, user: TenantClient) -> None:
        fields = form_on(fetch(user, "/o/deal/filter"), "/o/deal/filter")
        many = "\n".join("华为" * 50 for _ in range(20))
        answer = send(
            user, "/o/deal/filter", fields,
            **{"f-0.op": "in", "f-0.value": many, "action": "apply"},
        )  # fmt: skip
        assert "This filter is too long" in answer.get_data(as_text=True)

    def test_the_filter_is_cleared(self, user: TenantClient) -> None:
        fields = form_on(fetch(user, "/o/deal/filter"), "/o/deal/filter")
        answer = send(user, "/o/deal/filter", fields, action="clear")
        assert answer.status_code == 303
        assert answer.location.endswith("where=")
