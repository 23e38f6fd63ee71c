"""Installing packages in tenants: once, again, newer, older, broken, and beside a twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from kernel.clock import FixedClock
from kernel.db.unit import Database
from kernel.errors import Conflict, Forbidden, Problem
from kernel.scope import Actor
from metadata import store
from metadata.models import DocumentVersion
from runtime.query import Query, select_records
from runtime.scope import open_scope
from seeds import installer, package, shelf
from seeds.archive import BadPackage
from seeds.models import TemplateInstall
from tenants.service import create_tenant

LABEL = {"en": "Things", "zh_CN": "物品"}
AMOUNT = {"api": "amount", "type": "currency", "label": LABEL}


def thing(version: str = "1.0.0", *, data: Any = None, **changes: Any) -> package.Package:
    """A small package of one object; `changes` go into the object's file."""
    manifest = {"name": "things", "version": version, "label": LABEL}
    name = {"api": "name", "type": "text", "label": LABEL, "required": True}
    parent = {"api": "parent", "type": "lookup", "to": "thing", "label": LABEL}
    body = {
        "kind": "object",
        "api": "thing",
        "label": LABEL,
        "name_field": "name",
        "access": {"default": "read"},
        "fields": [name, parent],
    }
    files = {"template.json": manifest, "objects/thing.json": body | changes}
    if data is not None:
        files["data/thing.json"] = {"object": "thing", "records": data}
    return package.parse({name: json.dumps(part).encode() for name, part in files.items()})


def with_amount(version: str) -> package.Package:
    fields = [
        {"api": "name", "type": "text", "label": LABEL, "required": True},
        {"api": "parent", "type": "lookup", "to": "thing", "label": LABEL},
        AMOUNT,
    ]
    return thing(version, fields=fields, label={"en": "Stuff", "zh_CN": "东西"})


def install(database: Database, tenant_id: int, wanted: package.Package) -> installer.Installed:
    with database.scope(tenant_id) as scope:
        return installer.install(scope, wanted)


def faults_of(call: Callable[[], object], kind: type[Problem] = BadPackage) -> list[Any]:
    with pytest.raises(kind) as caught:
        call()
    return [(error.field, error.code) for error in caught.value.errors]


def names_of(database: Database, tenant_id: int) -> list[tuple[str, str]]:
    with open_scope(database, tenant_id) as scope:
        found = select_records(scope, Query(object=scope.schema.objects["thing"])).records
        return sorted((r.values["name"], (r.values["parent"] or {}).get("name", "")) for r in found)


def counts(database: Database, tenant_id: int) -> tuple[Any, ...]:
    """How many document versions, installs and commits there are."""
    with database.scope(tenant_id) as scope:
        return (
            scope.unit.session.scalar(select(func.count()).select_from(DocumentVersion)),
            scope.unit.session.scalar(select(func.count()).select_from(TemplateInstall)),
            len(store.history(scope)),
        )


