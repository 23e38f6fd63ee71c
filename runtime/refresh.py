"""Bringing what is derived from records up to date while people work.

Slots, display names, search rows and the table of unique values are derived from a record's
JSON. When a new metadata version changes what they should hold, a job walks through the
object's records in short transactions. It never stands in the way: writers under the new
version write the derived parts themselves (publishing waits for those under the old one), the
job locks a few hundred rows at a time, and readers do not use a slot before it is complete.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import func, or_, select

from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import label_text, lazy
from kernel.jobs import RunningJob, job_kind, start_job
from kernel.logging import get_logger
from kernel.scope import SYSTEM, Scope
from metadata import store
from metadata.schema import Field, Object, Schema
from runtime.records import statements
from runtime.records.rows import display_name, is_searched, search_row, slot_of, take
from runtime.records.unique import unique_key
from runtime.scope import RecordScope, open_scope
from runtime.tables import record_rows

log = get_logger(__name__)

KIND = "records.refresh"
BATCH = 500


@store.on_publish
def refresh_what_changed(scope: Scope, old: Schema, new: Schema) -> None:
    """In the transaction of a new version: claim values of fields that become unique, and start
    the job for objects whose derived parts are no longer right."""
    for object_ in new.objects.values():
        before = old.by_number.get(object_.number)
        if before is None:
            continue
        _settle_unique(scope, new, before, object_)
        if _needs_refresh(before, object_):
            start_job(
                replace(scope, actor=SYSTEM),  # must not end when the administrator leaves
                KIND,
                {"object": object_.number},
                f"Refresh records: {label_text(object_.label)}",
            )


def _needs_refresh(before: Object, after: Object) -> bool:
    filling = any(f.slot is not None and not f.slot_live for f in after.data_fields())
    renamed = before.name_field.number != after.name_field.number
    found = {f.number for f in after.data_fields() if is_searched(f)}
    lost = any(is_searched(f) and f.number not in found for f in before.data_fields())
    return filling or renamed or lost


def _settle_unique(scope: Scope, new: Schema, before: Object, after: Object) -> None:
    """Claim or release the values of fields whose uniqueness changed."""
    known = {f.number: f for f in before.data_fields()}
    work = RecordScope(tenant_id=scope.tenant_id, actor=scope.actor, unit=scope.unit, schema=new)
    for field in after.data_fields():
        was = known.get(field.number)
        if was is not None and field.unique and not was.unique:
            _claim_all(work, after, field)
        elif was is not None and was.unique and not field.unique:
            statements.release_field(
                scope.unit.connection,
                tenant_id=scope.tenant_id,
                object_number=after.number,
                field_number=field.number,
            )


def _claim_all(scope: RecordScope, object_: Object, field: Field) -> None:
    last = 0
    while rows := _batch(scope, object_, last, lock=False, alive=True):
        last = rows[-1].id
        claims = [
            {"record_id": row.id, "field_id": field.number, "val": unique_key(field, value)}
            for row in rows
            if (value := take(row.data, field)) is not None
        ]
        won = statements.claim_unique(
            scope.unit.connection,
            tenant_id=scope.tenant_id,
            object_number=object_.number,
            rows=claims,
        )
        if len(won) < len(claims):
            raise Invalid(
                errors=[
                    FieldError(
                        f"field {field.name} unique",
                        "has_duplicates",
                        lazy(
                            "Records already share values of “%(field)s”; it cannot be unique.",
                            field=label_text(field.label),
                        ),
                    )
                ]
            )


@job_kind(KIND, queue="bulk", resumes=True)
def refresh(job: RunningJob) -> None:
    """Refresh all records of an object, then declare its slots live. Safe to run again."""
    number = job.params["object"]
    done, last = 0, 0
    while True:
        with open_scope(job.database, job.tenant_id, SYSTEM, write=True) as scope:
            object_ = scope.schema.by_number.get(number)
            if object_ is None:  # deleted meanwhile
                return
            rows = _batch(scope, object_, last, lock=True, alive=False)
            if not rows:
                break
            _refresh_batch(scope, object_, rows)
            last = rows[-1].id
            done += len(rows)
            job.progress(done, scope=scope)
        job.stop_if_cancelled()
    _go_live(job, number)


def _batch(
    scope: RecordScope, object_: Object, after: int, *, lock: bool, alive: bool
) -> list[Any]:
    statement = (
        select(record_rows.c.id, record_rows.c.deleted, record_rows.c.data)
        .where(
            record_rows.c.tenant_id == scope.tenant_id,
            record_rows.c.object_id == object_.number,
            record_rows.c.id > after,
        )
        .order_by(record_rows.c.id)
        .limit(BATCH)
    )
    if alive:
        statement = statement.where(record_rows.c.deleted.is_(False))
    if lock:
        statement = statement.with_for_update(key_share=True)
    return list(scope.unit.connection.execute(statement))


def _refresh_batch(scope: RecordScope, object_: Object, rows: list[Any]) -> None:
    fields = [f for f in object_.data_fields() if f.slot is not None and not f.slot_live]
    derived, found = [], []
    for row in rows:
        line: dict[str, Any] = {"id": row.id, "name": display_name(object_, row.data)}
        for field in fields:
            line[field.slot or ""] = slot_of(field, take(row.data, field))
        derived.append(line)
        if not row.deleted:
            txt, tokens = search_row(scope.tenant_id, object_, row.data)
            found.append({"id": row.id, "txt": txt, "tokens": tokens})
    connection = scope.unit.connection
    columns = ("name", *(f.slot or "" for f in fields))
    statements.set_derived(connection, tenant_id=scope.tenant_id, columns=columns, rows=derived)
    statements.replace_search(
        connection, tenant_id=scope.tenant_id, object_number=object_.number, rows=found
    )


def _go_live(job: RunningJob, number: int) -> None:
    """Count once more that each slot is filled exactly where its field is; then use it."""
    with open_scope(job.database, job.tenant_id, SYSTEM) as scope:
        object_ = scope.schema.by_number.get(number)
        if object_ is None:
            return
        waiting = [f for f in object_.data_fields() if f.slot is not None and not f.slot_live]
        ready = [field for field in waiting if not _mismatches(scope, object_, field)]
    for field in waiting:
        if field not in ready:
            log.error("slot does not match its field", extra={"field": field.name})
            continue
        try:
            with job.database.scope(job.tenant_id, SYSTEM) as unit:
                store.slot_filled(unit, number, field.number, as_of=scope.schema.version)
        except Conflict:  # that version has started a job of its own
            log.info("definitions changed while slots were filled", extra={"field": field.name})
            return


def _mismatches(scope: RecordScope, object_: Object, field: Field) -> int:
    slot = record_rows.c[field.slot or ""]
    present = record_rows.c.data.has_key(field.key)
    statement = (
        select(func.count())
        .select_from(record_rows)
        .where(
            record_rows.c.tenant_id == scope.tenant_id,
            record_rows.c.object_id == object_.number,
            or_(present & slot.is_(None), ~present & slot.is_not(None)),
        )
    )
    return int(scope.unit.connection.execute(statement).scalar_one())
