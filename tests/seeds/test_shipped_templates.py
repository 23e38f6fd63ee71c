"""The packages that come with Banyan are whole, bilingual, and hold what users rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from metadata.compiler import compile_bodies
from metadata.schema import Schema
from seeds import demo, package, shelf
from seeds.lint import lint

CJK = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def schema() -> Schema:
    """All shipped templates together."""
    return compile_bodies(
        document.body for name in shelf.names() for document in shelf.shipped(name).documents
    )


@pytest.mark.parametrize("name", shelf.names())
def test_each_template_is_valid_with_those_it_requires(name: str) -> None:
    lint(shelf.shipped(name), shelf.available())


@pytest.mark.parametrize("tenant", ["demo", "acme"])
def test_sample_data_are_valid(tenant: str) -> None:
    sample = package.load(demo.SAMPLES / tenant / "package")
    lint(sample, shelf.available())
    assert sum(len(file.records) for file in sample.data) > 300


@pytest.mark.parametrize("name", shelf.names())
def test_every_document_brings_its_own_id(name: str) -> None:
    for document in shelf.shipped(name).documents:
        derived = package.derived_id(name, document.kind, document.api)
        assert document.body["id"] != derived, document.api


def labels_of(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("label", "plural", "help", "description"):
                yield f"{path}.{key}", part
            yield from labels_of(part, f"{path}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from labels_of(part, f"{path}[{index}]")


@pytest.mark.parametrize("name", shelf.names())
def test_every_label_is_in_both_languages(name: str) -> None:
    found = shelf.shipped(name)
    labels = [
        label
        for document in found.documents
        for label in labels_of(dict(document.body), f"{document.kind} {document.api}")
    ]
    labels += [("label", found.manifest.label), ("description", found.manifest.description)]
    assert len(labels) > 50
    for path, label in labels:
        assert set(label) == {"en", "zh_CN"}, path
        assert not CJK.search(label["en"]), path
        assert CJK.search(label["zh_CN"]), path


def test_the_objects_of_the_first_slice_are_there(schema: Schema) -> None:
    assert set(schema.objects) == {
        "user",
        "account",
        "contact",
        "contact_record",
        "lead",
        "product",
        "product_category",
        "price_list",
        "price_list_entry",
        "opportunity",
        "opportunity_line",
        "quote",
        "quote_line",
    }
    masters = {o.api: o.master.to for o in schema.objects.values() if o.master is not None}
    assert masters == {
        "price_list_entry": "price_list",
        "opportunity_line": "opportunity",
        "quote_line": "quote",
    }


def test_every_object_has_a_layout_with_all_fields_and_views_for_all_and_mine(
    schema: Schema,
) -> None:
    for object_ in schema.objects.values():
        if object_.built_in:
            continue
        shown = {
            field.api
            for tab in object_.layouts[0].tabs
            for section in tab.sections
            for field in section.fields
        }
        assert {field.api for field in object_.data_fields()} <= shown, object_.api
        names = {view.api.rpartition(".")[2] for view in object_.views}
        assert "all" in names, object_.api
        if object_.access == "private" and object_.master is None:
            assert "mine" in names, object_.api


def test_the_account_page_shows_what_sales_adds(schema: Schema) -> None:
    layout = schema.objects["account"].layouts[0]
    related = {item.relation.name for tab in layout.tabs for item in tab.related}
    assert {"opportunity.account", "quote.account", "contact.account", "account.parent"} <= related


def test_every_object_and_report_is_reached_from_a_navigation(schema: Schema) -> None:
    items = [item for application in schema.applications for item in application.items]
    reports = {item.report for item in items if item.report}
    objects = {item.object for item in items if item.object}
    assert reports == set(schema.reports)
    assert objects >= {o.api for o in schema.objects.values() if o.master is None}


def test_the_report_that_managers_ask_for(schema: Schema) -> None:
    report = schema.reports["won_by_manager"]
    assert report.object == "opportunity"
    assert report.where_json == {"field": "stage", "op": "=", "value": "won"}
    assert [group.path.api for group in report.group_by] == ["owner.manager"]
    assert [(m.fn, m.path.api if m.path else None) for m in report.measures] == [
        ("sum", "amount"),
        ("count", None),
    ]


def test_opportunities_take_the_data_of_other_systems(schema: Schema) -> None:
    fields = schema.objects["opportunity"].fields
    assert fields["account"].required
    assert not fields["product"].required
    assert fields["external_id"].unique
    stages = schema.picklists["opportunity_stage"].values
    assert fields["stage"].picklist is schema.picklists["opportunity_stage"]
    assert {"Prospecting", "Engaging", "Won", "Lost"} <= {stage.label["en"] for stage in stages}
