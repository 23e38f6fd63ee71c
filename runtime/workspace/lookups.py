"""What a lookup's input offers while one types."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from kernel.errors import NotFound
from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Field, Object, Path, SortKey
from runtime import access
from runtime.query import Query, select_records
from runtime.records import Record
from runtime.scope import RecordScope
from runtime.search import MAX_TEXT, search
from runtime.web import request_scope
from runtime.workspace.blueprint import pages
from runtime.workspace.display import cell, record_name

OFFERED = 20
CANDIDATES = 200
"""How many finds of the search the lookup's filter is applied to."""

_HINT_WIDGETS = frozenset({"text", "email", "phone", "autonumber", "lookup", "picklist", "url"})


@route(pages, "/lookup/<object_api>", needs=SIGNED_IN)
def offer(object_api: str) -> ResponseReturnValue:
    """Records of an object by text; `for=opportunity.account` applies that lookup's filter."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    link = _link(scope, object_)
    hint = hint_path(object_)
    text = request.args.get("q", "").strip()[:MAX_TEXT]
    records = _find(scope, object_, link, hint, text)
    return jsonify({"choices": [_choice(scope, record, hint) for record in records]})


def _link(scope: RecordScope, object_: Object) -> Field | None:
    name = request.args.get("for")
    if name is None:
        return None
    start, _dot, api = name.partition(".")
    field = scope.schema.objects[start].fields.get(api) if start in scope.schema.objects else None
    if field is None or field.to != object_.api:
        raise NotFound()
    return field


def hint_path(object_: Object) -> Path | None:
    """A second field that tells records of one name apart: the first such column of a list."""
    columns = (path for view in object_.views for path in view.columns)
    for path in columns:
        shown = path.field.type.widget in _HINT_WIDGETS and path.field.api != "owner"
        if shown and path.field is not object_.name_field and len(path.fields) == 1:
            return path
    return None


def _find(
    scope: RecordScope, object_: Object, link: Field | None, hint: Path | None, text: str
) -> list[Record]:
    name = Path((object_.name_field,))
    fields = (name,) if hint is None else (name, hint)
    where = link.filter if link is not None else None
    if not text:
        query = Query(object_, fields, where, sort=(SortKey(name),), limit=OFFERED)
        return list(select_records(scope, query).records)
    ids = [hit.id for hit in search(scope, text, [object_], limit=CANDIDATES)]
    if not ids:
        return []
    query = Query(object_, fields, where, limit=CANDIDATES, only=tuple(ids))
    place = {record_id: at for at, record_id in enumerate(ids)}
    found = sorted(select_records(scope, query).records, key=lambda record: place[record.id])
    return found[:OFFERED]


def _choice(scope: RecordScope, record: Record, hint: Path | None) -> dict[str, str]:
    return {
        "value": str(record.id),
        "text": record_name(record.object, record),
        "hint": cell(scope.actor, record, hint).text if hint is not None else "",
    }
