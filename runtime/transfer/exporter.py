"""Writes a list - its filter, columns and order - to a file that can be imported again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from kernel.errors import FieldError, Invalid
from kernel.i18n import current_locale, label_text, lazy
from kernel.scope import Actor
from metadata.condition import Condition, parse
from metadata.fieldtypes.choices import choice_label
from metadata.paths import PathError, resolve_path
from metadata.schema import Field, Object, Path, SortKey
from runtime import access
from runtime.query import Query, select_records
from runtime.records import Record
from runtime.records.record import load_value
from runtime.scope import RecordScope
from runtime.transfer.sheets import CONTENT_TYPES, Percentage, open_sheet

DIRECT_ROWS = 5_000
"""What is written while the person waits; more is a job."""
STYLES = ("labels", "names")
MAX_COLUMNS = 200
_PAGE = 500
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What goes into a file. Style `labels` writes what people read; `names` writes api names
    of fields, codes of choices and ids of linked records."""

    object: Object
    columns: tuple[Path, ...]
    where: Condition | None
    sort: tuple[SortKey, ...]
    kind: str
    style: str
    bom: bool
    day: date

    @classmethod
    def from_json(cls, scope: RecordScope, given: dict[str, Any]) -> ExportPlan:
        """The plan that a page or a job holds as JSON (`object`, `columns`, `where`, `sort`,
        `kind`, `style`, `bom`); raises `Invalid`, `NotFound`."""
        object_ = access.require_object(scope, str(given.get("object", "")))
        kind, style = given.get("kind", "csv"), given.get("style", "labels")
        if kind not in CONTENT_TYPES or style not in STYLES:
            raise Invalid(lazy("A file is written as CSV or XLSX, with labels or api names."))
        names = list(given.get("columns") or ())
        if not 0 < len(names) <= MAX_COLUMNS:
            raise Invalid(lazy("Choose from 1 to %(n)s columns.", n=MAX_COLUMNS))
        return cls(
            object=object_,
            columns=tuple(_path(scope, object_, name) for name in names),
            where=parse(given.get("where"), object_, scope.schema),
            sort=tuple(_sort_key(scope, object_, name) for name in given.get("sort") or ()),
            kind=kind,
            style=style,
            bom=bool(given.get("bom", True)),
            day=scope.unit.clock.now().astimezone(ZoneInfo(scope.actor.zone)).date(),
        )

    @property
    def content_type(self) -> str:
        """The media type of the file."""
        return CONTENT_TYPES[self.kind]

    def file_name(self) -> str:
        """The name of the file: what is in it and the day."""
        label = label_text(self.object.plural) or label_text(self.object.label)
        return f"{_UNSAFE.sub('_', label)[:80]} {self.day.isoformat()}.{self.kind}"


def _path(scope: RecordScope, object_: Object, name: Any) -> Path:
    try:
        return resolve_path(str(name), object_, scope.schema)
    except PathError as error:
        raise Invalid(errors=[FieldError("columns", "no_such_field", error.text)]) from error


def _sort_key(scope: RecordScope, object_: Object, name: Any) -> SortKey:
    text = str(name)
    path = _path(scope, object_, text.removeprefix("-"))
    if not path.field.type.sortable:
        raise Invalid(
            errors=[
                FieldError(
                    "sort",
                    "not_sortable",
                    lazy("Lists cannot be sorted by “%(name)s”.", name=path.api),
                )
            ]
        )
    return SortKey(path, text.startswith("-"))


def write_export(
    scope: RecordScope,
    plan: ExportPlan,
    file: IO[bytes],
    on_rows: Callable[[int], None] | None = None,
) -> int:
    """Write what the actor may see of the list; returns the number of rows.

    `on_rows` is told after each page how many there are so far.
    """
    sheet = open_sheet(plan.kind, file, bom=plan.bom)
    sheet.row(header(plan))
    written = 0
    for page in _pages(scope, plan):
        for record in page:
            sheet.row([_cell(plan, scope.actor, path, record) for path in plan.columns])
        written += len(page)
        if on_rows is not None:
            on_rows(written)
    sheet.close()
    return written


def _pages(scope: RecordScope, plan: ExportPlan) -> Iterator[tuple[Record, ...]]:
    cursor: str | None = None
    while True:
        page = select_records(
            scope, Query(plan.object, plan.columns, plan.where, plan.sort, _PAGE, cursor)
        )
        yield page.records
        cursor = page.next
        if cursor is None:
            return


def header(plan: ExportPlan) -> list[str]:
    """The first row. Labels that occur twice get the api name behind them."""
    if plan.style == "names":
        return [path.api for path in plan.columns]
    labels = [" / ".join(label_text(f.label) for f in path.fields) for path in plan.columns]
    return [
        f"{label} ({path.api})" if labels.count(label) > 1 else label
        for label, path in zip(labels, plan.columns, strict=True)
    ]


def _cell(plan: ExportPlan, actor: Actor, path: Path, record: Record) -> Any:
    shown = record.values[path.api]
    if shown is None:
        return None
    field = path.field
    if isinstance(shown, dict):
        return shown["name"] if plan.style == "labels" else str(shown["id"])
    if field.picklist is not None:
        return _choices(plan, field, shown)
    value = load_value(field, shown)
    if field.type.name == "percent":
        return Percentage(value)
    if field.type.name == "id":
        return str(shown)
    return value.astimezone(ZoneInfo(actor.zone)) if isinstance(value, datetime) else value


def _choices(plan: ExportPlan, field: Field, shown: Any) -> str:
    codes: Sequence[str] = [shown] if isinstance(shown, str) else shown
    if plan.style == "names":
        return ";".join(codes)
    return "; ".join(choice_label(field, code, current_locale()) for code in codes)
