"""What documents mean, and what is said about those that mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.i18n import use_locale
from metadata.base import built_in_documents
from metadata.compiler import (
    CompileError,
    CompileFailed,
    Slot,
    Surroundings,
    compile_bodies,
    compile_schema,
)
from metadata.documents import Catalogue, from_body
from metadata.kinds import KINDS, QUALIFIED, check
from metadata.schema import Schema
from tests.metadata.documents import Body, changed, doc, fld, obj, sales, values

Change = Callable[[list[Body]], list[Body]]


def edit(kind: str, api: str, **changes: Any) -> Change:
    """A change of one document."""
    return lambda bodies: changed(bodies, kind, api, **changes)


def plus(*more: Body) -> Change:
    """More documents."""
    return lambda bodies: [*bodies, *more]


def without(kind: str, api: str) -> Change:
    """A document less."""
    return lambda bodies: [b for b in bodies if (b["kind"], b["api"]) != (kind, api)]


def tab(**parts: Any) -> list[Body]:
    """The tabs of a layout with one tab."""
    return [{"label": {"en": "T"}, **parts}]


BROKEN: list[tuple[Change, str, str, str]] = [
    # shapes
    (edit("object", "deal", history=True), "object deal", "history", "unknown_key"),
    (edit("object", "deal", label=...), "object deal", "label", "required"),
    (edit("object", "deal", label={"en": " "}), "object deal", "label.en", "pattern"),
    (edit("object", "deal", access={"default": "all"}), "object deal", "access.default", "enum"),
    (plus(obj("Deal")), "object Deal", "api", "pattern"),
    (plus(obj("owner")), "object owner", "api", "not"),
    (plus(obj("constructor")), "object constructor", "api", "not"),
    (plus(obj("a" * 64)), f"object {'a' * 64}", "api", "pattern"),
    (edit("field", "deal.name", type="formula"), "field deal.name", "type", "enum"),
    (edit("field", "deal.name", scale=2), "field deal.name", "scale", "unknown_key"),
    (edit("field", "deal.name", length=256), "field deal.name", "length", "maximum"),
    (edit("field", "deal.name", help={"en": "x" * 501}), "field deal.name", "help.en", "maxLength"),
    (edit("field", "deal.account", on_delete="x"), "field deal.account", "on_delete", "enum"),
    (edit("field", "deal.tags", values=[]), "field deal.tags", "values", "minItems"),
    (
        edit("picklist", "stage", values=[{"code": "a"}]),
        "picklist stage",
        "values[0].label",
        "required",
    ),
    (
        edit("view", "deal.open", columns=["name", "name"]),
        "view deal.open",
        "columns",
        "uniqueItems",
    ),
    (edit("view", "deal.open", type="board"), "view deal.open", "type", "enum"),
    (edit("view", "deal.open", columns=["a.b.c.d.e"]), "view deal.open", "columns[0]", "pattern"),
    (
        edit("layout", "deal.main", tabs=tab(sections=[{"fields": [{"field": "name"}]}])),
        "layout deal.main",
        "tabs[0].sections[0].fields[0]",
        "type",
    ),
    (edit("report", "won", group_by=[{"field": "name"}] * 3), "report won", "group_by", "maxItems"),
    (edit("application", "selling", items=[{}]), "application selling", "items[0]", "oneOf"),
    # names
    (plus(obj("deal")), "object deal", "api", "duplicate"),
    (plus(obj("user")), "object user", "api", "duplicate"),
    (plus(fld("deal.name")), "field deal.name", "api", "duplicate"),
    (plus(fld("ghost.name")), "field ghost.name", "api", "no_such_object"),
    # objects and fields
    (edit("object", "deal", name_field="ghost"), "object deal", "name_field", "no_such_field"),
    (edit("object", "deal", name_field="amount"), "object deal", "name_field", "not_a_name"),
    (edit("field", "deal.account", to="ghost"), "field deal.account", "to", "no_such_object"),
    (edit("field", "deal.account", to=...), "field deal.account", "to", "required"),
    (
        edit("field", "deal.account", required=True, on_delete="clear"),
        "field deal.account",
        "on_delete",
        "bad_on_delete",
    ),
    (
        edit("field", "deal.account", filter={"field": "ghost", "op": "=", "value": 1}),
        "field deal.account",
        "filter.field",
        "no_such_field",
    ),
    (edit("field", "deal.stage", set="ghost"), "field deal.stage", "set", "no_such_picklist"),
    (edit("field", "deal.stage", default="ghost"), "field deal.stage", "default", "not_a_choice"),
    (edit("field", "deal.stage", set=...), "field deal.stage", "", "bad_choices"),
    (edit("field", "deal.stage", unique=True), "field deal.stage", "unique", "not_unique"),
    (edit("field", "deal.account", default="1"), "field deal.account", "default", "no_default"),
    (
        edit("field", "deal.amount", default="1.234"),
        "field deal.amount",
        "default",
        "too_many_decimals",
    ),
    (edit("field", "deal.notes", indexed=True), "field deal.notes", "indexed", "not_indexed"),
    (
        edit("field", "deal.tags", values=values("a", "a")),
        "field deal.tags",
        "values[1].code",
        "duplicate",
    ),
    (
        edit("picklist", "stage", values=values("open", "open")),
        "picklist stage",
        "values[1].code",
        "duplicate",
    ),
    (plus(fld("deal.no", "autonumber", format="A-{YYYY}")), "field deal.no", "", "bad_format"),
    (
        plus(fld("deal.no", "autonumber", format="{0}", required=True)),
        "field deal.no",
        "required",
        "not_required",
    ),
    (
        plus(fld("deal_line.other", "master_detail", to="account")),
        "field deal_line.other",
        "type",
        "second_master",
    ),
    (plus(fld("deal.boss", "master_detail", to="user")), "field deal.boss", "to", "bad_master"),
    (
        plus(fld("account.own", "master_detail", to="account")),
        "field account.own",
        "to",
        "master_cycle",
    ),
    (
        plus(fld("deal.line", "master_detail", to="deal_line")),
        "field deal.line",
        "to",
        "master_cycle",
    ),
    # layouts
    (
        edit("layout", "deal.main", tabs=tab(sections=[{"fields": ["ghost"]}])),
        "layout deal.main",
        "tabs[0].sections[0].fields[0]",
        "no_such_field",
    ),
    (
        edit(
            "layout", "deal.main", tabs=tab(sections=[{"fields": ["name"]}, {"fields": ["name"]}])
        ),
        "layout deal.main",
        "tabs[0].sections[1].fields[0]",
        "duplicate",
    ),
    (
        edit("layout", "deal.main", tabs=tab(related=[{"child": "deal.account"}])),
        "layout deal.main",
        "tabs[0].related[0].child",
        "no_such_child",
    ),
    (
        edit("layout", "deal.main", tabs=tab(related=[{"child": "deal_line.deal", "sort": ["x"]}])),
        "layout deal.main",
        "tabs[0].related[0].sort[0]",
        "no_such_field",
    ),
    (
        plus(
            doc("layout", "deal.a", object="deal", default=True, tabs=tab()),
            doc("layout", "deal.b", object="deal", default=True, tabs=tab()),
        ),
        "layout deal.b",
        "default",
        "second_default",
    ),
    (
        plus(doc("layout", "ghost.a", object="ghost", tabs=tab())),
        "layout ghost.a",
        "object",
        "no_such_object",
    ),
    # views
    (edit("view", "deal.open", columns=["ghost"]), "view deal.open", "columns[0]", "no_such_field"),
    (
        edit("view", "deal.open", columns=["account.ghost"]),
        "view deal.open",
        "columns[0]",
        "no_such_field",
    ),
    (
        edit("view", "deal.open", columns=["name.length"]),
        "view deal.open",
        "columns[0]",
        "no_such_field",
    ),
    (edit("view", "deal.open", sort=["-notes"]), "view deal.open", "sort[0]", "not_sortable"),
    (edit("view", "deal.open", sort=["-tags"]), "view deal.open", "sort[0]", "not_sortable"),
    (
        edit("view", "deal.open", where={"all": [{"field": "stage", "op": "~", "value": 1}]}),
        "view deal.open",
        "where.all[0].op",
        "bad_operator",
    ),
    # reports and applications
    (edit("report", "won", object="ghost"), "report won", "object", "no_such_object"),
    (
        edit("report", "won", group_by=[{"field": "notes"}]),
        "report won",
        "group_by[0].field",
        "not_groupable",
    ),
    (
        edit("report", "won", group_by=[{"field": "stage", "by": "month"}]),
        "report won",
        "group_by[0].by",
        "not_a_date",
    ),
    (
        edit("report", "won", measures=[{"fn": "sum", "field": "stage"}]),
        "report won",
        "measures[0].fn",
        "not_measurable",
    ),
    (
        edit("report", "won", measures=[{"fn": "sum"}]),
        "report won",
        "measures[0].field",
        "required",
    ),
    (
        edit("report", "won", measures=[{"fn": "count", "field": "name"}]),
        "report won",
        "measures[0].field",
        "unexpected_field",
    ),
    (without("report", "won"), "application selling", "items[1].report", "no_such_report"),
    (
        edit("application", "selling", items=[{"object": "ghost"}]),
        "application selling",
        "items[0].object",
        "no_such_object",
    ),
]


@pytest.mark.parametrize(("change", "document", "path", "code"), BROKEN)
def test_broken_documents_are_named_with_path_and_reason(
    change: Change, document: str, path: str, code: str
) -> None:
    with pytest.raises(CompileFailed) as caught:
        compile_bodies(change(sales()))
    found = [(f.document, f.path, f.code) for f in caught.value.faults]
    assert (document, path, code) in found
    fault = caught.value.faults[found.index((document, path, code))]
    english = str(fault.reason)
    with use_locale("zh_CN"):
        assert str(fault.reason) != english


def test_all_faults_are_told_at_once() -> None:
    bodies = changed(sales(), "view", "deal.open", columns=["ghost"], sort=["spook"])
    bodies = changed(bodies, "field", "deal.account", to="ghost", filter=...)
    with pytest.raises(CompileFailed) as caught:
        compile_bodies(bodies)
    documents = [fault.document for fault in caught.value.faults]
    assert documents.count("view deal.open") == 2
    assert "field deal.account" in documents
    assert len(caught.value.errors) == len(caught.value.faults)
    assert str(caught.value.faults[0]).startswith("field deal.account, to: ")


def test_a_document_of_many_faults_names_the_first_hundred() -> None:
    wrong = doc("picklist", "p", values=[{"code": 1}] * 5000)
    assert len(check("picklist", wrong)) == 100


def test_a_picklist_has_at_most_1000_values() -> None:
    [error] = check("picklist", doc("picklist", "p", values=values(*map(str, range(1001)))))
    assert (error.field, error.code) == ("values", "maxItems")
    assert check("picklist", doc("picklist", "p", values=values(*map(str, range(1000))))) == []


@pytest.fixture
def schema() -> Schema:
    return compile_bodies(sales(), version=3)


def test_objects_and_fields(schema: Schema) -> None:
    deal = schema.objects["deal"]
    assert schema.version == 3
    assert schema.by_number[deal.number] is deal
    assert deal.name_field is deal.fields["name"]
    assert deal.access == "read"
    assert schema.objects["account"].access == "private"
    assert deal.plural == deal.label
    amount = deal.fields["amount"]
    assert amount.key == str(amount.number)
    assert deal.by_key[amount.key] is amount
    assert amount.name == "deal.amount"
    assert deal.fields["stage"].default == "open"
    assert schema.objects["account"].fields["active"].default is False
    assert deal.fields["account"].options == {"on_delete": "restrict"}
    assert schema.objects["deal_line"].fields["deal"].required
    assert schema.objects["deal_line"].master is schema.objects["deal_line"].fields["deal"]
    assert [c.name for c in deal.children if c.owned] == ["deal_line.deal"]


def test_system_fields_are_part_of_every_object(schema: Schema) -> None:
    for built in schema.objects.values():
        system = {api for api, field in built.fields.items() if field.column}
        assert system == {
            "id",
            "owner",
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
            "version",
        }
        assert [api for api in system if not built.fields[api].read_only] == ["owner"]
        assert not any(field.column for field in built.data_fields())


def test_conditions_are_compiled(schema: Schema) -> None:
    deal = schema.objects["deal"]
    assert deal.fields["account"].filter is not None
    [view] = deal.views
    assert view.where is not None
    assert view.where_json == {"field": "stage", "op": "=", "value": "open"}
    assert [c.api for c in view.columns] == ["name", "account.name", "account.owner.name", "amount"]
    assert [s.api for s in view.sort] == ["-closed", "name"]
    assert view.columns[1].field is schema.objects["account"].fields["name"]


def test_an_object_without_pages_gets_some(schema: Schema) -> None:
    account = schema.objects["account"]
    [layout], [view] = account.layouts, account.views
    shown = [f.api for section in layout.tabs[0].sections for f in section.fields]
    assert shown == ["name", "active", "parent", "owner"]
    assert [r.relation.name for r in layout.tabs[1].related] == ["account.parent", "deal.account"]
    assert view.columns[0].field is account.name_field
    assert view.sort[0].path.field is account.name_field
    assert view.api == "account.all"


def test_the_default_layout_comes_first() -> None:
    more = doc("layout", "deal.other", object="deal", default=True, tabs=tab())
    built = compile_bodies([*sales(), more]).objects["deal"]
    assert [layout.api for layout in built.layouts] == ["deal.other", "deal.main"]


def test_reports_and_applications(schema: Schema) -> None:
    won = schema.reports["won"]
    assert [(g.path.api, g.by) for g in won.group_by] == [
        ("owner.manager", None),
        ("closed", "month"),
    ]
    assert [(m.fn, m.path.api if m.path else None) for m in won.measures] == [
        ("sum", "amount"),
        ("count", None),
    ]
    selling, general = schema.applications
    assert [(i.object, i.report) for i in selling.items] == [("deal", None), (None, "won")]
    assert [i.object for i in general.items] == ["account", "user"]


def test_tenants_lend_currency_region_and_slots() -> None:
    documents = [from_body(b, number=1000 + n) for n, b in enumerate(sales())]
    amount = next(d for d in documents if d.api == "amount")
    around = Surroundings.of_tenant("zh_CN", "CNY")
    built = compile_schema(
        documents, slots={amount.number: Slot("n3", live=False)}, surroundings=around
    )
    field = built.objects["deal"].fields["amount"]
    assert (field.slot, field.slot_live) == ("n3", False)
    assert field.options["currency"] == "CNY"
    assert built.objects["user"].fields["phone"].options["region"] == "CN"
    assert built.objects["deal"].fields["name"].slot is None


def test_picklist_values_keep_order_number_and_color() -> None:
    given = [
        {"code": "b", "label": {"en": "B"}, "color": "red", "number": 7},
        {"code": "a", "label": {"en": "A"}, "retired": True},
    ]
    picklist = compile_bodies([doc("picklist", "p", values=given)]).picklists["p"]
    assert [(v.code, v.number, v.color, v.retired) for v in picklist.values] == [
        ("b", 7, "red", False),
        ("a", 8, None, True),
    ]
    assert picklist.by_number[7].code == "b"


def test_ids_and_names_mean_the_same() -> None:
    named = [from_body(b, number=1000 + n) for n, b in enumerate(sales())]
    catalogue = Catalogue.of([*built_in_documents(), *named])
    stored = [catalogue.with_ids(document) for document in named]
    for document in stored:
        text = str({k: v for k, v in document.body.items() if k not in ("label", "api")})
        assert "'deal'" not in text
        assert "'account" not in text
    again = Catalogue.of([*built_in_documents(), *stored])
    for before, after in zip(named, stored, strict=True):
        assert again.with_names(after) == dict(before.body)
    assert list(compile_schema(stored).objects) == list(compile_schema(named).objects)


def test_references_are_known_both_ways() -> None:
    catalogue = Catalogue.of(from_body(b, number=n) for n, b in enumerate(sales()))
    stage = catalogue.find("picklist", "stage")
    account_name = catalogue.find("field", "account.name")
    assert stage is not None
    assert account_name is not None
    assert [catalogue.name(d) for d in catalogue.users_of({stage.id})] == ["deal.stage"]
    users = {(d.kind, catalogue.name(d)) for d in catalogue.users_of({account_name.id})}
    assert users == {("object", "account"), ("view", "deal.open")}


def test_built_in_documents_have_the_shape_of_all() -> None:
    for document in built_in_documents():
        assert check(document.kind, document.body) == []
        assert 0 < document.number < 1000
    numbers = [document.number for document in built_in_documents()]
    assert len(set(numbers)) == len(numbers)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_keys = st.sampled_from(
    [
        "api",
        "label",
        "type",
        "to",
        "object",
        "tabs",
        "columns",
        "where",
        "items",
        "values",
        "group_by",
        "measures",
        "filter",
        "default",
        "__proto__",
        "name_field",
        "sort",
    ]
)


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.dictionaries(_keys, _json, max_size=6))
def test_any_document_compiles_or_is_refused(kind: str, parts: Body) -> None:
    api = "deal.extra" if kind in QUALIFIED else "extra"
    base = {"object": "deal"} if kind in ("layout", "view") else {}
    body = {**doc(kind, api, **base), **parts}
    faults: tuple[CompileError, ...] = ()
    try:
        compile_bodies([*sales(), body])
    except CompileFailed as error:
        faults = error.faults
    assert all(str(fault) for fault in faults)