def test_all_shipped_templates_install_in_one_version_each(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id, twin = new_tenant(), new_tenant()
    for number, name in enumerate(["crm-core", "products-pricing", "sales"], start=1):
        done = install(database, tenant_id, shelf.shipped(name))
        assert (done.version, done.changed) == (number, True)
    with database.scope(tenant_id) as scope:
        schema = store.published(scope)
        assert set(schema.reports) >= {"won_by_manager", "pipeline_by_stage", "won_by_month"}
        stage = schema.objects["opportunity"].fields["stage"]
        assert stage.slot is not None
        assert stage.slot_live
        rows = scope.unit.session.scalars(select(DocumentVersion)).all()
        origins = {(row.origin or {}).get("template") for row in rows}
        assert origins == {"crm-core", "products-pricing", "sales"}
    assert counts(database, twin) == (0, 0, 0)


def test_installing_again_changes_nothing(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    wanted = thing(data=[{"name": "one"}])
    install(database, tenant_id, wanted)
    before = counts(database, tenant_id)
    again = install(database, tenant_id, wanted)
    assert (again.changed, again.records, again.version) == (False, 0, 1)
    assert counts(database, tenant_id) == before
    assert names_of(database, tenant_id) == [("one", "")]


def test_a_missing_required_template_is_named(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    install(database, tenant_id, shelf.shipped("crm-core"))
    before = counts(database, tenant_id)
    call = lambda: install(database, tenant_id, shelf.shipped("sales"))  # noqa: E731
    assert faults_of(call, Conflict) == [("products-pricing", "missing_template")]
    assert counts(database, tenant_id) == before


def test_a_required_template_must_be_new_enough(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    install(database, tenant_id, thing("1.9.0"))
    needs = replace(thing(), documents=())
    needs = replace(
        needs, manifest=replace(needs.manifest, name="other", requires={"things": "1.10.0"})
    )
    assert faults_of(lambda: install(database, tenant_id, needs), Conflict) == [
        ("things", "old_template")
    ]


def test_going_back_is_refused(database: Database, new_tenant: Callable[[], int]) -> None:
    tenant_id = new_tenant()
    install(database, tenant_id, thing("1.10.0"))
    with pytest.raises(Conflict, match=r"1\.10\.0"):
        install(database, tenant_id, thing("1.9.0"))


def test_other_content_needs_another_version(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    install(database, tenant_id, thing())
    with pytest.raises(Conflict, match="higher version"):
        install(database, tenant_id, thing(icon="box"))


def test_a_newer_version_brings_what_is_new(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    install(database, tenant_id, thing(data=[{"name": "one"}]))
    done = install(database, tenant_id, with_amount("1.1.0"))
    assert (done.changed, done.kept, done.records) == (True, (), 0)
    with database.scope(tenant_id) as scope:
        object_ = store.published(scope).objects["thing"]
        assert "amount" in object_.fields
        assert object_.label["en"] == "Stuff"
        assert installer.installed_version(scope, "things") == "1.1.0"


def test_what_the_tenant_changed_or_deleted_stays_so(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    install(database, tenant_id, thing())
    with database.scope(tenant_id) as scope:
        body = store.get_document(scope, "object", "thing")
        own = {"en": "Our things", "zh_CN": "我们的物品"}
        store.put_document(scope, "object", "thing", {**body, "label": own})
        store.delete_document(scope, "field", "thing.parent")
        store.publish(scope)
    done = install(database, tenant_id, with_amount("2.0.0"))
    assert done.kept == ("object thing", "field thing.parent")
    with database.scope(tenant_id) as scope:
        object_ = store.published(scope).objects["thing"]
        assert object_.label["en"] == "Our things"
        assert "parent" not in object_.fields
        assert "amount" in object_.fields


def test_documents_of_others_are_not_taken_over(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    first = thing()
    install(database, tenant_id, first)
    thief = replace(first, manifest=replace(first.manifest, name="thief"), digest="other")
    found = faults_of(lambda: install(database, tenant_id, thief))
    assert {code for _where, code in found} == {"not_ours"}


def test_records_refer_to_each_other_in_any_order(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    tenant_id = new_tenant()
    records = [
        {"name": "leaf", "parent": "twig"},
        {"key": "twig", "name": "twig", "parent": "root"},
        {"key": "root", "name": "root"},
        {"name": "other", "parent": {"match": {"name": "root"}}},
    ]
    with pytest.raises(BadPackage):  # a match finds only what is there already
        install(database, tenant_id, thing(data=records))
    assert counts(database, tenant_id) == (0, 0, 0)
    assert install(database, tenant_id, thing(data=records[:3])).records == 3
    assert names_of(database, tenant_id) == [("leaf", "twig"), ("root", ""), ("twig", "root")]


@pytest.mark.parametrize(
    ("record", "where", "code"),
    [
        ({"name": "a", "parent": "nobody"}, "parent", "unknown_key"),
        ({"name": "a", "colour": "red"}, "colour", "unknown_field"),
        ({"name": 5}, "name", "not_text"),
        ({"name": "x" * 300}, "name", "too_long"),
        ({"name": {"$date": "tomorrow"}}, "name", "bad_date"),
        ({"name": {"$date": "today", "days": True}}, "name", "bad_date"),
        ({"name": {"$date": "today", "days": 10**9}}, "name", "bad_date"),
        ({"name": {"$date": "today", "time": "25:00"}}, "name", "bad_date"),
        ({"parent": None}, "name", "required"),
        ({"name": "a", "id": "5"}, "id", "read_only"),
        ({"name": "a", "owner": "nobody@nowhere.example"}, "owner", "not_found"),
    ],
)
def test_a_bad_record_undoes_the_installation(
    database: Database, new_tenant: Callable[[], int], record: Any, where: str, code: str
) -> None:
    tenant_id = new_tenant()
    bad = thing(data=[{"name": "good"}, record])
    assert faults_of(lambda: install(database, tenant_id, bad)) == [
        (f"data/thing.json#/records/1/{where}", code)
    ]
    assert counts(database, tenant_id) == (0, 0, 0)


def test_circles_of_records_are_refused(database: Database, new_tenant: Callable[[], int]) -> None:
    circle = [{"key": "a", "name": "a", "parent": "b"}, {"key": "b", "name": "b", "parent": "a"}]
    found = faults_of(lambda: install(database, new_tenant(), thing(data=circle)))
    assert {code for _where, code in found} == {"circle"}


def test_relative_dates_follow_the_tenants_day(new_database: Callable[[], Database]) -> None:
    database = new_database()
    # 2026-03-31 in UTC, already 2026-04-01 in Shanghai
    database.clock = FixedClock(datetime(2026, 3, 31, 20, 0, tzinfo=UTC))
    tenant_id = create_tenant(
        database, "zoned", "Zoned", base_domain="seeds.test", zone="Asia/Shanghai"
    )
    fields = [
        {"api": "name", "type": "text", "label": LABEL},
        {"api": "due", "type": "date", "label": LABEL},
        {"api": "at", "type": "datetime", "label": LABEL},
    ]
    record = {
        "name": "a",
        "due": {"$date": "today", "days": -1},
        "at": {"$date": "today", "time": "09:30"},
    }
    install(database, tenant_id, thing(fields=fields, data=[record]))
    with open_scope(database, tenant_id) as scope:
        (found,) = select_records(scope, Query(object=scope.schema.objects["thing"])).records
    assert found.values["due"] == "2026-03-31"
    assert found.values["at"].startswith("2026-04-01T01:30:00")


def test_documents_that_do_not_compile_are_told_with_their_file(
    database: Database, new_tenant: Callable[[], int]
) -> None:
    bad = thing(name_field="nothing")
    (found,) = faults_of(lambda: install(database, new_tenant(), bad))
    assert found[0].startswith("objects/thing.json# (object thing): name_field")


def test_hostile_documents_are_refused(database: Database, new_tenant: Callable[[], int]) -> None:
    tenant_id = new_tenant()
    for change in (
        {"api": "__proto__"},
        {"api": "select * from record"},
        {"api": "x" * 300},
        {"label": {"en": "<script>alert(1)</script>" * 20, "zh_CN": "坏"}},
        {"icon": '"><script>'},
        {"id": "not a ulid"},
        {"id": 7},
        {"history": True},
    ):
        with pytest.raises(BadPackage):
            install(database, tenant_id, thing(**change))
    assert counts(database, tenant_id) == (0, 0, 0)


def test_only_administrators_install(database: Database, new_tenant: Callable[[], int]) -> None:
    seller = Actor(id=5, name="Seller")
    with database.scope(new_tenant(), seller) as scope, pytest.raises(Forbidden):
        installer.install(scope, thing())
