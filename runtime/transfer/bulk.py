"""The bulk door of the API: a file whose header already names fields, run at once as a job."""

from __future__ import annotations

from kernel import files
from kernel.errors import FieldError, Invalid, UnsupportedMedia
from kernel.files import ReadableStream
from kernel.i18n import lazy
from kernel.jobs import Job
from metadata.schema import Object
from runtime import access
from runtime.scope import RecordScope
from runtime.transfer.imports import PURPOSE, add_import, sample, start_run
from runtime.transfer.plan import MATCH_ID, MODES, ColumnPlan, Plan
from runtime.transfer.readers import FileFormat, detect

__all__ = ["MODES", "start_bulk"]

_KINDS = {
    "text/csv": FileFormat("csv"),
    "application/csv": FileFormat("csv"),
    "application/x-ndjson": FileFormat("ndjson"),
    "application/ndjson": FileFormat("ndjson"),
    "application/jsonl": FileFormat("ndjson"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": FileFormat("xlsx"),
}


def start_bulk(
    scope: RecordScope,
    object_api: str,
    *,
    mode: str,
    match: str | None,
    stream: ReadableStream,
    content_type: str | None,
) -> Job:
    """Start importing CSV (header: api names, `lookup.field` to find a lookup by that field,
    a plain lookup by id) or NDJSON. `match` names the field of update and upsert.

    Raises `NotFound`, `Forbidden`, `UnsupportedMedia`, `TooLarge`, `BadFile`, and `Invalid`
    with an error for each column that is no field.
    """
    object_ = access.require_object(scope, object_api)
    if mode not in MODES:
        message = lazy("The mode must be one of %(names)s.", names=", ".join(MODES))
        raise Invalid(errors=[FieldError("mode", "unknown_mode", message)])
    if mode != "update":
        access.require_create(scope, object_)
    wanted = _KINDS.get(content_type or "")
    if wanted is None:
        raise UnsupportedMedia(lazy("Send text/csv or application/x-ndjson."))
    ending = {"csv": "csv", "xlsx": "xlsx"}.get(wanted.kind, "ndjson")
    file = files.store(scope, stream, f"{object_.api}.{ending}", content_type or "", PURPOSE)
    with files.open_file(scope, file.id) as source:
        how = detect(source, wanted)
    header, _rows = sample(scope, file.id, how, limit=0)
    columns = tuple(column_of(object_, name) for name in header)
    plan = Plan(object_.api, how, mode, match if mode != "insert" else None, columns)
    return start_run(scope, add_import(scope, object_, file, plan))


def column_of(object_: Object, name: str) -> ColumnPlan:
    """The plan of a column whose header is `field` or `lookup.field`."""
    api, dot, by = name.partition(".")
    field = object_.fields.get(api)
    if dot:
        return ColumnPlan(name, api, (by,))
    if field is not None and field.to is not None:
        return ColumnPlan(name, api, (MATCH_ID,))
    return ColumnPlan(name, api)
