"""Imports from end to end: what is written, what is refused, and why."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from kernel.clock import FixedClock
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.jobs import request_cancel
from runtime.records import Change, update_many
from runtime.transfer import importer, imports
from runtime.transfer.models import DataImport
from runtime.transfer.plan import ColumnPlan
from tests.runtime.transfer.conftest import Shop

COMPANIES = """name,code,sector,staff,founded
Acme,A1,Technology,"1,200",1999-05-01
华为技术,H1,科技,200000,1987年9月15日
Shop,S1,retail,12,2001/2/3
"""


def test_rows_become_records(shop: Shop) -> None:
    _id, job = shop.run("company", COMPANIES)
    assert (job.state, job.total, job.succeeded, job.failed) == ("done", 3, 3, 0), job.message
    assert shop.rows("company", "name", "code", "sector", "staff", "founded") == [
        ("Acme", "A1", "tech", 1200, "1999-05-01"),
        ("Shop", "S1", "retail", 12, "2001-02-03"),
        ("华为技术", "H1", "tech", 200000, "1987-09-15"),
    ]
    assert [row["_result"] for row in shop.results(job)] == ["created"] * 3


def test_the_same_from_gb18030_and_from_a_workbook(shop: Shop) -> None:
    _id, job = shop.run("company", COMPANIES.encode("gb18030"))
    assert job.succeeded == 3
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Staff", "Founded", "Code"])
    sheet.append(["Sheet", 1200.0, date(1999, 5, 1), 17])
    out = io.BytesIO()
    book.save(out)
    _id, job = shop.run("company", out.getvalue())
    assert job.succeeded == 1
    assert ("Sheet", 1200, "1999-05-01", "17") in shop.rows(
        "company", "name", "staff", "founded", "code"
    )


def test_each_bad_row_is_reported_and_the_good_ones_are_written(shop: Shop) -> None:
    shop.run("company", "name,code\nOld,DUP\n")
    content = (
        "name,code,sector,staff,founded\n"
        "Good,G1,tech,1,2001-01-01\n"
        ",G2,nonsense,many,2001-02-30\n"
        "Taken,DUP,,,\n"
        "Wide,G3,,,,extra\n"
        "=Formula,G4,,,\n"
    )
    import_id, job = shop.run("company", content)
    assert (job.state, job.succeeded, job.failed) == ("done", 2, 3)
    results = shop.results(job)
    assert [row["_result"] for row in results] == [
        "created",
        "failed",
        "failed",
        "failed",
        "created",
    ]
    assert "Sector: nonsense is not one of the choices." in results[1]["_error"]
    assert "Staff: many is not a number." in results[1]["_error"]
    assert "Founded: 2001-02-30 is not in the calendar." in results[1]["_error"]
    assert results[2]["_error"] == "Code: Another record already has this value."
    assert "more cells than the header" in results[3]["_error"]
    assert results[4]["name"] == "'=Formula"
    run = shop.summary(import_id)["run"]
    assert run["counts"] == {"created": 2, "failed": 3}
    assert run["errors"][0]["rows"] == [3]


@pytest.mark.parametrize("chunk", [1, 500])
def test_a_check_finds_the_same_and_writes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(importer, "CHUNK", chunk)
    content = "name,code,staff,parent\nA,1,1,\nB,1,x,\n,2,,\nC,3,,A\nD,4,,Nobody\nE,5,,B\n"
    import_id = shop.set_up("company", content)
    job = shop.start(imports.start_check, import_id)
    assert (job.state, job.succeeded, job.failed) == ("done", 2, 4)
    errors = [row["_error"] for row in shop.results(job)]
    assert errors[0] == ""
    assert errors[1].startswith("Staff: x is not a number. Code: ")
    if chunk == 1:  # the row before is undone by then, and only the file tells
        assert errors[1].endswith("Row 2 of the file has the same value.")
    assert errors[2] == "Name: This field is required."
    assert errors[3] == ""
    assert errors[4] == "Parent: There is no Company whose Name is “Nobody”."
    assert errors[5] == "Parent: Row 3, to which it refers, is not imported."
    assert shop.rows("company", "name") == []
    assert shop.summary(import_id)["check"]["counts"] == {"created": 2, "failed": 4}
    job = shop.start(imports.start_run, import_id)
    assert (job.succeeded, job.failed) == (2, 4)


def test_parents_are_found_wherever_they_stand(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "CHUNK", 2)
    content = (
        "name,parent\nLeaf,Middle\nMiddle,Root\nRoot,\nOther leaf,MIDDLE\n"
        "Ring 1,Ring 2\nRing 2,Ring 1\nHanging,Ring 1\nSelf,Self\n"
    )
    _id, job = shop.run("company", content)
    assert (job.succeeded, job.failed) == (4, 4)
    assert shop.rows("company", "name", "parent") == [
        ("Leaf", "Middle"),
        ("Middle", "Root"),
        ("Other leaf", "Middle"),
        ("Root", None),
    ]
    errors = [row["_error"] for row in shop.results(job)][4:]
    assert all("circle" in error for error in errors)
    _id, job = shop.run("company", "name,parent\nNew,Root\nRoot 2,Leaf\n")
    assert job.succeeded == 2


def test_ambiguous_and_missing_lookups(shop: Shop) -> None:
    shop.run("company", "name,code\nTwice,1\nTWICE,2\nOnce,3\n")
    content = "title,company\nA,Twice\nB,once\nC,None\nD,\nE,GTXPro\n"
    columns = (
        ColumnPlan("title", "title"),
        ColumnPlan("company", "company", ("name",), values={"GTXPro": "Once"}),
    )
    _id, job = shop.run("deal", content, columns=columns)
    assert [row["_error"] for row in shop.results(job)] == [
        "Company: There are several records of Company whose Name is “Twice”.",
        "",
        "Company: There is no Company whose Name is “None”.",
        "Company: This field is required.",
        "",
    ]
    columns = (ColumnPlan("title", "title"), ColumnPlan("company", "company", ("code",)))
    _id, job = shop.run("deal", "title,company\nF,2\n", columns=columns)
    assert job.succeeded == 1


def test_missing_records_of_the_other_object_can_be_created(shop: Shop) -> None:
    columns = (
        ColumnPlan("title", "title"),
        ColumnPlan("company", "company", ("name",), create_missing=True),
    )
    content = "title,company\nA,New\nB,new\nC,Newer\nD,\n"
    import_id = shop.set_up("deal", content, columns=columns)
    check = shop.start(imports.start_check, import_id)
    assert (check.succeeded, shop.rows("company", "name")) == (3, [])
    assert shop.summary(import_id)["check"]["made"] == {"company": 2}
    job = shop.start(imports.start_run, import_id)
    assert job.succeeded == 3
    assert shop.rows("deal", "title", "company") == [("A", "New"), ("B", "New"), ("C", "Newer")]
    undo = shop.start(imports.start_undo, import_id)
    assert (undo.succeeded, undo.failed) == (5, 0)
    assert shop.rows("company", "name") == []


def test_update_and_upsert(shop: Shop) -> None:
    shop.run("company", COMPANIES)
    content = (
        "code,name,staff\nA1,Acme Inc,\nH1,华为技术,200000\nX1,New,5\n,No code,1\nx1,Again,1\n"
    )
    _id, job = shop.run("company", content, mode="upsert", match="code")
    assert [row["_result"] for row in shop.results(job)] == [
        "updated",
        "unchanged",
        "created",
        "failed",
        "failed",
    ]
    errors = [row["_error"] for row in shop.results(job)]
    assert errors[3:] == [
        "Code: The value by which the record is found is missing.",
        "Code: Row 4 of the file has the same value.",
    ]
    assert ("Acme Inc", 1200) in shop.rows("company", "name", "staff")
    _id, job = shop.run(
        "company", "code,staff\nA1,\nZZ,3\n", mode="update", match="code", clear_blanks=True
    )
    assert [row["_error"] for row in shop.results(job)] == ["", "Code: There is no such record."]
    assert ("Acme Inc", None) in shop.rows("company", "name", "staff")


def test_records_are_matched_by_id(shop: Shop) -> None:
    shop.run("company", COMPANIES)
    (record_id,) = [i for i, code in shop.rows("company", "id", "code") if code == "S1"]
    columns = {"id": "id", "name": "name"}
    _id, job = shop.run(
        "company",
        f"id,name\n{record_id},Renamed\n12,Nobody\nx,Bad\n",
        columns=columns,
        mode="update",
        match="id",
    )
    assert [row["_result"] for row in shop.results(job)] == ["updated", "failed", "failed"]
    assert ("Renamed", "S1") in shop.rows("company", "name", "code")


def test_formats_constants_and_defaults(shop: Shop) -> None:
    shop.run("company", "name\nAcme\n")
    columns = (
        ColumnPlan("t", "title"),
        ColumnPlan("a", "amount", default="7,5"),
        ColumnPlan("s", "share"),
        ColumnPlan("m", "met_at"),
        ColumnPlan(None, "company", ("name",), default="Acme"),
        ColumnPlan(None, "hot", default="yes"),
    )
    content = "t;a;s;m\nA;1.234,50;12,5%;03/04/2026 08:30\nB;;;\n"
    _id, job = shop.run("deal", content, columns=columns, decimal=",", dates="dmy")
    assert job.succeeded == 2, shop.results(job)
    assert shop.rows("deal", "title", "amount", "share", "met_at", "hot", "company", "number") == [
        ("A", "1234.50", "12.5", "2026-04-03T08:30:00Z", True, "Acme", "D-0001"),
        ("B", "7.50", None, None, True, "Acme", "D-0002"),
    ]


@pytest.mark.parametrize(
    ("columns", "choices", "code"),
    [
        ({"name": "nothing"}, {}, "unknown_field"),
        ({"name": "created_at"}, {}, "read_only"),
        ({"name": "id"}, {}, "read_only"),
        ({"gone": "name"}, {}, "no_column"),
        ({"name": "name", "code": "name"}, {}, "twice"),
        ({"name": "parent.sector"}, {}, "bad_match"),
        ({"name": "parent.nothing"}, {}, "bad_match"),
        ({"name": "name.code"}, {}, "not_a_lookup"),
        ({"name": "name"}, {"mode": "upsert"}, "required"),
        ({"name": "name"}, {"mode": "upsert", "match": "code"}, "no_column"),
        ({"name": "name"}, {"mode": "upsert", "match": "sector"}, "bad_match"),
    ],
)
def test_a_wrong_mapping_is_refused_before_anything_happens(
    shop: Shop, columns: dict[str, str], choices: dict[str, Any], code: str
) -> None:
    import_id = shop.set_up("company", "name,code\nA,1\n", columns=columns, **choices)
    with pytest.raises(Invalid) as caught:
        shop.start(imports.start_run, import_id)
    assert [error.code for error in caught.value.errors] == [code]
    assert shop.rows("company", "name") == []


def test_ordinary_people_import_under_their_own_rights(shop: Shop) -> None:
    shop.run("company", "name\nAcme\n")
    with pytest.raises(Forbidden):
        shop.set_up("user", "name\nMallory\n", actor=shop.user)
    columns = (
        ColumnPlan("title", "title"),
        ColumnPlan("company", "company", ("name",)),
        ColumnPlan("owner", "owner", ("id",)),
    )
    content = f"title,company,owner\nMine,Acme,\nTheirs,Acme,{shop.admin.id}\n"
    _id, job = shop.run("deal", content, columns=columns, actor=shop.user)
    assert (job.succeeded, job.failed) == (1, 1)
    shop.run("deal", "title,company\nSecret,Acme\n")
    _id, job = shop.run(
        "deal",
        "title,amount\nSecret,1\n",
        mode="update",
        match="title",
        actor=shop.user,
    )
    assert (job.succeeded, job.failed) == (0, 1)
    assert "There is no such record." in shop.results(job)[0]["_error"]


def test_an_import_is_run_once(shop: Shop) -> None:
    import_id, _job = shop.run("company", COMPANIES)
    with pytest.raises(Conflict):
        shop.start(imports.start_run, import_id)
    with pytest.raises(Conflict):
        shop.start(imports.start_check, import_id)


def test_cancelling_keeps_what_is_done(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "CHUNK", 2)
    import_id = shop.set_up("company", COMPANIES)
    with shop.scope() as scope:
        job_id = imports.start_run(scope, imports.get_import(scope, import_id)).id
    once = importer.Importing._import_chunk

    def then_cancel(self: importer.Importing, positions: Any) -> None:
        once(self, positions)
        with shop.scope() as scope:
            request_cancel(scope, job_id)

    monkeypatch.setattr(importer.Importing, "_import_chunk", then_cancel)
    job = shop.work(job_id)
    assert (job.state, job.succeeded) == ("cancelled", 2)
    assert [row["_result"] for row in shop.results(job)] == ["created", "created", "not_done"]
    undo = shop.start(imports.start_undo, import_id)
    assert (undo.succeeded, shop.rows("company", "name")) == (2, [])


def test_a_killed_worker_does_no_row_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "CHUNK", 2)
    import_id = shop.set_up("company", COMPANIES)
    with shop.scope() as scope:
        job = imports.start_run(scope, imports.get_import(scope, import_id))
        job_id = job.id
    once = importer.Importing._import_chunk

    class Killed(BaseException):
        pass

    def then_die(self: importer.Importing, positions: Any) -> None:
        once(self, positions)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(importer.Importing, "_import_chunk", then_die)
        with pytest.raises(Killed):
            shop.work(job_id)
    with shop.scope() as scope:
        scope.unit.connection.exec_driver_sql(
            "UPDATE job SET state = 'queued' WHERE tenant_id = %s AND id = %s",
            (scope.tenant_id, job_id),
        )
    job = shop.work(job_id)
    assert (job.state, job.succeeded, job.failed) == ("done", 3, 0)
    assert len(shop.rows("company", "name")) == 3
    results = shop.results(job)
    assert [row["_result"] for row in results] == ["created"] * 3
    assert all(row["_id"] for row in results)


def test_undo_spares_what_was_changed_since(shop: Shop) -> None:
    shop.run("company", "name,code,staff\nOld,O1,5\nOlder,O2,6\n")
    content = "name,code,staff\nNew name,O1,7\nOlder,O2,8\nFresh,F1,\nTouched,F2,\n"
    import_id, _job = shop.run("company", content, mode="upsert", match="code")
    ids = {code: int(i) for i, code in shop.rows("company", "id", "code")}
    with shop.scope() as scope:
        changes = [Change(ids["O2"], {"staff": 9}), Change(ids["F2"], {"staff": 9})]
        assert all(r.problem is None for r in update_many(scope, "company", changes))
    undo = shop.start(imports.start_undo, import_id)
    assert (undo.state, undo.succeeded, undo.failed) == ("done", 2, 2)
    assert shop.rows("company", "name", "code", "staff") == [
        ("Old", "O1", 5),
        ("Older", "O2", 9),
        ("Touched", "F2", 9),
    ]
    assert [(row["row"], row["_result"]) for row in shop.results(undo)] == [
        ("2", "undone"),
        ("3", "kept"),
        ("4", "undone"),
        ("5", "kept"),
    ]
    assert "changed since" in shop.results(undo)[1]["_error"]
    with pytest.raises(Conflict, match="already undone"):
        shop.start(imports.start_undo, import_id)


def test_a_published_change_is_followed_and_a_lost_field_ends_the_import(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "CHUNK", 1)
    once = importer.Importing._import_chunk

    def then_rename(self: importer.Importing, positions: Any) -> None:
        once(self, positions)
        if positions == [0]:
            shop.publish(
                {"kind": "field", "api": "company.name", "type": "text", "required": False}
            )
        else:
            with shop.scope() as scope:
                from metadata import drafts, store

                drafts.delete_document(scope, "field", "company.staff")
                store.publish(scope)

    monkeypatch.setattr(importer.Importing, "_import_chunk", then_rename)
    _id, job = shop.run("company", "name,staff\nA,1\n,2\nC,3\n")
    assert job.state == "failed"
    assert "There is no field" in (job.message or "")
    assert [row["_result"] for row in shop.results(job)] == ["created", "created", "not_done"]


def test_other_people_do_not_see_an_import(shop: Shop) -> None:
    import_id, _job = shop.run("company", COMPANIES)
    mine, _job = shop.run("company", "name\nMine\n", actor=shop.user)
    with shop.scope(shop.user) as scope:
        assert [found.id for found in imports.list_imports(scope)] == [mine]
    with shop.scope() as scope:
        assert [found.id for found in imports.list_imports(scope)] == [mine, import_id]
        assert isinstance(imports.get_import(scope, mine), DataImport)


def test_what_nobody_starts_goes_after_a_month(shop: Shop, clock: FixedClock) -> None:
    started, _job = shop.run("company", COMPANIES)
    abandoned = shop.set_up("company", COMPANIES)
    shop.start(imports.start_check, abandoned)
    clock.advance(days=31)
    recent = shop.set_up("company", COMPANIES)
    with shop.scope() as scope:
        imports.purge_abandoned(scope)
    with shop.scope() as scope:
        assert [found.id for found in imports.list_imports(scope)] == [recent, started]


def test_cells_of_workbooks_that_only_look_like_percentages(shop: Shop) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Staff", "Note"])
    sheet.append(["A", 12, 0.125])
    sheet["B2"].number_format = "0%"
    sheet["C2"].number_format = "0.0%"
    out = io.BytesIO()
    book.save(out)
    _id, job = shop.run("company", out.getvalue())
    assert job.succeeded == 1, shop.results(job)
    assert shop.rows("company", "name", "staff", "note") == [("A", 12, "12.5%")]
