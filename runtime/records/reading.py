"""Single records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

from kernel.errors import NotFound
from metadata.fieldtypes.lookup import MAX_ID
from runtime import access
from runtime.records.record import Record
from runtime.records.shape import names_of, shape_rows
from runtime.scope import RecordScope

_RECORDS = text("SELECT * FROM record_by_id(:tenant, :object, CAST(:ids AS bigint[]))").columns(
    data=JSONB
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
    }
    found = scope.unit.connection.execute(_RECORDS, parameters).all()
    rows = [row for row in found if access.may_read(scope, object_, row.owner_id)]
    names = names_of(scope, object_, None, rows)
    by_id = {one.id: one for one in shape_rows(object_, None, rows, names)}
    return [by_id[record_id] for record_id in wanted if record_id in by_id]
