"""The real sales data loads through the ordinary importer, and the report's figures are right."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kernel import files
from kernel.jobs import start_job
from kernel.web.app import create_base_app
from kernel.web.services import Services
from metadata import drafts, store
from metadata.condition import parse
from metadata.paths import resolve_path
from metadata.schema import Grouping, Measure
from runtime.query import Aggregate, aggregate
from runtime.transfer import imports
from runtime.transfer.plan import ColumnPlan
from seeds import installer, package
from tenants.doorkeeper import TenantDoorkeeper
from tests.runtime.transfer.conftest import Shop
from tests.twins import Twin

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("BANYAN_DATA") or ROOT.parent / "shared" / "data")
FOLDER = DATA / "sales-opportunities"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the real sales data is not there ({FOLDER})"
)


@pytest.fixture
def sales(services: Services, twin: Twin) -> Any:
    """A tenant with the three templates."""
    app = create_base_app(services, TenantDoorkeeper(services))
    with app.app_context():
        shop = Shop(app, twin.ours)
        for name in ("crm-core", "products-pricing", "sales"):
            with shop.scope(write=False) as scope:
                installer.install(scope, package.load(ROOT / "seeds" / "templates" / name))
        yield shop


def read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


PEOPLE = (
    ColumnPlan("sales_agent", "name"),
    ColumnPlan("manager", "manager", ("name",), create_missing=True),
    ColumnPlan("regional_office", "office"),
)
ACCOUNTS = (
    ColumnPlan("account", "name"),
    ColumnPlan("sector", "industry", values={"technolgy": "technology"}),
    ColumnPlan("year_established", "founded_year"),
    ColumnPlan("revenue", "annual_revenue"),
    ColumnPlan("employees", "employees"),
    ColumnPlan("office_location", "country", values={"Philipines": "Philippines"}),
    ColumnPlan("subsidiary_of", "parent", ("name",)),
)
PRODUCTS = (
    ColumnPlan("product", "name"),
    ColumnPlan("series", "series"),
    ColumnPlan("sales_price", "list_price"),
)
OPPORTUNITIES = (
    ColumnPlan("opportunity_id", "external_id"),
    ColumnPlan("opportunity_id", "name"),
    ColumnPlan("sales_agent", "owner", ("name",)),
    ColumnPlan("product", "product", ("name",), values={"GTXPro": "GTX Pro"}),
    ColumnPlan("account", "account", ("name",)),
    ColumnPlan("deal_stage", "stage"),
    ColumnPlan("engage_date", "engage_date"),
    ColumnPlan("close_date", "close_date"),
    ColumnPlan("close_value", "amount"),
)
WON = [
    ("Melvin Marxen", Decimal(2_251_930)),
    ("Summer Sewald", Decimal(1_964_750)),
    ("Rocco Neubert", Decimal(1_960_545)),
    ("Celia Rouche", Decimal(1_603_897)),
    ("Cara Losch", Decimal(1_130_049)),
    ("Dustin Brinkmann", Decimal(1_094_363)),
]


def test_the_real_data(sales: Shop) -> None:
    import_id, job = sales.run("user", read("sales_teams.csv"), columns=PEOPLE)
    assert (job.state, job.succeeded, job.failed) == ("done", 35, 0), job.message
    assert sales.summary(import_id)["run"]["made"] == {"user": 6}

    _id, job = sales.run("account", read("accounts.csv"), columns=ACCOUNTS)
    assert (job.succeeded, job.failed) == (85, 0), sales.results(job)
    parents = [parent for _name, parent in sales.rows("account", "name", "parent") if parent]
    assert len(parents) == 15

    _id, job = sales.run("product", read("products.csv"), columns=PRODUCTS)
    assert (job.succeeded, job.failed) == (7, 0), sales.results(job)

    pipeline = read("sales_pipeline.csv")
    pipeline_import = sales.set_up(
        "opportunity", pipeline, columns=OPPORTUNITIES, mode="upsert", match="external_id"
    )
    check = sales.start(imports.start_check, pipeline_import)
    assert (check.succeeded, check.failed) == (7_375, 1_425)
    assert sales.rows("opportunity", "name") == []
    job = sales.start(imports.start_run, pipeline_import)
    assert (job.succeeded, job.failed) == (7_375, 1_425)
    refused = [row for row in sales.results(job) if row["_result"] == "failed"]
    assert {row["_error"] for row in refused} == {"Account: This field is required."}
    assert all(not row["account"] for row in refused)

    make_account_optional(sales)
    _id, job = sales.run(
        "opportunity", pipeline, columns=OPPORTUNITIES, mode="upsert", match="external_id"
    )
    results = [row["_result"] for row in sales.results(job)]
    assert (job.succeeded, job.failed) == (8_800, 0)
    assert (results.count("created"), results.count("unchanged")) == (1_425, 7_375)

    rows = won_by_manager(sales)
    assert sorted(rows, key=lambda row: -row[1]) == [
        (n, v, c)
        for (n, v), (_n, _v, c) in zip(WON, sorted(rows, key=lambda row: -row[1]), strict=True)
    ]
    assert sum(row[1] for row in rows) == 10_005_534
    assert sum(row[2] for row in rows) == 4_238
    check_records(sales)
    check_export(sales)
    undo = sales.start(imports.start_undo, pipeline_import)
    assert (undo.succeeded, undo.failed) == (7_375, 0)
    assert len(sales.rows("opportunity", "id")) == 1_425


def make_account_optional(sales: Shop) -> None:
    """What an administrator does online."""
    with sales.scope(write=False) as scope:
        body = dict(drafts.get_document(scope, "field", "opportunity.account"))
        body["required"] = False
        drafts.put_document(scope, "field", "opportunity.account", body)
        store.publish(scope, "Opportunities need no account")


def won_by_manager(sales: Shop) -> list[tuple[str, Decimal, int]]:
    """The report: manager, sum of amounts, count."""
    with sales.scope(write=False) as scope:
        object_ = scope.schema.objects["opportunity"]
        where = parse({"field": "stage", "op": "=", "value": "won"}, object_, scope.schema)
        manager = resolve_path("owner.manager", object_, scope.schema)
        amount = resolve_path("amount", object_, scope.schema)
        question = Aggregate(
            object_, where, (Grouping(manager),), (Measure("sum", amount), Measure("count"))
        )
        return [
            (row.groups[0]["name"], Decimal(row.measures[0]), row.measures[1])
            for row in aggregate(scope, question)
        ]


def check_records(sales: Shop) -> None:
    """Record for record, what is stored is what the file says."""
    names = ("external_id", "owner", "product", "account", "stage", "engage_date", "close_date")
    stored = {row[0]: row[1:] for row in sales.rows("opportunity", *names, "amount")}
    with (FOLDER / "sales_pipeline.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            product = row["product"].replace("GTXPro", "GTX Pro")
            value = f"{row['close_value']}.00" if row["close_value"] else None
            assert stored.pop(row["opportunity_id"]) == (
                row["sales_agent"],
                product,
                row["account"] or None,
                row["deal_stage"].lower(),
                row["engage_date"] or None,
                row["close_date"] or None,
                value,
            )
    assert stored == {}


def check_export(sales: Shop) -> None:
    """An export of the list, imported again, changes nothing."""
    names = ["external_id", "name", "owner", "product", "account", "stage"]
    names += ["engage_date", "close_date", "amount"]
    with sales.scope() as scope:
        params = {"object": "opportunity", "columns": names, "kind": "csv", "style": "labels"}
        job_id = start_job(scope, "export", params, "Opportunities").id
    job = sales.work(job_id)
    assert (job.state, job.total) == ("done", 8_800)
    with sales.scope() as scope, files.open_file(scope, job.results_file_id or 0) as file:
        content = file.read()
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    columns = tuple(
        ColumnPlan(head, name, ("name",) if name in ("owner", "product", "account") else ())
        for head, name in zip(header, names, strict=True)
    )
    _id, job = sales.run(
        "opportunity", content, columns=columns, mode="upsert", match="external_id"
    )
    assert {row["_result"] for row in sales.results(job)} == {"unchanged"}
