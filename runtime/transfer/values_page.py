"""The page on which lookups are matched and texts of the file get their meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel import files
from kernel.errors import Forbidden, Invalid
from kernel.i18n import label_text
from kernel.web.routes import SIGNED_IN, route
from metadata.fieldtypes.base import BadValue
from metadata.schema import Field, Object, Path, PicklistValue
from runtime import access
from runtime.query import Query, select_records
from runtime.scope import RecordScope
from runtime.transfer import imports
from runtime.transfer.binding import BoundColumn, BoundPlan, bind, matchable_fields
from runtime.transfer.blueprint import open_import, pages
from runtime.transfer.conversion import mapped_text, to_value
from runtime.transfer.lookups import Lookups
from runtime.transfer.models import DataImport
from runtime.transfer.plan import ColumnPlan, Plan
from runtime.transfer.readers import read_table
from runtime.transfer.suggestions import closest
from runtime.web import request_scope

SCANNED_ROWS = 20_000
DISTINCT = 2_000
SHOWN = 30
EMPTY = "-"
"""The choice that a text means nothing."""
_NAMES = 500


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the file that means nothing yet, or that was given a meaning."""

    text: str
    count: int
    meaning: str
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A column whose texts must be matched."""

    number: int
    column: ColumnPlan
    field: Field
    target: Object | None
    matches: tuple[Field, ...]
    may_create: bool
    choices: tuple[PicklistValue, ...]
    names: tuple[str, ...]
    distinct: int
    texts: tuple[Text, ...]
    more: int
    """How many further texts are not shown."""


@route(pages, "/imports/<import_id>/values", needs=SIGNED_IN)
def show_values(import_id: str) -> ResponseReturnValue:
    """The columns that are matched by text, with the texts that find nothing."""
    scope = request_scope()
    found, plan = open_import(scope, import_id)
    if found.job_id is not None:
        return redirect(f"/imports/{found.id}")
    header, _rows = imports.sample(scope, found.file_id, plan.format, limit=0)
    try:
        bound = bind(scope, plan, header)
    except (Invalid, Forbidden):
        return redirect(f"/imports/{found.id}/columns?check=1")
    cards = _cards(scope, found, plan, bound)
    return render_template(
        "transfer/values.html",
        found=found,
        plan=plan,
        object=bound.object,
        cards=cards,
        scanned=SCANNED_ROWS,
        empty_choice=EMPTY,
    )


def _cards(scope: RecordScope, found: DataImport, plan: Plan, bound: BoundPlan) -> list[Card]:
    matched = {
        n: column
        for n, column in enumerate(bound.columns)
        if column.place is not None
        and (column.field.to is not None or column.field.picklist is not None)
    }
    counts = _count_texts(scope, found, plan, matched)
    return [
        _card(scope, bound, n, plan.columns[n], column, counts[n]) for n, column in matched.items()
    ]


def _count_texts(
    scope: RecordScope, found: DataImport, plan: Plan, matched: Mapping[int, BoundColumn]
) -> dict[int, Counter[str]]:
    counts: dict[int, Counter[str]] = {n: Counter() for n in matched}
    if not matched:
        return counts
    with (
        files.open_file(scope, found.file_id) as source,
        read_table(source, plan.format) as table,
    ):
        for seen, row in enumerate(table.rows, start=1):
            for n, column in matched.items():
                text = mapped_text(column.text(row.cells), {}, "").strip()
                if text and (text in counts[n] or len(counts[n]) < DISTINCT):
                    counts[n][text] += 1
            if seen == SCANNED_ROWS:
                break
    return counts


def _card(
    scope: RecordScope,
    bound: BoundPlan,
    number: int,
    plan: ColumnPlan,
    column: BoundColumn,
    counts: Counter[str],
) -> Card:
    field = column.field
    target = scope.schema.objects[field.to] if field.to is not None else None
    names = _names(scope, target) if target is not None else ()
    labels = _labels(field)
    lost = _lost(scope, bound, column, counts)
    texts = []
    for text, count in counts.most_common():
        meaning = plan.values.get(text)
        if meaning is None and text not in lost:
            continue
        guess = None if meaning is not None else closest(text, labels or names)
        shown = EMPTY if meaning == "" else meaning or labels.get(guess or "", guess) or ""
        texts.append(Text(text, count, shown, suggested=guess is not None))
    return Card(
        number,
        plan,
        field,
        target,
        matchable_fields(target) if target is not None else (),
        target is not None and access.may_create(scope, target),
        field.picklist.values if field.picklist is not None else (),
        names,
        len(counts),
        tuple(texts[:SHOWN]),
        max(0, len(texts) - SHOWN),
    )


def _labels(field: Field) -> dict[str, str]:
    """Codes of the choices by what people call them."""
    if field.picklist is None:
        return {}
    values = [value for value in field.picklist.values if not value.retired]
    return {label_text(value.label): value.code for value in values}


def _names(scope: RecordScope, target: Object) -> tuple[str, ...]:
    """Names to choose from, of some records."""
    path = Path((target.name_field,))
    page = select_records(scope, Query(target, (path,), limit=_NAMES))
    return tuple(sorted({record.name() for record in page.records}))


def _lost(
    scope: RecordScope, bound: BoundPlan, column: BoundColumn, texts: Iterable[str]
) -> set[str]:
    """The texts that find no record, or more than one, or are no choice."""
    if column.field.to is not None:
        found = Lookups().find(scope, bound, column, texts)
        return {text for text, ids in found.items() if len(ids) != 1}
    return {text for text in texts if not _is_choice(scope, bound, column.field, text)}


def _is_choice(scope: RecordScope, bound: BoundPlan, field: Field, text: str) -> bool:
    try:
        to_value(field, text, bound.plan, scope.actor.locale, scope.actor.zone)
    except BadValue:
        return False
    return True


@route(pages, "/imports/<import_id>/values", methods=["POST"], needs=SIGNED_IN)
def save_values(import_id: str) -> ResponseReturnValue:
    """Keep the meanings; then look again, or check the import."""
    scope = request_scope()
    found, plan = open_import(scope, import_id, lock=True)
    columns = [_read_column(n, column, request.form) for n, column in enumerate(plan.columns)]
    imports.change_plan(found, plan.changed(columns=tuple(columns)))
    if request.form.get("then") == "again":
        return redirect(f"/imports/{found.id}/values", 303)
    try:
        imports.start_check(scope, found)
    except (Invalid, Forbidden):
        return redirect(f"/imports/{found.id}/columns?check=1", 303)
    return redirect(f"/imports/{found.id}", 303)


def _read_column(number: int, column: ColumnPlan, form: Mapping[str, Any]) -> ColumnPlan:
    if f"card-{number}" not in form:
        return column
    values = dict(column.values)
    for n in range(SHOWN):
        text = form.get(f"from-{number}-{n}")
        if text is None:
            break
        meaning = form.get(f"to-{number}-{n}", "").strip()
        text = text.replace("\r\n", "\n")  # forms send line breaks as CR LF
        values.pop(text, None)
        if meaning:
            values[text] = "" if meaning == EMPTY else meaning[:1000]
    by = tuple(part for part in form.get(f"by-{number}", "").split(",") if part) or column.by
    create = f"make-{number}" in form
    return replace(
        column,
        by=by[:1] if create else by,
        create_missing=create,
        values=values,
        default=form.get(f"default-{number}", "")[:1000],
    )
