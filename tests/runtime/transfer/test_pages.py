"""The wizard and the export pages, as a browser uses them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from runtime.transfer import export_pages
from tests.runtime.transfer.conftest import DOCUMENTS, Shop
from tests.twins import TenantClient, Twin

COMPANIES = "Name,Branch,Parent\nAcme,Technolgy,\nShop,retail,ACME\nBad,nonsense,Nobody\n"


class Wizard:
    """A person at the pages."""

    def __init__(self, app: Flask, shop: Shop, client: TenantClient) -> None:
        self.shop = shop
        self.client = client
        self.app = app

    def upload(self, object_api: str, content: bytes, **form: Any) -> Any:
        data = {
            "csrf_token": self.client.csrf(),
            "object": object_api,
            "file": (io.BytesIO(content), "companies.csv"),
            **form,
        }
        return self.client.post("/imports", data=data, content_type="multipart/form-data")

    def work(self) -> None:
        """Do all queued jobs."""
        with self.app.app_context():
            with self.shop.scope() as scope:
                ids = scope.unit.connection.exec_driver_sql(
                    "SELECT id FROM job WHERE tenant_id = %s AND state = 'queued'",
                    (scope.tenant_id,),
                ).scalars()
                waiting = list(ids)
            for job_id in waiting:
                self.shop.work(job_id)

    def download(self, path: str, **form: str) -> tuple[bytes, str]:
        """The bytes of a file and how it is to be handled."""
        sent = self.client.submit(path, **form) if form else self.client.get(path)
        with sent as answer:
            assert answer.status_code == 200
            return bytes(answer.data), str(answer.headers["Content-Disposition"])

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@pytest.fixture
def wizard(app: Flask, twin: Twin, browse: Callable[..., TenantClient]) -> Wizard:
    """The administrator of a tenant with companies and deals."""
    shop = Shop(app, twin.ours)
    with app.app_context():
        shop.publish(*DOCUMENTS)
    return Wizard(app, shop, browse(twin.ours, twin.ours.admin))


def test_an_import_through_the_pages(wizard: Wizard) -> None:
    assert "New import" in wizard.page("/imports")
    assert 'value="company" selected' in wizard.page("/imports/new?object=company")
    answer = wizard.upload("company", COMPANIES.encode())
    assert answer.status_code == 303
    base = answer.location.removesuffix("/columns")
    page = wizard.page(f"{base}/columns")
    assert re.search(r'id="column-0".*?value="name" selected', page, re.S)
    assert "Technolgy · retail · nonsense" in page
    answer = wizard.client.submit(
        f"{base}/columns",
        **{
            "mode": "upsert",
            "match": "name",
            "column-0": "name",
            "column-1": "sector",
            "column-2": "parent",
            "extra-field-0": "note",
            "extra-from-0": "",
            "extra-text-0": "imported",
        },
    )
    assert answer.location.endswith("/values")
    page = wizard.page(f"{base}/values")
    assert "A suggestion: it is spelled alike." in page
    assert 'value="tech" selected' in page
    answer = wizard.client.submit(
        f"{base}/values",
        **{
            "card-1": "1",
            "from-1-0": "Technolgy",
            "to-1-0": "tech",
            "from-1-1": "nonsense",
            "to-1-1": "-",
            "card-2": "1",
            "by-2": "name",
            "from-2-0": "Nobody",
            "to-2-0": "",
        },
    )
    assert answer.location == base
    assert "Waiting for its turn" in wizard.page(base)
    wizard.work()
    page = wizard.page(base)
    assert "Result of the check" in page
    assert "There is no Company whose Name is “Nobody”." in page
    with wizard.app.app_context():
        assert wizard.shop.rows("company", "name") == []
    wizard.client.submit(f"{base}/run")
    progress = wizard.client.get(f"{base}/progress")
    assert "hx-get" in progress.text
    wizard.work()
    assert wizard.client.get(f"{base}/progress").headers["HX-Refresh"] == "true"
    with wizard.app.app_context():
        assert wizard.shop.rows("company", "name", "sector", "parent", "note") == [
            ("Acme", "tech", None, "imported"),
            ("Shop", "retail", "Acme", "imported"),
        ]
    results, disposition = wizard.download(f"{base}/results/run")
    assert results.startswith(b"\xef\xbb\xbfName,Branch,Parent,_result,_id,_error\r\n")
    assert "attachment" in disposition
    assert "Undo this import" in wizard.page(base)
    wizard.client.submit(f"{base}/undo")
    wizard.work()
    assert "Undone" in wizard.page(base)
    with wizard.app.app_context():
        assert wizard.shop.rows("company", "name") == []
    assert "companies.csv" in wizard.page("/imports")
    assert wizard.client.submit(f"{base}/undo").status_code == 409


def test_the_pages_in_chinese(wizard: Wizard) -> None:
    wizard.client.set_cookie("lang", "zh_CN", domain=wizard.client.host)
    answer = wizard.upload("company", COMPANIES.encode("gb18030"))
    base = answer.location.removesuffix("/columns")
    for path in ("/imports", "/imports/new", f"{base}/columns", f"{base}/values", base):
        page = wizard.page(path)
        assert "导入" in page
    assert "文件" in wizard.page("/imports/new")


def test_what_is_wrong_with_a_mapping_is_said_and_the_choices_stay(wizard: Wizard) -> None:
    base = wizard.upload("company", COMPANIES.encode()).location.removesuffix("/columns")
    form = {"mode": "upsert", "match": "code", "column-0": "name", "column-1": "name"}
    answer = wizard.client.submit(f"{base}/columns", **form)
    page = wizard.page(answer.location)
    assert "Two columns go into the same field." in page
    assert "No column goes into “Code”" in page
    assert re.search(r'id="column-1".*?value="name" selected', page, re.S)
    assert wizard.client.submit(f"{base}/run").location.endswith("/columns?check=1")
    answer = wizard.client.submit(f"{base}/columns", mode="insert", **{"column-2": "parent"})
    page = wizard.page(answer.location.split("#")[0])
    assert "New records need these fields" in page


@pytest.mark.parametrize(
    ("object_api", "content", "status", "message"),
    [
        ("company", b"", 422, "The file is empty"),
        ("company", b'name\n"open', 422, "never closed"),
        ("company", b"PK\x03\x04", 422, "not a readable .xlsx workbook"),
        ("nothing", b"name\nA\n", 404, "There is no object"),
    ],
)
def test_bad_files_are_refused_on_the_page(
    wizard: Wizard, object_api: str, content: bytes, status: int, message: str
) -> None:
    answer = wizard.upload(object_api, content)
    assert answer.status_code == status
    assert message in answer.text
    assert "<form" in answer.text


def test_a_file_is_needed(wizard: Wizard) -> None:
    answer = wizard.client.submit("/imports", object="company")
    assert answer.status_code == 422
    assert "Please choose a file." in answer.text


def test_the_file_can_be_read_in_another_way(wizard: Wizard) -> None:
    base = wizard.upload("company", b"Name;Code\nA,B;1\n").location.removesuffix("/columns")
    wizard.client.submit(f"{base}/format", delimiter=",", encoding="gb18030")
    assert "Name;Code" in wizard.page(f"{base}/columns")


def test_hostile_headers_and_cells_are_harmless(wizard: Wizard) -> None:
    evil = "<script>alert(1)</script>"
    content = f'"{evil}","\u202e{evil}","name"\n{evil},{evil},{evil}\n'.encode()
    base = wizard.upload("company", content).location.removesuffix("/columns")
    for path in ("/columns", "/values", ""):
        assert evil not in wizard.page(base + path)


def test_imports_are_private(
    wizard: Wizard, twin: Twin, browse: Callable[..., TenantClient]
) -> None:
    base = wizard.upload("company", COMPANIES.encode()).location.removesuffix("/columns")
    for client in (
        browse(twin.ours, twin.ours.user),
        browse(twin.theirs, twin.theirs.admin),
    ):
        for path in ("", "/columns", "/values", "/progress", "/results/run"):
            assert client.get(base + path).status_code == 404
        for path in ("/columns", "/values", "/format", "/check", "/run", "/undo", "/cancel"):
            assert client.submit(base + path).status_code == 404
        assert "companies.csv" not in client.get("/imports").text


def test_the_right_to_create_is_needed(
    wizard: Wizard, twin: Twin, browse: Callable[..., TenantClient]
) -> None:
    plain = Wizard(wizard.app, wizard.shop, browse(twin.ours, twin.ours.user))
    assert plain.upload("user", b"name\nMallory\n").status_code == 403
    assert 'value="user"' not in plain.page("/imports/new")
    assert "/imports/new?object=user" not in plain.page("/o/user")
    assert "/imports/new?object=company" in plain.page("/o/company")


def test_a_short_list_is_exported_at_once(wizard: Wizard) -> None:
    with wizard.app.app_context():
        wizard.shop.run("company", "name,code\n=Evil,1\nB,2\n")
    page = wizard.page("/o/company")
    link = re.search(r'href="(/o/company/export[^"]*)"', page)
    assert link is not None
    assert "2 records" in wizard.page(link[1].replace("&amp;", "&"))
    path = "/o/company/export?columns=name,code&sort=code"
    content, _disposition = wizard.download(path, kind="csv", style="names")
    assert content.decode("utf-8-sig") == "name,code\r\n'=Evil,1\r\nB,2\r\n"
    content, _disposition = wizard.download(path, kind="csv", ids="1")
    assert content.decode("utf-8-sig").startswith("Id,Name,Code\r\n")
    content, disposition = wizard.download(path, kind="xlsx")
    assert content.startswith(b"PK")
    assert "2026-03-02.xlsx" in disposition
    assert wizard.client.submit("/o/company/export?where=x", kind="csv").status_code == 422
    assert wizard.client.get("/o/nothing/export").status_code == 404


def test_a_long_list_is_exported_by_a_job(
    wizard: Wizard,
    monkeypatch: pytest.MonkeyPatch,
    twin: Twin,
    browse: Callable[..., TenantClient],
) -> None:
    monkeypatch.setattr(export_pages, "DIRECT_ROWS", 1)
    with wizard.app.app_context():
        wizard.shop.run("company", "name,code\nA,1\nB,2\n")
    path = "/o/company/export?columns=name&sort=name"
    base = wizard.client.submit(path, kind="csv").location
    assert "hx-get" in wizard.page(base)
    wizard.work()
    assert "The file is ready" in wizard.page(base)
    content, _disposition = wizard.download(f"{base}/file")
    assert content.decode("utf-8-sig") == "Name\r\nA\r\nB\r\n"
    for client in (browse(twin.ours, twin.ours.user), browse(twin.theirs, twin.theirs.admin)):
        for part in ("", "/file", "/progress"):
            assert client.get(base + part).status_code == 404
