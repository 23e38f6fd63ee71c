"""Reports: table, subtotals, chart and drilled lists say the same."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from kernel.db.unit import Database
from kernel.ids import new_ulid
from metadata import store
from metadata.condition import parse
from runtime import records
from runtime.query import count
from runtime.reports.chart import chart_data
from runtime.reports.drill import period_end
from runtime.reports.pages import definition_of
from runtime.reports.table import make_table
from runtime.scope import open_scope
from tests.twins import Side, TenantClient, Twin


def label(text: str) -> dict[str, str]:
    return {"en": text, "zh_CN": text + "中"}


def definitions() -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = [
        {"kind": "object", "api": "deal", "name_field": "name", "access": {"default": "private"}},
        {"kind": "field", "api": "deal.name", "type": "text", "required": True},
        {"kind": "field", "api": "deal.amount", "type": "currency"},
        {"kind": "field", "api": "deal.closed_on", "type": "date"},
        {"kind": "field", "api": "deal.hot", "type": "checkbox"},
        {
            "kind": "field",
            "api": "deal.stage",
            "type": "picklist",
            "values": [{"code": c, "label": label(c)} for c in ("open", "won", "lost")],
        },
        {
            "kind": "report",
            "api": "by_month",
            "object": "deal",
            "where": {"field": "stage", "op": "!=", "value": "lost"},
            "group_by": [{"field": "closed_on", "by": "month"}, {"field": "stage"}],
            "measures": [{"fn": "sum", "field": "amount"}, {"fn": "count"}],
            "chart": "bar",
        },
    ]
    return [{"id": new_ulid(), "label": label(d["api"]), **d} for d in documents]


@pytest.fixture
def deals(app: Flask, database: Database, twin: Twin) -> Side:
    """Our tenant with deals of two people over some months."""
    side = twin.ours
    with app.app_context(), database.scope(side.id, side.admin) as scope:
        store.install_documents(scope, definitions(), "test")
    for actor in (side.user, side.other):
        with open_scope(database, side.id, actor, write=True) as scope:
            rows = [
                {
                    "name": f"deal {n}",
                    "amount": f"{n}.10" if n % 5 else None,
                    "closed_on": f"2026-{n % 6 + 1:02}-{n % 28 + 1:02}" if n % 3 else None,
                    "stage": (None, "open", "won", "lost")[n % 4 if n % 7 else 0],
                    "hot": n % 2 == 0,
                }
                for n in range(60)
            ]
            assert all(r.problem is None for r in records.create_many(scope, "deal", rows))
    return side


def test_each_figure_counts_the_records_it_links_to(database: Database, deals: Side) -> None:
    for actor in (deals.admin, deals.user):
        with open_scope(database, deals.id, actor) as scope:
            definition = definition_of(scope, scope.schema.reports["by_month"])
            table = make_table(scope, definition)
            assert table.lines[-1].level == 0
            for line in table.lines:
                where = parse_qs(urlsplit(line.figures[1].url).query)["where"][0]
                condition = parse(json.loads(where), definition.object, scope.schema)
                assert count(scope, definition.object, condition) == line.figures[1].value


def test_subtotals_and_total_are_those_of_their_records(database: Database, deals: Side) -> None:
    with open_scope(database, deals.id, deals.user) as scope:
        table = make_table(scope, definition_of(scope, scope.schema.reports["by_month"]))

    def total(level: int) -> Decimal:
        values = (line.figures[0].value for line in table.lines if line.level == level)
        return sum((Decimal(value) for value in values if value is not None), Decimal(0))

    assert total(2) == total(1) == total(0) > 0


def test_chart_shows_what_the_table_says(database: Database, deals: Side) -> None:
    with open_scope(database, deals.id, deals.admin) as scope:
        definition = definition_of(scope, scope.schema.reports["by_month"])
        table = make_table(scope, definition)
        chart = chart_data(definition, table)
    assert chart is not None
    drawn = sum(v for series in chart["series"] for v in series["values"] if v is not None)
    numbers = (line.figures[0].number for line in table.plain())
    assert drawn == pytest.approx(sum(n for n in numbers if n is not None))


def test_pages_in_both_languages(browse: Callable[..., TenantClient], deals: Side) -> None:
    client = browse(deals, deals.user)
    for language, empty in (("en", "(empty)"), ("zh-CN", "（空）")):
        page = client.get("/reports/by_month", headers={"Accept-Language": language})
        assert page.status_code == 200
        assert empty in page.text
        assert client.get("/reports", headers={"Accept-Language": language}).status_code == 200
    built = client.get(
        "/o/deal/report?group1=owner.name&group2=hot&measure1=avg:amount&measure2=max:closed_on"
    )
    assert built.status_code == 200
    assert "data-chart" in built.text


@pytest.mark.parametrize(
    "query",
    [
        "where={broken",
        'where={"field":"nope","op":"=","value":1}',
        "group1=nope",
        "group1=amount",
        "measure1=sum:name",
        "measure1=evil:amount",
        "group1=closed_on&by1=century",
    ],
)
def test_a_senseless_report_is_explained(
    browse: Callable[..., TenantClient], deals: Side, query: str
) -> None:
    page = browse(deals, deals.user).get(f"/o/deal/report?{query}")
    assert page.status_code == 422
    assert "cannot be made as asked" in page.text


def test_links_of_the_page_lead_to_lists(browse: Callable[..., TenantClient], deals: Side) -> None:
    client = browse(deals, deals.user)
    page = client.get("/reports/by_month").text
    links = [html.unescape(link) for link in re.findall(r'href="(/o/deal\?[^"]*)"', page)]
    assert links
    for link in links[:5]:
        assert client.get(link).status_code == 200


def test_csv_cannot_become_formulas(
    browse: Callable[..., TenantClient], database: Database, deals: Side
) -> None:
    with open_scope(database, deals.id, deals.user, write=True) as scope:
        records.create(scope, "deal", {"name": "=1+1"})
    answer = browse(deals, deals.user).get("/o/deal/report?group1=name&format=csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert ["'=1+1", "1"] in rows


def test_periods_end_where_the_next_begins() -> None:
    assert period_end(date(2026, 2, 1), "month") == date(2026, 2, 28)
    assert period_end(date(2024, 2, 1), "month") == date(2024, 2, 29)
    assert period_end(date(2026, 10, 1), "quarter") == date(2026, 12, 31)
    assert period_end(date(2026, 12, 28), "week") == date(2027, 1, 3)
    assert period_end(date(9999, 12, 1), "month") == date(9999, 12, 31)
