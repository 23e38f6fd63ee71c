"""Single records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, func, select

from kernel.errors import NotFound
from metadata.fieldtypes.lookup import MAX_ID
from runtime import access
from runtime.query.selection import DATA_COLUMNS
from runtime.records.record import Record
from runtime.records.shape import names_of, shape_rows
from runtime.scope import RecordScope
from runtime.tables import record_rows

_RECORDS = select(*(record_rows.c[name] for name in DATA_COLUMNS)).where(
    record_rows.c.tenant_id == bindparam("tenant"),
    record_rows.c.object_id == bindparam("object"),
    record_rows.c.id == func.any(cast(bindparam("ids", type_=Text), ARRAY(BigInteger))),
    record_rows.c.deleted.is_(False),
    access.readable_any(record_rows),
)


def get(scope: RecordScope, object_api: str, record_id: int) -> Record:
    """A record with all its fields; raises `NotFound` when absent or invisible."""
    records = get_many(scope, object_api, [record_id])
    if not records:
        raise NotFound()
    return records[0]


def get_many(scope: RecordScope, object_api: str, ids: Sequence[int]) -> list[Record]:
    """Those of the records that exist and are visible, in the order of `ids`."""
    object_ = access.require_object(scope, object_api)
    wanted = [record_id for record_id in ids if 0 < record_id <= MAX_ID]
    if not wanted:
        return []
    parameters = {
        "tenant": scope.tenant_id,
        "object": object_.number,
        "ids": "{" + ",".join(map(str, wanted)) + "}",
        **access.reader(scope),
    }
    rows = scope.unit.connection.execute(_RECORDS, parameters).all()
    names = names_of(scope, object_, None, rows)
    by_id = {found.id: found for found in shape_rows(object_, None, rows, names)}
    return [by_id[record_id] for record_id in wanted if record_id in by_id]
