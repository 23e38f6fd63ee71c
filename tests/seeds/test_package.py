"""The content of packages: what each file becomes, and every fault with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seeds import package
from seeds.archive import BadPackage

LABEL = {"en": "Things", "zh_CN": "物品"}
MANIFEST = {"name": "things", "version": "1.2.0", "label": LABEL}
OBJECT = {
    "kind": "object",
    "api": "thing",
    "label": LABEL,
    "name_field": "name",
    "fields": [{"api": "name", "type": "text", "label": LABEL}],
}


def parse(**files: Any) -> package.Package:
    """A package of the manifest and `folder__file=body` arguments."""
    named = {name.replace("__", "/") + ".json": body for name, body in files.items()}
    return package.parse(
        {
            name: body if isinstance(body, bytes) else json.dumps(body).encode()
            for name, body in {"template.json": MANIFEST, **named}.items()
        }
    )


def faults_of(**files: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadPackage) as caught:
        parse(**files)
    return [(error.field, error.code) for error in caught.value.errors]


def test_an_object_file_becomes_the_object_and_its_fields_in_order() -> None:
    second = {"api": "amount", "type": "currency", "label": LABEL}
    found = parse(objects__thing={**OBJECT, "fields": [*OBJECT["fields"], second]})
    assert [(d.kind, d.api, d.path) for d in found.documents] == [
        ("object", "thing", ""),
        ("field", "thing.name", "/fields/0"),
        ("field", "thing.amount", "/fields/1"),
    ]
    assert "fields" not in found.documents[0].body
    assert found.documents[1].body["api"] == "thing.name"


def test_a_field_may_stand_alone() -> None:
    body = {"kind": "field", "api": "account.tier", "type": "text", "label": LABEL}
    (document,) = parse(objects__tier=body).documents
    assert (document.kind, document.api) == ("field", "account.tier")


def test_ids_are_kept_or_derived_from_names() -> None:
    identity = "01M80YQ96WJ6JWDCREJ5QH3AGN"
    first = parse(objects__thing={**OBJECT, "id": identity}).documents
    again = parse(objects__thing={**OBJECT, "id": identity}).documents
    assert first[0].body["id"] == identity
    assert (
        first[1].body["id"]
        == again[1].body["id"]
        == package.derived_id("things", "field", "thing.name")
    )


def test_an_id_that_is_no_text_is_refused() -> None:
    assert faults_of(objects__thing={**OBJECT, "id": 7}) == [("objects/thing.json#/id", "bad_id")]


def test_the_digest_follows_the_content() -> None:
    one, same = parse(objects__thing=OBJECT), parse(objects__thing=OBJECT)
    other = parse(objects__thing={**OBJECT, "icon": "box"})
    assert one.digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "Things"}, "name"),
        ({"name": "-things"}, "name"),
        ({"name": "a" * 61}, "name"),
        ({"name": None}, "name"),
        ({"version": "1.0"}, "version"),
        ({"version": "1.0.0\n"}, "version"),
        ({"version": "٣.0.0"}, "version"),
        ({"version": 1}, "version"),
        ({"label": {"en": "Things"}}, "label"),
        ({"label": "Things"}, "label"),
        ({"label": {"en": "", "zh_CN": "物品"}}, "label"),
        ({"requires": {"crm-core": 1}}, "requires"),
        ({"requires": ["crm-core"]}, "requires"),
        ({"requires": {"../evil": "1.0.0"}}, "requires"),
        ({"requires": {"things": "1.0.0"}}, "requires"),
        ({"__proto__": {}}, "__proto__"),
        ({"author": "x"}, "author"),
    ],
)
def test_a_bad_manifest_is_refused_at_its_key(change: dict[str, Any], path: str) -> None:
    manifest = {**MANIFEST, **change}
    assert faults_of(template=manifest) == [(f"template.json#/{path}", "invalid")]


def test_the_manifest_must_be_there() -> None:
    with pytest.raises(BadPackage) as caught:
        package.parse({})
    assert caught.value.errors[0].field == "template.json"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'"text"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"[" * 200_000,
        b'{"a": ' * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    assert faults_of(views__broken=content) == [("views/broken.json", "not_json")]


@pytest.mark.parametrize(
    "name",
    ["rules/a", "objects/deep/a", "a", "../a", "objects", "Objects/a", "data/x/y"],
)
def test_files_without_a_place_are_refused(name: str) -> None:
    with pytest.raises(BadPackage) as caught:
        package.parse({"template.json": json.dumps(MANIFEST).encode(), f"{name}.json": b"{}"})
    assert [e.code for e in caught.value.errors] == ["unknown_file"]


def test_all_faults_are_told_at_once() -> None:
    assert faults_of(
        objects__a={"kind": "view"},
        objects__b={"kind": "object"},
        objects__c={**OBJECT, "fields": {}},
        objects__d={**OBJECT, "api": "other", "fields": ["name", {"api": 5}]},
        data__e={"object": "thing", "records": [1]},
        notes=b"{}",
    ) == [
        ("data/e.json", "bad_data"),
        ("notes.json", "unknown_file"),
        ("objects/a.json#/kind", "bad_kind"),
        ("objects/b.json#/api", "required"),
        ("objects/c.json#/fields", "not_a_list"),
        ("objects/d.json#/fields/0", "required"),
        ("objects/d.json#/fields/1", "required"),
    ]


def test_a_document_may_occur_once() -> None:
    field = {"kind": "field", "api": "thing.name", "type": "text", "label": LABEL}
    assert faults_of(objects__thing=OBJECT, objects__twin=field)[0] == (
        "objects/twin.json#",
        "duplicate",
    )


def test_versions_are_compared_as_numbers() -> None:
    assert package.version_key("1.10.0") > package.version_key("1.9.9")
