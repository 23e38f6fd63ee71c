"""From rows to records: stored forms to API values, ids of lookups to names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Row, text

from metadata.schema import Field, Object, Path
from runtime import access
from runtime.records.record import Record
from runtime.scope import RecordScope

Names = Mapping[int, str | None]
SYSTEM_COLUMNS = ("id", "version", "owner_id")
"""The columns with which the rows of lists begin; then come the asked fields, in their order."""
_FIRST_FIELD = len(SYSTEM_COLUMNS)


def instant(value: datetime) -> str:
    """An instant as in API answers and in stored data: ISO 8601 in UTC with a Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def system_value(field: Field, value: Any) -> Any:
    """A system column in the stored form of its type."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return instant(value)
    return str(value) if field.to is not None or field.api == "id" else value


def shown(field: Field, stored: Any, names: Names) -> Any:
    """The API value of a stored form."""
    if stored is None or field.to is None:
        return stored
    return {"id": stored, "name": names.get(int(stored))}


_HEADS = text(
    "SELECT id, object_id, owner_id, name FROM record_heads(:tenant, CAST(:ids AS bigint[]))"
)
"""Plans of record statements cost more than these rows; the function keeps its own."""


def find_names(scope: RecordScope, ids: Iterable[int]) -> Names:
    """Names of records of any object that the actor may see, in one statement."""
    wanted = set(ids)
    if not wanted:
        return {}
    listed = "{" + ",".join(map(str, wanted)) + "}"
    heads = scope.unit.connection.execute(_HEADS, {"tenant": scope.tenant_id, "ids": listed})
    objects = scope.schema.by_number
    return {
        record_id: name
        for record_id, number, owner_id, name in heads
        if (target := objects.get(number)) and access.may_read(scope, target, owner_id)
    }


def names_of(
    scope: RecordScope,
    object_: Object,
    fields: tuple[Path, ...] | None,
    rows: Sequence[Row[Any]],
) -> Names:
    """Names of all records that the rows' lookups point to."""
    ids: set[int] = set()
    if fields is None:
        links = [f for f in object_.fields.values() if f.to is not None]
        for row in rows:
            for field in links:
                found = (
                    row.data.get(field.key) if field.column is None else row._mapping[field.column]
                )
                if found is not None:
                    ids.add(int(found))
    else:
        places = [n for n, path in enumerate(fields, _FIRST_FIELD) if path.field.to is not None]
        for row in rows:
            ids.update(int(row[n]) for n in places if row[n] is not None)
    return find_names(scope, ids)


def shape_rows(
    object_: Object,
    fields: tuple[Path, ...] | None,
    rows: Sequence[Row[Any]],
    names: Names,
) -> tuple[Record, ...]:
    """Records of the rows of a statement made with `columns_of`."""
    if fields is None:
        return tuple(whole_record(object_, row, names) for row in rows)
    plan = [
        (path.api, n, _conversion(path.field, names)) for n, path in enumerate(fields, _FIRST_FIELD)
    ]
    records = []
    for row in rows:
        cells = tuple(row)
        values: dict[str, Any] = {}
        for api, n, convert in plan:
            stored = cells[n]
            values[api] = stored if stored is None or convert is None else convert(stored)
        records.append(Record(object_, cells[0], cells[1], cells[2], values))
    return tuple(records)


def _conversion(field: Field, names: Names) -> Callable[[Any], Any] | None:
    """What makes an API value of a stored form that is there; None when it is one already."""
    if field.to is not None:
        return lambda stored: {"id": str(stored), "name": names.get(int(stored))}
    return None if field.column is None else partial(system_value, field)


def whole_record(object_: Object, row: Row[Any], names: Names) -> Record:
    """A record with all its fields."""
    mapping, data = row._mapping, row.data
    values: dict[str, Any] = {}
    for api, field in object_.fields.items():
        if field.column is None:
            stored = data.get(field.key)
        elif api in ("id", "version"):
            continue
        else:
            stored = system_value(field, mapping[field.column])
        values[api] = stored if field.to is None else shown(field, stored, names)
    return Record(object_, row.id, row.version, row.owner_id, values)
