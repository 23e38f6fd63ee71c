"""Single records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, func, literal

from kernel.errors import NotFound
from runtime import access
from runtime.query.selection import columns_of
from runtime.query.source import Source
from runtime.records.record import Record
from runtime.records.shape import names_of, shape_rows
from runtime.scope import RecordScope

MAX_ID = 2**63 - 1


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
    source = Source(scope, object_)
    row_id = source.base.c.id
    if len(wanted) == 1:
        source.require(row_id == wanted[0])
    else:
        source.require(row_id == func.any(literal(wanted, ARRAY(BigInteger))))
    rows = scope.unit.connection.execute(source.select(*columns_of(source, None))).all()
    names = names_of(scope, object_, None, rows)
    by_id = {found.id: found for found in shape_rows(object_, None, rows, names)}
    return [by_id[record_id] for record_id in wanted if record_id in by_id]
