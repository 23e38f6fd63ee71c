"""The page of one record."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from flask import render_template
from flask.typing import ResponseReturnValue

from kernel.i18n import label_text
from kernel.web.routes import SIGNED_IN, route
from metadata.condition import parse
from metadata.schema import Field, Layout, Object, Path, RelatedList, Section
from runtime import access
from runtime.query import Query, select_records
from runtime.records import Record, get
from runtime.scope import RecordScope
from runtime.web import parse_id, request_scope
from runtime.workspace.blueprint import may_edit, pages
from runtime.workspace.display import Cell, cell_of, record_name, record_url
from runtime.workspace.list_page import Line, lines_of, with_name
from runtime.workspace.recent import remember

RELATED_SIZE = 6
KEY_FIELDS = 4
SYSTEM_FIELDS = ("owner", "created_at", "created_by", "updated_at", "updated_by")
WIDE = frozenset({"long_text"})


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section with the values of a record."""

    label: str
    columns: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ShownRelated:
    """A related list with its first records."""

    label: str
    child: Object
    columns: tuple[Path, ...]
    lines: tuple[Line, ...]
    more: bool
    all_url: str
    new_url: str | None


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab of the page."""

    key: str
    label: str
    sections: tuple[ShownSection, ...]
    related: tuple[ShownRelated, ...]


@route(pages, "/o/<object_api>/<record_id>", needs=SIGNED_IN)
def show_record(object_api: str, record_id: str) -> ResponseReturnValue:
    """A record with its layout, related lists and system information."""
    scope = request_scope()
    record = get(scope, object_api, parse_id(record_id))
    layout = layout_of(record.object)
    remember(scope, record)
    return render_template(
        "workspace/record.html",
        object=record.object,
        record=record,
        name=record_name(record.object, record),
        key_cells=_key_cells(scope, record, layout),
        tabs=_tabs(scope, record, layout),
        system=[_cell(scope, record, record.object.fields[api]) for api in SYSTEM_FIELDS],
        wide=WIDE,
        may_edit=may_edit(scope, record),
    )


def layout_of(object_: Object) -> Layout:
    """The layout of an object's records; the compiler makes one where none is defined."""
    return object_.layouts[0]


def _cell(scope: RecordScope, record: Record, field: Field) -> Cell:
    return cell_of(scope.actor, field, record.values.get(field.api))


def _key_cells(scope: RecordScope, record: Record, layout: Layout) -> list[Cell]:
    """The first fields of the layout that hold something, for the head of the page."""
    fields = (f for tab in layout.tabs for s in tab.sections for f in s.fields)
    candidates = (
        _cell(scope, record, f)
        for f in fields
        if f is not record.object.name_field and f.type.widget not in WIDE
    )
    return [c for c in candidates if not c.blank][:KEY_FIELDS]


def _tabs(scope: RecordScope, record: Record, layout: Layout) -> list[ShownTab]:
    return [
        ShownTab(
            f"tab-{number}",
            label_text(tab.label),
            tuple(_section(scope, record, section) for section in tab.sections),
            tuple(
                related
                for listed in tab.related
                if (related := _related(scope, record, listed)) is not None
            ),
        )
        for number, tab in enumerate(layout.tabs, start=1)
    ]


def _section(scope: RecordScope, record: Record, section: Section) -> ShownSection:
    return ShownSection(
        label_text(section.label),
        section.columns,
        tuple(_cell(scope, record, field) for field in section.fields),
    )


def _related(scope: RecordScope, record: Record, listed: RelatedList) -> ShownRelated | None:
    child = scope.schema.objects.get(listed.relation.object)
    if child is None:
        return None
    where = {"field": listed.relation.field, "op": "=", "value": str(record.id)}
    found = select_records(
        scope,
        Query(
            child,
            fields=with_name(child, listed.columns),
            where=parse(where, child, scope.schema),
            sort=listed.sort,
            limit=RELATED_SIZE,
        ),
    )
    given = urlencode({"view": child.views[0].api, "where": orjson.dumps(where).decode()})
    return ShownRelated(
        label_text(listed.label) or label_text(child.plural),
        child,
        listed.columns,
        tuple(lines_of(scope, listed.columns, found.records)),
        found.next is not None,
        f"/o/{child.api}?{given}",
        _new_url(scope, record, child, listed.relation.field),
    )


def _new_url(scope: RecordScope, record: Record, child: Object, link: str) -> str | None:
    """Where a child is made with this record as its parent; None without the right."""
    if not access.may_create(scope, child):
        return None
    owned = child.master is not None and child.master.api == link
    if owned and not may_edit(scope, record):
        return None
    back = record_url(record.object.api, record.id)
    return f"/o/{child.api}/new?{urlencode({link: str(record.id), 'next': back})}"
