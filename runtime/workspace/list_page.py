"""The list of an object's records."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import Malformed
from kernel.i18n import Text, current_locale, format_decimal
from kernel.web.routes import SIGNED_IN, route
from metadata.condition import Condition, comparisons, sentence
from metadata.paths import PathError, resolve_path
from metadata.schema import Object, Path
from runtime import access
from runtime.query import Page, Query, count, select_records
from runtime.records import Record
from runtime.records.shape import find_names
from runtime.scope import RecordScope
from runtime.web import request_scope
from runtime.workspace.blueprint import may_create, pages
from runtime.workspace.display import Cell, cell, record_url
from runtime.workspace.list_state import MAX_SORT_KEYS, ListState, choices_of, read_state
from runtime.workspace.saved_views import list_views

PAGE_SIZE = 50
COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list."""

    url: str
    cells: tuple[Cell, ...]


def current_state(scope: RecordScope, object_: Object) -> ListState:
    """The list that the request's address means."""
    choices = choices_of(object_, list_views(scope, object_))
    args = {name: request.args[name] for name in request.args}
    if picked := request.args.getlist("column"):  # the form of the column chooser
        args["columns"] = ",".join(picked)
    if "sort1" in args:  # the form of the sort panel
        args["sort"] = ",".join(_picked_sort(args))
    return read_state(scope.schema, object_, choices, args)


def _picked_sort(args: dict[str, str]) -> list[str]:
    return [
        ("-" if args.get(f"direction{n}") == "down" else "") + args[f"sort{n}"]
        for n in range(1, MAX_SORT_KEYS + 1)
        if args.get(f"sort{n}")
    ]


@route(pages, "/o/<object_api>", needs=SIGNED_IN)
def show_list(object_api: str) -> ResponseReturnValue:
    """The list as its address says."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    state = current_state(scope, object_)
    if "column" in request.args or "sort1" in request.args:
        return redirect(state.url(), 303)
    found, problem = _read(scope, state)
    return render_template(
        "workspace/list.html",
        object=object_,
        state=state,
        lines=lines_of(scope, state.columns, found.records),
        next_url=state.next_url(found.next) if found.next else None,
        problem=problem,
        sentence=where_sentence(scope, state),
        may_create=may_create(scope, object_),
        available=available_columns(scope, object_, state.columns),
        sortable=[p for p in available_paths(scope, object_) if p.field.type.sortable],
    ), (400 if problem else 200)


def _read(scope: RecordScope, state: ListState) -> tuple[Page, Text | None]:
    """The page of records, or why there is none."""
    if state.problem is not None:
        return Page((), None), state.problem
    query = Query(
        state.object,
        fields=with_name(state.object, state.columns),
        where=state.where,
        sort=state.sort,
        limit=PAGE_SIZE,
        cursor=state.after,
    )
    try:
        return select_records(scope, query), None
    except Malformed as error:
        return Page((), None), str(error)


def with_name(object_: Object, columns: tuple[Path, ...]) -> tuple[Path, ...]:
    """The columns, and the name by which each row is linked."""
    name = Path((object_.name_field,))
    return columns if any(p.api == name.api for p in columns) else (*columns, name)


def lines_of(
    scope: RecordScope, columns: tuple[Path, ...], records: tuple[Record, ...]
) -> list[Line]:
    """The rows as the templates want them."""
    return [
        Line(
            record_url(record.object.api, record.id),
            tuple(cell(scope.actor, record, path) for path in columns),
        )
        for record in records
    ]


def where_sentence(scope: RecordScope, state: ListState) -> str:
    """The filter in words."""
    if state.where is None:
        return ""
    return condition_text(scope, state.where)


def condition_text(scope: RecordScope, condition: Condition) -> str:
    """A condition in words, with the names of the records it mentions."""
    names = find_names(scope, looked_up(condition))
    return sentence(
        condition, current_locale(), names=lambda _field, i: names.get(i), zone=scope.actor.zone
    )


def looked_up(condition: Condition) -> list[int]:
    """Ids of the records that a condition names, to show their names."""
    found: list[int] = []
    for compare in comparisons(condition):
        values = compare.value if isinstance(compare.value, tuple) else (compare.value,)
        if compare.path.field.to is not None:
            found += [value for value in values if isinstance(value, int)]
    return found


def available_paths(scope: RecordScope, object_: Object) -> list[Path]:
    """The fields of an object and, through its lookups, of the records they point to."""
    paths = [Path((f,)) for f in object_.fields.values() if f.api != "version"]
    for link in object_.data_fields():
        target = scope.schema.objects.get(link.to or "")
        if target is not None:
            paths += [Path((link, f)) for f in target.data_fields() if f is not target.name_field]
    return paths


def available_columns(
    scope: RecordScope, object_: Object, chosen: tuple[Path, ...]
) -> list[tuple[Path, bool]]:
    """All columns that may be chosen, the chosen ones first and in their order."""
    names = {path.api for path in chosen}
    rest = [path for path in available_paths(scope, object_) if path.api not in names]
    return [(path, True) for path in chosen] + [(path, False) for path in rest]


@route(pages, "/o/<object_api>/count", needs=SIGNED_IN)
def show_count(object_api: str) -> ResponseReturnValue:
    """How many records the list has, up to a thousand; fetched when the list is there."""
    scope = request_scope()
    object_ = access.require_object(scope, object_api)
    state = current_state(scope, object_)
    if state.problem is not None:
        return ""
    found = count(scope, object_, state.where, cap=COUNT_CAP)
    shown = format_decimal(min(found, COUNT_CAP))
    return render_template(
        "workspace/count.html", shown=shown, many=found > COUNT_CAP, n=min(found, COUNT_CAP)
    )


def find_path(scope: RecordScope, object_: Object, name: str) -> Path | None:
    """The path of a dotted name; None when there is none."""
    try:
        return resolve_path(name, object_, scope.schema)
    except PathError:
        return None
