"""Layouts and list views, given or made when an object has none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel.i18n import lazy
from metadata.compiling.state import Compilation, complete
from metadata.documents import Document
from metadata.schema import (
    ChildRelation,
    Field,
    Layout,
    Object,
    Path,
    RelatedList,
    Section,
    SortKey,
    Tab,
    View,
)

_DETAILS = {"en": "Details", "zh_CN": "详细信息"}
_RELATED = {"en": "Related", "zh_CN": "相关信息"}
_STANDARD = {"en": "Standard", "zh_CN": "标准布局"}
_COLUMNS = 6


def build_filters(work: Compilation) -> None:
    """Which records a lookup offers."""
    for built in work.objects.values():
        for field in built.data_fields():
            document = work.catalogue.by_id[field.id]
            target = work.objects.get(field.to or "")
            if target is not None and "filter" in document.body:
                json = work.catalogue.with_names(document)["filter"]
                complete(field, filter=work.condition(document, "filter", target, json))


def build_pages(work: Compilation) -> None:
    """Layouts and views of all objects."""
    for kind in ("layout", "view"):
        for document in work.catalogue.of_kind(kind):
            if document.object is None or work.catalogue.find("object", document.object) is None:
                work.object_of(document, document.object or "")
    for built in work.objects.values():
        complete(built, layouts=_layouts(work, built), views=_views(work, built))


def _layouts(work: Compilation, built: Object) -> tuple[Layout, ...]:
    documents = work.catalogue.of_object("layout", built.id)
    ordered = sorted(documents, key=lambda d: not d.body.get("default", False))
    defaults = [d for d in documents if d.body.get("default")]
    for document in defaults[1:]:
        reason = lazy("Another layout of the object is the default already.")
        work.faults.add(document, "default", "second_default", reason)
    return tuple(_layout(work, built, document) for document in ordered) or (
        _made_layout(work, built),
    )


def _layout(work: Compilation, built: Object, document: Document) -> Layout:
    body = work.catalogue.with_names(document)
    seen: set[str] = set()
    tabs = []
    for n, tab in enumerate(body["tabs"]):
        at = f"tabs[{n}]"
        sections = tuple(
            _section(work, built, document, f"{at}.sections[{m}]", section, seen)
            for m, section in enumerate(tab.get("sections", []))
        )
        lists = [
            _related(work, built, document, f"{at}.related[{m}]", related)
            for m, related in enumerate(tab.get("related", []))
        ]
        found = tuple(related for related in lists if related is not None)
        tabs.append(Tab(label=tab["label"], sections=sections, related=found))
    return Layout(document.id, body["api"], built.api, body["label"], tuple(tabs))


def _section(
    work: Compilation,
    built: Object,
    document: Document,
    at: str,
    section: Any,
    seen: set[str],
) -> Section:
    fields = []
    for n, name in enumerate(section["fields"]):
        field = built.fields.get(name)
        place = f"{at}.fields[{n}]"
        if field is None:
            reason = lazy("There is no field %(name)s in this object.", name=name)
            work.faults.add(document, place, "no_such_field", reason)
        elif name in seen:
            reason = lazy("%(name)s is in this layout already.", name=name)
            work.faults.add(document, place, "duplicate", reason)
        else:
            seen.add(name)
            fields.append(field)
    return Section(section.get("label"), section.get("columns", 2), tuple(fields))


def _related(
    work: Compilation, built: Object, document: Document, at: str, related: Any
) -> RelatedList | None:
    relation = next((r for r in built.children if r.name == related["child"]), None)
    if relation is None:
        reason = lazy("%(name)s is not a lookup that points here.", name=related["child"])
        work.faults.add(document, f"{at}.child", "no_such_child", reason)
        return None
    child = work.objects[relation.object]
    made = _made_related(relation, child)
    columns = work.columns(document, f"{at}.columns", child, related.get("columns", []))
    sort = work.sort(document, f"{at}.sort", child, related.get("sort", []))
    return RelatedList(relation, related.get("label"), columns or made.columns, sort or made.sort)


def _made_layout(work: Compilation, built: Object) -> Layout:
    """Every field, short ones in two columns, and every list of records that point here."""
    fields = built.data_fields()
    short = [field for field in fields if field.type.name != "long_text"]
    sections = [Section(None, 2, (*short, built.fields["owner"]))]
    if len(short) < len(fields):
        long = tuple(field for field in fields if field.type.name == "long_text")
        sections.append(Section(None, 1, long))
    tabs = [Tab(_DETAILS, sections=tuple(sections))]
    related = tuple(
        _made_related(relation, work.objects[relation.object])
        for relation in built.children
        if work.objects[relation.object].fields[relation.field].type.name != "user"
    )
    if related:
        tabs.append(Tab(_RELATED, related=related))
    return Layout(f"{built.id}:layout", f"{built.api}.standard", built.api, _STANDARD, tuple(tabs))


def _made_related(relation: ChildRelation, child: Object) -> RelatedList:
    columns = [path for path in _made_columns(child) if path.api != relation.field]
    return RelatedList(relation, None, tuple(columns[:4]), _by_name(child))


def _views(work: Compilation, built: Object) -> tuple[View, ...]:
    documents = work.catalogue.of_object("view", built.id)
    return tuple(_view(work, built, document) for document in documents) or (_made_view(built),)


def _view(work: Compilation, built: Object, document: Document) -> View:
    body = work.catalogue.with_names(document)
    where = body.get("where")
    return View(
        id=document.id,
        api=body["api"],
        object=built.api,
        label=body["label"],
        columns=work.columns(document, "columns", built, body["columns"]),
        where=work.condition(document, "where", built, where),
        where_json=where,
        sort=work.sort(document, "sort", built, body.get("sort", [])) or _by_name(built),
    )


def _made_view(built: Object) -> View:
    return View(
        id=f"{built.id}:view",
        api=f"{built.api}.all",
        object=built.api,
        label={"en": "All", "zh_CN": "全部"},
        columns=tuple(_made_columns(built)),
        where=None,
        where_json=None,
        sort=_by_name(built),
    )


def _made_columns(built: Object) -> Iterable[Path]:
    others = [f for f in built.data_fields() if f.type.sortable and f is not built.name_field]
    chosen: list[Field] = [built.name_field, *others[: _COLUMNS - 2], built.fields["owner"]]
    return [Path((field,)) for field in chosen]


def _by_name(built: Object) -> tuple[SortKey, ...]:
    return (SortKey(Path((built.name_field,))),)
