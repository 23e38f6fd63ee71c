"""The log of what an import changed: what makes it resumable and what undoing it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from metadata.schema import Object
from runtime.records import RowResult
from runtime.scope import RecordScope
from runtime.transfer.lookups import Made
from runtime.transfer.models import ImportChange


def log_rows(
    scope: RecordScope,
    job_id: int,
    object_: Object,
    results: Sequence[tuple[int, str, RowResult]],
    made: Sequence[Made],
) -> None:
    """Note rows as (row number, action, result) and records that were made on the way."""
    rows = [
        _entry(scope, job_id, number, object_, result.id, action, result.version, result.before)
        for number, action, result in results
    ]
    if made:
        lowest = scope.unit.session.scalar(
            select(func.min(ImportChange.row_no)).where(
                ImportChange.job_id == job_id, ImportChange.row_no < 0
            )
        )
        numbers = range((lowest or 0) - 1, (lowest or 0) - 1 - len(made), -1)
        rows += [
            _entry(scope, job_id, number, helper.object, helper.id, "created", 1, None)
            for number, helper in zip(numbers, made, strict=True)
        ]
    if rows:
        scope.unit.connection.execute(insert(ImportChange), rows)


def _entry(
    scope: RecordScope,
    job_id: int,
    number: int,
    object_: Object,
    record_id: int | None,
    action: str,
    version: int | None,
    before: Mapping[str, Any] | None,
) -> dict[str, Any]:
    former = None
    if before is not None:
        former = {_key(object_, name): value for name, value in before.items()}
    return {
        "tenant_id": scope.tenant_id,
        "job_id": job_id,
        "row_no": number,
        "object_number": object_.number,
        "record_id": record_id,
        "action": action,
        "version": version,
        "before": former,
    }


def _key(object_: Object, name: str) -> str:
    """How the log names a field: by what does not change when it is renamed."""
    field = object_.fields[name]
    return name if field.column is not None else field.key


def former_values(object_: Object, before: Mapping[str, Any]) -> dict[str, Any]:
    """Former values by the names that the fields have now; those of deleted fields are gone."""
    values: dict[str, Any] = {}
    for key, value in before.items():
        field = object_.by_key.get(key) or object_.fields.get(key)
        if field is not None:
            values[field.api] = value
    return values


def done_rows(scope: RecordScope, job_id: int) -> dict[int, tuple[str, int]]:
    """Rows that an import has done: action and record id by row number."""
    statement = select(ImportChange.row_no, ImportChange.action, ImportChange.record_id).where(
        ImportChange.job_id == job_id, ImportChange.row_no > 0
    )
    return {
        row.row_no: (row.action, row.record_id) for row in scope.unit.session.execute(statement)
    }


def open_changes(scope: RecordScope, job_id: int, limit: int) -> list[ImportChange]:
    """The youngest changes that undoing has not come to yet, locked."""
    statement = (
        select(ImportChange)
        .where(ImportChange.job_id == job_id, ImportChange.undone.is_(None))
        .order_by(ImportChange.record_id.desc())
        .limit(limit)
        .with_for_update()
    )
    return list(scope.unit.session.scalars(statement))


def mark_undone(scope: RecordScope, job_id: int, numbers: Sequence[int], undone: str) -> None:
    """Note what undoing did with changes."""
    if numbers:
        scope.unit.session.execute(
            update(ImportChange)
            .where(ImportChange.job_id == job_id, ImportChange.row_no.in_(numbers))
            .values(undone=undone)
            .execution_options(synchronize_session=False)
        )


def count_open(scope: RecordScope, job_id: int) -> int:
    """How many changes undoing has not come to yet."""
    statement = select(func.count()).where(
        ImportChange.job_id == job_id, ImportChange.undone.is_(None)
    )
    return scope.unit.session.scalar(statement) or 0
