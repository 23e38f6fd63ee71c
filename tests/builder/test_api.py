"""Definitions over the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kernel.db.unit import Database
from metadata import store
from tests.builder.forms import read
from tests.runtime.workspace.pages import fetch, make
from tests.twins import Side, TenantClient, Twin

SHIP = {"label": {"en": "Ship", "zh_CN": "船"}, "name_field": "name"}
NAME = {"type": "text", "label": {"en": "Name"}, "required": True}


def call(
    client: TenantClient, method: str, path: str, body: Any = None, *, status: int = 200
) -> Any:
    """Send a request to the API of definitions."""
    headers = {"X-CSRFToken": client.csrf()}
    given = {} if body is None else {"json": body}
    answer = client.open(f"/api/v1/metadata{path}", method=method, headers=headers, **given)
    assert answer.status_code == status, answer.text
    return answer.json if answer.data else None


@pytest.fixture
def ship(admin: TenantClient) -> None:
    """A drafted object."""
    call(admin, "PUT", "/object/ship", SHIP, status=201)
    call(admin, "PUT", "/field/ship.name", NAME, status=201)


def test_a_draft_is_published_and_reverted(
    admin: TenantClient, user: TenantClient, ship: None
) -> None:
    changes = call(admin, "GET", "/diff")
    assert [(c["kind"], c["api"], c["action"]) for c in changes["changes"]] == [
        ("object", "ship", "added"),
        ("field", "ship.name", "added"),
    ]
    assert changes["problems"] == []
    fetch(user, "/api/v1/objects/ship", 404)
    before = call(admin, "GET", "/history")["versions"][0]["version"]
    published = call(admin, "POST", "/publish", {"message": "Ships"})
    assert published == {"version": before + 1}
    assert read(user, "/objects/ship")["name_field"] == "name"
    newest = call(admin, "GET", "/history")["versions"][0]
    assert (newest["version"], newest["message"]) == (before + 1, "Ships")
    assert newest["created_at"].endswith("Z")
    assert call(admin, "POST", "/revert", {"version": before}) == {"version": before + 2}
    fetch(user, "/api/v1/objects/ship", 404)
    assert call(admin, "POST", "/revert") == {"version": before + 3}
    assert read(user, "/objects/ship")["name_field"] == "name"


def test_what_is_read_can_be_written_back(admin: TenantClient) -> None:
    document = call(admin, "GET", "/view/deal.all")
    assert call(admin, "PUT", "/view/deal.all", document) == document
    assert call(admin, "GET", "/diff")["changes"] == []
    document["columns"] = ["name", "company.city"]
    call(admin, "PUT", "/view/deal.all", document)
    states = {d["api"]: d["state"] for d in call(admin, "GET", "/view?object=deal")["documents"]}
    assert states == {"deal.all": "changed", "deal.won": "published"}
    call(admin, "DELETE", "/draft/view/deal.all", status=204)
    assert call(admin, "GET", "/view/deal.all")["columns"] != document["columns"]


def test_another_name_renames(admin: TenantClient, user: TenantClient) -> None:
    document = call(admin, "GET", "/field/deal.seats")
    call(admin, "PUT", "/field/deal.seats", {**document, "api": "deal.places"})
    call(admin, "POST", "/publish")
    names = [f["api"] for f in read(user, "/objects/deal")["fields"]]
    assert "places" in names
    assert "seats" not in names


def test_a_document_without_a_label_is_called_by_its_name(
    admin: TenantClient, user: TenantClient
) -> None:
    call(admin, "PUT", "/object/ship", {"name_field": "name"}, status=201)
    call(admin, "PUT", "/field/ship.name", {"type": "text"}, status=201)
    values = {"values": [{"code": "sail", "label": {"en": "Sail"}}]}
    call(admin, "PUT", "/picklist/ship_kind", values, status=201)
    field = {"type": "picklist", "set": "ship_kind"}
    call(admin, "PUT", "/field/ship.kind_of_ship", field, status=201)
    view = {"object": "ship", "type": "list", "columns": ["name"]}
    call(admin, "PUT", "/view/ship.all", view, status=201)
    call(admin, "POST", "/publish")
    fields = {f["api"]: f["label"] for f in read(user, "/objects/ship")["fields"]}
    assert fields["kind_of_ship"] == {"en": "Kind of ship"}


def test_a_new_document_has_the_name_of_its_address(admin: TenantClient, ship: None) -> None:
    other = {"api": "ship.other", "type": "text"}
    refused = call(admin, "PUT", "/field/ship.flag", other, status=422)
    assert [(e["field"], e["code"]) for e in refused["errors"]] == [("api", "other_name")]


def test_a_draft_is_dropped(admin: TenantClient, ship: None) -> None:
    call(admin, "DELETE", "/draft", status=204)
    assert call(admin, "GET", "/diff")["changes"] == []
    call(admin, "GET", "/object/ship", status=404)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/object/ship", {"label": {"en": "Ship"}}, "name_field"),
        ("/object/ship", {**SHIP, "extra": 1}, "extra"),
        ("/object/owner", SHIP, "api"),
        ("/object/Ship!", SHIP, "api"),
        ("/object/ship", {**SHIP, "kind": "field"}, "kind"),
        ("/field/deal.owner", NAME, "api"),
        ("/field/ghost.name", NAME, "api"),
        ("/field/deal.odd", {**NAME, "type": "magic"}, "type"),
        ("/field/deal.odd", {**NAME, "length": "long"}, "length"),
        ("/field/deal.odd", {**NAME, "label": {"en": "\u0000"}}, "label.en"),
        ("/picklist/sizes", {"label": {"en": "S"}, "values": [{"code": "a"}]}, "values[0].label"),
    ],
)
def test_a_wrong_document_is_refused(
    admin: TenantClient, path: str, body: dict[str, Any], field: str
) -> None:
    problem = call(admin, "PUT", path, body, status=422)
    assert field in [error["field"] for error in problem["errors"]]
    assert call(admin, "GET", "/diff")["changes"] == []


def test_what_does_not_compile_is_not_published(admin: TenantClient, user: TenantClient) -> None:
    call(admin, "PUT", "/object/ship", SHIP, status=201)
    problems = call(admin, "GET", "/diff")["problems"]
    assert [(p["document"], p["path"]) for p in problems] == [("object ship", "name_field")]
    refused = call(admin, "POST", "/publish", {}, status=422)
    assert refused["code"] == "does_not_compile"
    assert refused["errors"][0]["field"] == "object ship name_field"
    fetch(user, "/api/v1/objects/ship", 404)
    admin.set_cookie("lang", "zh_CN", domain=admin.host)
    chinese = call(admin, "POST", "/publish", {}, status=422)["errors"][0]["message"]
    assert "name" in chinese
    assert not chinese.isascii()


def test_two_administrators_do_not_overwrite_each_other(
    admin: TenantClient, user: TenantClient, database: Database, side: Side
) -> None:
    call(admin, "PUT", "/view/deal.won", {**call(admin, "GET", "/view/deal.won"), "sort": ["name"]})
    with database.scope(side.id, side.admin) as scope:
        another = replace(scope, actor=replace(scope.actor, id=side.other.id))
        body = {**store.get_document(another, "view", "deal.won"), "columns": ["name"]}
        store.put_document(another, "view", "deal.won", body)
        store.publish(another, "First")
    refused = call(admin, "POST", "/publish", {}, status=409)
    assert refused["errors"][0]["field"] == "view deal.won"
    assert [c["conflict"] for c in call(admin, "GET", "/diff")["changes"]] == [True]


def test_what_is_in_use_or_built_in_stays(
    admin: TenantClient, database: Database, side: Side
) -> None:
    refused = call(admin, "DELETE", "/object/company", status=409)
    assert "field deal.company" in [error["field"] for error in refused["errors"]]
    call(admin, "DELETE", "/object/user", status=403)
    call(admin, "PUT", "/object/user", SHIP, status=403)
    make(database, side, "part", name="P", deal=str(make(database, side, "deal", name="D").id))
    call(admin, "DELETE", "/layout/deal.main", status=204)
    call(admin, "DELETE", "/object/part", status=204)
    assert "records" in call(admin, "POST", "/publish", {}, status=409)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/ghost", None, 404),
        ("GET", "/view?object=ghost", None, 404),
        ("GET", "/object/ghost", None, 404),
        ("DELETE", "/object/ghost", None, 404),
        ("DELETE", "/draft/object/company", None, 404),
        ("PUT", "/ghost/a", {}, 404),
        ("PUT", "/object/a", [1], 400),
        ("POST", "/publish", {"message": 5}, 422),
        ("POST", "/publish", {"note": "x"}, 422),
        ("POST", "/revert", {"version": "1"}, 422),
        ("POST", "/revert", {"version": True}, 422),
        ("POST", "/revert", {"version": -1}, 422),
        ("POST", "/revert", {"version": 10**18}, 404),
        ("POST", "/revert", {"version": 99}, 404),
    ],
)
def test_bad_calls_get_clear_answers(
    admin: TenantClient, method: str, path: str, body: Any, status: int
) -> None:
    call(admin, method, path, body, status=status)


def test_exact_numbers_are_kept(admin: TenantClient) -> None:
    headers = {"X-CSRFToken": admin.csrf(), "Content-Type": "application/json"}
    text = '{"type": "number", "label": {"en": "N"}, "max": 0.12345678901234567890123}'
    answer = admin.put("/api/v1/metadata/field/deal.exact", data=text, headers=headers)
    assert answer.status_code == 201, answer.text
    assert (answer.json or {})["max"] == "0.12345678901234567890123"
    text = text.replace("0.12345678901234567890123", "9" * 40)
    refused = admin.put("/api/v1/metadata/field/deal.exact", data=text, headers=headers)
    assert refused.status_code == 422


def test_only_administrators_define(user: TenantClient) -> None:
    for method, path in [
        ("GET", "/object"),
        ("GET", "/diff"),
        ("GET", "/history"),
        ("PUT", "/object/ship"),
        ("POST", "/publish"),
        ("DELETE", "/draft"),
    ]:
        call(user, method, path, {} if method in ("PUT", "POST") else None, status=403)


def test_the_description_is_for_administrators(admin: TenantClient, user: TenantClient) -> None:
    paths = read(admin, "/openapi.json")["paths"]
    assert set(paths["/api/v1/metadata/{kind}/{api}"]) >= {"get", "put", "delete"}
    assert "/api/v1/metadata/publish" in paths
    assert "/api/v1/metadata/publish" not in read(user, "/openapi.json")["paths"]


def test_the_twin_has_a_draft_of_its_own(
    admin: TenantClient, ship: None, twin: Twin, browse: Any
) -> None:
    theirs = browse(twin.theirs, twin.theirs.admin)
    assert call(theirs, "GET", "/diff")["changes"] == []
    call(theirs, "GET", "/object/ship", status=404)


def test_a_new_field_is_seen_in_form_and_list_and_leaves_them_when_deleted(
    admin: TenantClient,
) -> None:
    text = {"type": "text", "label": {"en": "Colour", "zh_CN": "颜色"}}
    call(admin, "PUT", "/field/deal.colour", text, status=201)
    call(admin, "PUT", "/field/deal.hidden?place=no", {**text, "api": "deal.hidden"}, status=201)
    call(admin, "POST", "/publish", {})
    form = admin.get("/o/deal/new").text
    assert 'id="f-colour"' in form
    assert "f-hidden" not in form
    assert "Colour" in admin.get("/o/deal").text

    call(admin, "DELETE", "/field/deal.colour", status=204)
    call(admin, "POST", "/publish", {})
    assert "f-colour" not in admin.get("/o/deal/new").text
