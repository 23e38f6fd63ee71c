"""The page on which columns of the file are put into fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel import files
from kernel.errors import Forbidden, Invalid, Problem
from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Field, Object
from runtime import access
from runtime.scope import RecordScope
from runtime.transfer import imports
from runtime.transfer.binding import bind, matchable_fields, writable_fields
from runtime.transfer.blueprint import open_import, pages
from runtime.transfer.csvfiles import DELIMITERS, ENCODINGS
from runtime.transfer.models import DataImport
from runtime.transfer.plan import MATCH_ID, MODES, ColumnPlan, Plan
from runtime.transfer.readers import FileFormat, Row, detect
from runtime.transfer.suggestions import default_by, suggest_columns
from runtime.transfer.workbooks import sheet_names
from runtime.web import request_scope

SAMPLES = 3
BLANK_EXTRAS = 2
_SHOWN_CELL = 80


@dataclass(frozen=True, slots=True)
class Line:
    """A column of the file on the page."""

    name: str
    samples: tuple[str, ...]
    field: str


@dataclass(frozen=True, slots=True)
class Extra:
    """A further field: filled from a column that is in use already, or with a fixed text."""

    field: str = ""
    column: str = ""
    text: str = ""


@route(pages, "/imports/<import_id>/columns", needs=SIGNED_IN)
def show_columns(import_id: str) -> ResponseReturnValue:
    """The columns of the file with what they go into."""
    scope = request_scope()
    found, plan = open_import(scope, import_id)
    if found.job_id is not None:
        return redirect(f"/imports/{found.id}")
    object_ = access.require_object(scope, plan.object)
    header, rows = imports.sample(scope, found.file_id, plan.format)
    return render_template(
        "transfer/columns.html",
        found=found,
        plan=plan,
        object=object_,
        lines=_lines(plan, header, rows),
        header=header,
        extras=_extras(object_, plan),
        fields=_choices(object_),
        matches=matchable_fields(object_),
        missing=_missing(object_, plan),
        problem=_problem(scope, plan, header) if "check" in request.args else None,
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        sheet_pairs=[(name, name) for name in _sheets(scope, found, plan)],
    )


def _lines(plan: Plan, header: tuple[str, ...], rows: list[Row]) -> list[Line]:
    first: dict[str, str] = {}
    for column in plan.columns:
        if column.column is not None:
            first.setdefault(column.column, column.field)
    return [
        Line(name, _samples(rows, place), first.get(name, "")) for place, name in enumerate(header)
    ]


def _samples(rows: list[Row], place: int) -> tuple[str, ...]:
    texts = (row.cells[place].strip() for row in rows)
    return tuple(dict.fromkeys(text[:_SHOWN_CELL] for text in texts if text))[:SAMPLES]


def _extras(object_: Object, plan: Plan) -> list[Extra]:
    """Second uses of columns and constants, then the required fields that nothing fills yet."""
    used: set[str] = set()
    extras: list[Extra] = []
    for column in plan.columns:
        if column.column is None or column.column in used:
            extras.append(Extra(column.field, column.column or "", column.default))
        else:
            used.add(column.column)
    extras += [Extra(field.api) for field in _missing(object_, plan)]
    return extras + [Extra()] * BLANK_EXTRAS


def _missing(object_: Object, plan: Plan) -> list[Field]:
    """Required fields that a new record would lack."""
    if plan.mode == "update":
        return []
    filled = {column.field for column in plan.columns}
    return [
        field
        for field in writable_fields(object_)
        if field.required and field.default is None and field.api not in filled
    ]


def _choices(object_: Object) -> list[Field]:
    return [*writable_fields(object_), object_.fields[MATCH_ID]]


def _problem(scope: RecordScope, plan: Plan, header: tuple[str, ...]) -> Problem | None:
    try:
        bind(scope, plan, header)
    except (Invalid, Forbidden) as problem:
        return problem
    return None


def _sheets(scope: RecordScope, found: DataImport, plan: Plan) -> tuple[str, ...]:
    if plan.format.kind != "xlsx":
        return ()
    with files.open_file(scope, found.file_id) as source:
        return sheet_names(source)


@route(pages, "/imports/<import_id>/columns", methods=["POST"], needs=SIGNED_IN)
def save_columns(import_id: str) -> ResponseReturnValue:
    """Keep the choices, then go on or say what is wrong with them."""
    scope = request_scope()
    found, plan = open_import(scope, import_id, lock=True)
    object_ = access.require_object(scope, plan.object)
    header, _rows = imports.sample(scope, found.file_id, plan.format, limit=0)
    form = request.form
    mode, dates = form.get("mode", ""), form.get("dates", "")
    plan = plan.changed(
        columns=_read_columns(scope, object_, plan, header, form),
        mode=mode if mode in MODES else plan.mode,
        match=form.get("match") or None,
        decimal="," if form.get("decimal") == "," else ".",
        dates=dates if dates in ("ymd", "dmy", "mdy") else "ymd",
        clear_blanks="clear_blanks" in form,
    )
    if plan.mode == "insert":
        plan = plan.changed(match=None)
    imports.change_plan(found, plan)
    wrong = _problem(scope, plan, header) is not None
    incomplete = plan.mode == "insert" and bool(_missing(object_, plan))
    if form.get("then") == "more" or (incomplete and not wrong):
        target = "columns?check=1#more"
    else:
        target = "columns?check=1" if wrong else "values"
    return redirect(f"/imports/{found.id}/{target}", 303)


def _read_columns(
    scope: RecordScope,
    object_: Object,
    plan: Plan,
    header: tuple[str, ...],
    form: Mapping[str, str],
) -> tuple[ColumnPlan, ...]:
    """The columns as chosen; what was set on the page of the values is kept."""
    known = {(column.column, column.field): column for column in plan.columns}
    chosen: list[tuple[str | None, str, str]]
    chosen = [(name, api, "") for n, name in enumerate(header) if (api := form.get(f"column-{n}"))]
    for n in range(len(header) + 200):
        if f"extra-field-{n}" not in form:
            break
        api, column = form[f"extra-field-{n}"], form.get(f"extra-from-{n}") or None
        text = form.get(f"extra-text-{n}", "")[:10_000]
        if api and (column or text.strip()):
            chosen.append((column, api, text))
    columns = []
    for column, api, text in chosen:
        field = object_.fields.get(api)
        if field is None:
            continue
        fresh = ColumnPlan(column, field.api, default_by(scope.schema, field))
        kept = known.get((column, field.api), fresh)
        columns.append(replace(kept, default=text) if column is None else kept)
    return tuple(columns)


@route(pages, "/imports/<import_id>/format", methods=["POST"], needs=SIGNED_IN)
def save_format(import_id: str) -> ResponseReturnValue:
    """Read the file in another way and guess its columns anew."""
    scope = request_scope()
    found, plan = open_import(scope, import_id, lock=True)
    object_ = access.require_object(scope, plan.object)
    delimiter = request.form.get("delimiter") or None
    wanted = FileFormat(
        "csv",
        request.form.get("encoding") or None,
        "\t" if delimiter == "tab" else delimiter,
        request.form.get("sheet") or None,
    )
    with files.open_file(scope, found.file_id) as source:
        how = detect(source, wanted)
    header, rows = imports.sample(scope, found.file_id, how)
    columns = suggest_columns(scope.schema, object_, header, rows, scope.actor)
    columns = tuple(column for column in columns if column.field != MATCH_ID)
    imports.change_plan(found, plan.changed(format=how, columns=columns))
    return redirect(f"/imports/{found.id}/columns", 303)
