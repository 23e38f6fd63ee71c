"""What the API says of itself."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator

from kernel.ids import new_ulid
from metadata import store
from tests.runtime.api.conftest import OBJECTS, Bench


def test_objects(bench: Bench) -> None:
    listed = bench.user.get("/objects").json["objects"]
    assert {found["api"] for found in listed} == {*OBJECTS, "user"}
    thing = bench.user.get("/objects/thing").json
    fields = {field["api"]: field for field in thing["fields"]}
    assert set(OBJECTS["thing"]) - {"access"} < set(fields)
    assert fields["firm"]["to"] == "firm"
    assert [v["code"] for v in fields["color"]["values"]] == ["red", "green", "blue"]
    read_only = {api for api, field in fields.items() if field["read_only"]}
    system = {"id", "version", "created_at", "created_by", "updated_at", "updated_by"}
    assert read_only == system | {"number"}


def test_nothing_of_another_tenant_is_described(bench: Bench, theirs: Bench) -> None:
    with bench.database.scope(bench.side.id, bench.side.admin) as scope:
        secret = {"kind": "object", "api": "secret", "name_field": "name"}
        field = {"kind": "field", "api": "secret.name", "type": "text"}
        label = {"label": {"en": "Zx9-only-ours"}}
        documents = [{"id": new_ulid(), **label, **d} for d in (secret, field)]
        store.install_documents(scope, documents, "secret")
    assert "Zx9" in bench.user.get("/openapi.json").text
    for path in ("/objects", "/openapi.json", "/objects/secret"):
        answer = theirs.admin.get(path)
        assert "Zx9" not in answer.text
    assert answer.status_code == 404


def _refs(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(_refs, part.values()))
    return set().union(*map(_refs, part)) if isinstance(part, list) else set()


def test_the_description_is_whole(bench: Bench) -> None:
    document = bench.user.get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    assert _refs(document) <= {f"#/components/schemas/{name}" for name in schemas}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    ]
    assert len(names) == len(set(names))


def test_every_route_is_described(bench: Bench) -> None:
    """Each address and method that is served is one that some description names."""
    described = [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), method.upper())
        for path, operations in bench.admin.get("/openapi.json").json["paths"].items()
        for method in operations
        if method != "parameters"
    ]
    served = [
        (re.sub(r"<(?:any\((\w+).*?\):)?\w+>", lambda m: m[1] or "thing", rule.rule), method)
        for rule in bench.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    silent = [
        (path, method)
        for path, method in served
        if not any(method == verb and form.fullmatch(path) for form, verb in described)
    ]
    assert silent == []
    assert len(served) > 15


def test_what_the_caller_may_not_do_is_not_described(bench: Bench) -> None:
    path = "/api/v1/records/user"
    assert path in bench.admin.get("/openapi.json").json["paths"]
    assert path not in bench.user.get("/openapi.json").json["paths"]


def test_requests_are_described_exactly(bench: Bench) -> None:
    schemas = bench.user.get("/openapi.json").json["components"]["schemas"]
    create = Draft202012Validator({**schemas["thing.create"], "components": {"schemas": schemas}})
    good = {
        "name": "One", "pieces": 3, "price": "1.50", "ready": True, "color": "red",
        "colors": ["red"], "firm": {"match": {"name": "A"}}, "keeper": "1", "made_on": "2026-01-01",
        "owner": {"id": "1", "name": "x"}, "about": None, "serial": "",
    }  # fmt: skip
    assert create.is_valid(good)
    refused: tuple[dict[str, Any], ...] = (
        {"color": "pink"}, {"ready": "yes"}, {"number": "T-1"}, {"id": "1"}, {"created_at": "x"},
        {"nothing": 1}, {"name": "x" * 256}, {"firm": []}, {"price": []}, {"firm": {"match": {}}},
    )  # fmt: skip
    for wrong in refused:
        assert not create.is_valid(wrong), wrong
    condition = Draft202012Validator(
        {"$ref": "#/components/schemas/thing.condition", "components": {"schemas": schemas}}
    )
    deep = {"all": [{"not": {"any": [{"field": "firm.parent.name", "op": "=", "value": "A"}]}}]}
    assert condition.is_valid(deep)
    unlike: dict[str, Any] = {"field": "price", "op": "contains", "value": "1"}
    bad: dict[str, Any]
    for bad in (unlike, {"all": []}, {"or": []}):
        assert not condition.is_valid(bad), bad
