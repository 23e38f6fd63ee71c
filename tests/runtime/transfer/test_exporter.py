"""What is exported can be imported again and is then the same."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from kernel import files
from kernel.errors import Invalid, NotFound
from kernel.jobs import start_job
from runtime.records import create_many
from runtime.transfer import exporter, imports
from runtime.transfer.exporter import ExportPlan, write_export
from runtime.transfer.plan import ColumnPlan, plan_from_json
from tests.runtime.transfer.conftest import Shop

COLUMNS = ["title", "company", "amount", "share", "met_at", "hot", "number", "company.sector"]
HOSTILE = ("=1+1", "+86 10", "-x", "@SUM(A1)", "'=x", '"quoted"', "a,b;c", "😀", "plain")


def fill(shop: Shop) -> None:
    """Companies and deals with awkward titles."""
    with shop.scope() as scope:
        companies = create_many(
            scope, "company", [{"name": "=Evil", "sector": "tech"}, {"name": "华为"}]
        )
        rows: list[dict[str, Any]] = [
            {
                "title": title,
                "company": str(companies[n % 2].id),
                "amount": f"-{n}.50" if n % 2 else "12345678901234567.89",
                "share": "12.5" if n % 3 else None,
                "met_at": "2026-03-29T01:30:00.250000Z" if n % 2 else "1850-01-01T00:00:00Z",
                "hot": bool(n % 2),
                "note": f"line {n}\n=second, 第二行",
            }
            for n, title in enumerate(HOSTILE)
        ]
        assert all(result.id for result in create_many(scope, "deal", rows))


def export(shop: Shop, **given: Any) -> bytes:
    """The bytes of an export."""
    out = io.BytesIO()
    with shop.scope(given.pop("actor", None), write=False) as scope:
        plan = ExportPlan.from_json(scope, {"object": "deal", "columns": COLUMNS, **given})
        write_export(scope, plan, out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("style", ["labels", "names"])
def test_an_export_comes_back_as_the_same_rows(shop: Shop, kind: str, style: str) -> None:
    fill(shop)
    names = ("title", "company", "amount", "share", "met_at", "hot", "note")
    before = shop.rows("deal", *names)
    content = export(shop, kind=kind, style=style, columns=list(names))
    with shop.scope() as scope:
        file = files.store(scope, io.BytesIO(content), f"x.{kind}", "", "import")
        found = imports.create_import(scope, "deal", file)
        header, rows = imports.sample(scope, file.id, plan_from_json(found.plan).format)
    assert len(rows) == len(HOSTILE)
    by = "id" if style == "names" else "name"
    columns = tuple(
        ColumnPlan(head, name, (by,) if name == "company" else ())
        for head, name in zip(header, names, strict=True)
    )
    ids = shop.rows("deal", "id")
    _id, job = shop.run("deal", content, columns=columns)
    assert (job.succeeded, job.failed) == (len(HOSTILE), 0), shop.results(job)
    assert len(shop.rows("deal", "id")) == 2 * len(ids)
    assert shop.rows("deal", *names) == sorted([*before, *before], key=str)


def test_an_export_updates_by_id_without_changing_anything(shop: Shop) -> None:
    fill(shop)
    content = export(shop, columns=["id", "title", "amount", "share", "met_at", "hot"])
    header = content.decode("utf-8-sig").splitlines()[0].split(",")
    columns = tuple(
        ColumnPlan(head, name)
        for head, name in zip(
            header, ["id", "title", "amount", "share", "met_at", "hot"], strict=True
        )
    )
    _id, job = shop.run("deal", content, columns=columns, mode="update", match="id")
    assert {row["_result"] for row in shop.results(job)} == {"unchanged"}, shop.results(job)


def test_formulas_are_neutralised(shop: Shop) -> None:
    fill(shop)
    text = export(shop, kind="csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    titles = {row[0] for row in rows[1:]}
    assert {"'=1+1", "'+86 10", "'-x", "'@SUM(A1)", "''=x"} <= titles
    assert "'=Evil" in {row[1] for row in rows}
    assert {row[2] for row in rows[1:]} >= {"-1.50"}  # numbers stay numbers
    assert text.startswith("Title,Company,Amount,Share,Met_at,Hot,Number,Company / Sector")
    sheet = load_workbook(io.BytesIO(export(shop, kind="xlsx"))).active
    assert sheet is not None
    values = list(sheet.values)
    assert {row[0] for row in values[1:]} == titles
    assert not any(cell.data_type == "f" for line in sheet.iter_rows() for cell in line)
    assert {type(row[2]) for row in values[1:]} == {float, str}  # 19 digits do not fit a float


def test_filter_order_and_rights(shop: Shop) -> None:
    fill(shop)
    where = {"field": "title", "op": "=", "value": "plain"}
    lines = export(shop, where=where, columns=["title"], bom=False).decode().splitlines()
    assert lines == ["Title", "plain"]
    assert export(shop, columns=["title"], actor=shop.user, bom=False) == b"Title\r\n"
    lines = export(shop, columns=["number"], sort=["-number"], bom=False).decode().splitlines()
    assert lines[1:] == sorted(lines[1:], reverse=True)
    assert len(lines) == len(HOSTILE) + 1
    pages = export(shop, columns=["number"], style="names", bom=False)
    assert pages.decode().splitlines()[0] == "number"


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "exe"},
        {"style": "x"},
        {"columns": []},
        {"columns": ["nothing"]},
        {"sort": ["nothing"]},
        {"where": {"field": "nothing", "op": "=", "value": 1}},
    ],
)
def test_bad_questions_are_refused(shop: Shop, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        export(shop, **given)


def test_an_unknown_object_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        export(shop, object="nothing")


def test_a_big_list_is_exported_by_a_job(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "_PAGE", 4)
    fill(shop)
    with shop.scope() as scope:
        params = {"object": "deal", "columns": ["title"], "kind": "csv"}
        job_id = start_job(scope, "export", params, "Deals").id
    job = shop.work(job_id)
    assert (job.state, job.succeeded, job.total) == ("done", len(HOSTILE), len(HOSTILE))
    with shop.scope() as scope:
        file = files.get_file(scope, job.results_file_id or 0)
        assert file.name == "Deals 2026-03-02.csv"
    assert len(shop.results(job)) == len(HOSTILE)
