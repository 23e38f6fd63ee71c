"""Bulk files of the API, from request to results."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.runtime.transfer.conftest import DOCUMENTS, Shop
from tests.twins import TenantClient, Twin


class Bulk:
    """A program at the API."""

    def __init__(self, shop: Shop, client: TenantClient) -> None:
        self.shop = shop
        self.client = client
        self.headers = {"X-CSRFToken": client.csrf()}

    def send(self, query: str, body: str | bytes, content_type: str = "text/csv") -> Any:
        return self.client.post(
            f"/api/v1/bulk/{query}", data=body, content_type=content_type, headers=self.headers
        )

    def done(self, query: str, body: str | bytes, content_type: str = "text/csv") -> Any:
        """The finished job's answer and its result rows."""
        answer = self.send(query, body, content_type)
        assert answer.status_code == 202, answer.text
        job_id = answer.json["job"]
        with self.shop.app.app_context():
            self.shop.work(int(job_id))
        job: Any = self.client.get(f"/api/v1/jobs/{job_id}").json
        with self.client.get(job["results_url"]) as results:
            rows = list(csv.DictReader(io.StringIO(results.data.decode("utf-8-sig"))))
        return job, rows


@pytest.fixture
def bulk(app: Flask, twin: Twin, browse: Callable[..., TenantClient]) -> Bulk:
    """An administrator's program."""
    shop = Shop(app, twin.ours)
    with app.app_context():
        shop.publish(*DOCUMENTS)
    return Bulk(shop, browse(twin.ours, twin.ours.admin))


def test_csv_with_lookups(bulk: Bulk) -> None:
    job, _rows = bulk.done("company", "name,parent.name\nA,B\nB,\n")
    assert (job["state"], job["total"], job["succeeded"], job["failed"]) == ("done", 2, 2, 0)
    body = "title,company.name,amount\nOne,a,1.50\nTwo,nobody,2\n"
    job, rows = bulk.done("deal?mode=insert", body)
    assert (job["succeeded"], job["failed"]) == (1, 1)
    assert [row["_result"] for row in rows] == ["created", "failed"]
    with bulk.shop.app.app_context():
        (company_id,) = (i for i, name in bulk.shop.rows("company", "id", "name") if name == "B")
    job, rows = bulk.done(
        "deal?mode=upsert&match=title", f"title,company\nOne,{company_id}\nNew,{company_id}\n"
    )
    assert [row["_result"] for row in rows] == ["updated", "created"]


def test_ndjson(bulk: Bulk) -> None:
    bulk.done("company", "name,code\nA,1\n")
    lines: list[Any] = [
        {"title": "One", "company": {"match": {"code": "1"}}, "amount": "1.50", "hot": True},
        {"title": "Two", "company": {"match": {"code": "9"}}},
        {"title": 3, "company": "x", "nothing": 1},
        [],
    ]
    body = b"\n".join(map(orjson.dumps, lines)) + b"\n{"
    job, rows = bulk.done("deal", body, "application/x-ndjson")
    assert (job["succeeded"], job["failed"]) == (1, 4)
    assert "There is no such field." in rows[2]["_error"]
    assert rows[4]["_error"] == "The line is not JSON."
    body = orjson.dumps({"title": "one", "amount": None})
    job, rows = bulk.done("deal?mode=update&match=title", body, "application/x-ndjson")
    assert [row["_result"] for row in rows] == ["updated"]
    with bulk.shop.app.app_context():
        assert bulk.shop.rows("deal", "title", "amount") == [("One", None)]


@pytest.mark.parametrize(
    ("query", "body", "content_type", "status"),
    [
        ("nothing", "name\nA\n", "text/csv", 404),
        ("company", "", "text/csv", 422),
        ("company", "nothing\nA\n", "text/csv", 422),
        ("company", "name,name.x\nA,B\n", "text/csv", 422),
        ("company", "created_at\nA\n", "text/csv", 422),
        ("company", 'name\n"', "text/csv", 202),
        ("company", "name\nA\n", "image/png", 415),
        ("company?mode=replace", "name\nA\n", "text/csv", 422),
        ("company?mode=upsert", "name\nA\n", "text/csv", 422),
        ("company?mode=upsert&match=sector", "name\nA\n", "text/csv", 422),
        ("company?mode=upsert&match=__proto__", "name\nA\n", "text/csv", 422),
    ],
)
def test_bad_files(bulk: Bulk, query: str, body: str, content_type: str, status: int) -> None:
    answer = bulk.send(query, body, content_type)
    assert answer.status_code == status, answer.text
    if status != 202:
        assert answer.mimetype == "application/problem+json"


def test_a_file_that_breaks_off_imports_nothing(bulk: Bulk) -> None:
    answer = bulk.send("company", 'name\nA\n"B')
    with bulk.shop.app.app_context():
        job = bulk.shop.work(int(answer.json["job"]))
        assert job.state == "failed"
        assert "Row 3 opens a quotation mark" in (job.message or "")
        assert bulk.shop.rows("company", "name") == []


def test_ordinary_people_get_their_rights(
    bulk: Bulk, twin: Twin, browse: Callable[..., TenantClient]
) -> None:
    plain = Bulk(bulk.shop, browse(twin.ours, twin.ours.user))
    assert plain.send("user", "name\nMallory\n").status_code == 403
    bulk.done("company", "name,code\nA,1\n")
    answer = plain.send("company?mode=update&match=code", "code,name\n1,Mine\n")
    with bulk.shop.app.app_context():
        job = bulk.shop.work(int(answer.json["job"]), bulk.shop.user)
        assert (job.succeeded, job.failed) == (0, 1)
        assert bulk.shop.rows("company", "name") == [("A",)]
