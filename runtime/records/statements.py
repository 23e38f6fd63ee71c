"""The writing statements: any number of rows travel as one JSON parameter.

PostgreSQL unpacks the rows with `json_to_recordset`, so a statement has the same text for one
row and for a thousand, and Python binds one value instead of one per cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, TextClause, text

from runtime.tables import SLOT_TYPES

Json = dict[str, Any]

_FIXED = {
    "id": "bigint",
    "owner_id": "bigint",
    "name": "text",
    "data": "jsonb",
}
_SLOT_SQL = {"n": "numeric", "d": "timestamptz", "r": "bigint", "p": "int", "t": "text"}
assert _SLOT_SQL.keys() == SLOT_TYPES.keys()


def insert_records(
    connection: Connection,
    *,
    tenant_id: int,
    object_number: int,
    actor_id: int | None,
    now: Any,
    slots: tuple[str, ...],
    rows: Sequence[Json],
) -> None:
    """Insert records and their search rows. A row has id, owner_id, name, data, txt, tokens
    and a key per slot."""
    connection.execute(
        _insert(slots),
        {
            "rows": orjson.dumps(rows).decode(),
            "tenant": tenant_id,
            "object": object_number,
            "actor": actor_id,
            "now": now,
        },
    )


@cache
def _insert(slots: tuple[str, ...]) -> TextClause:
    columns = (*_FIXED, *slots)
    return text(
        f"""WITH x AS MATERIALIZED (
    SELECT * FROM json_to_recordset(CAST(:rows AS json))
    AS x({_types(columns)}, txt text, tokens text[])
), s AS (
    INSERT INTO record_search (tenant_id, object_id, id, txt, tsv)
    SELECT :tenant, :object, id, txt, array_to_tsvector(tokens) FROM x WHERE txt <> ''
)
INSERT INTO record (tenant_id, object_id, version, created_at, created_by, updated_at, updated_by,
    deleted, {", ".join(columns)})
SELECT :tenant, :object, 1, :now, :actor, :now, :actor, false, {", ".join(columns)} FROM x"""
    )


def update_records(
    connection: Connection,
    *,
    tenant_id: int,
    actor_id: int | None,
    now: Any,
    columns: tuple[str, ...],
    rows: Sequence[Json],
) -> None:
    """Set `columns` (and who, when, version) of locked records; a row has id and each column."""
    connection.execute(
        _update(columns),
        {"rows": orjson.dumps(rows).decode(), "tenant": tenant_id, "actor": actor_id, "now": now},
    )


@cache
def _update(columns: tuple[str, ...]) -> TextClause:
    settings = ", ".join(f"{column} = x.{column}" for column in columns)
    return text(
        f"""UPDATE record AS r SET version = r.version + 1, updated_at = :now, updated_by = :actor,
    {settings}
FROM json_to_recordset(CAST(:rows AS json)) AS x({_types(("id", *columns))})
WHERE r.tenant_id = :tenant AND r.id = x.id"""
    )


def set_derived(
    connection: Connection, *, tenant_id: int, columns: tuple[str, ...], rows: Sequence[Json]
) -> None:
    """Set columns that are derived from the data of locked records. For people nothing has
    changed, so version and time stay."""
    settings = ", ".join(f"{column} = x.{column}" for column in columns)
    statement = text(
        f"""UPDATE record AS r SET {settings}
FROM json_to_recordset(CAST(:rows AS json)) AS x({_types(("id", *columns))})
WHERE r.tenant_id = :tenant AND r.id = x.id"""
    )
    connection.execute(statement, {"rows": orjson.dumps(rows).decode(), "tenant": tenant_id})


def replace_search(
    connection: Connection, *, tenant_id: int, object_number: int, rows: Sequence[Json]
) -> None:
    """Write the search rows of changed records; a row has id, txt and tokens."""
    connection.execute(
        _REPLACE_SEARCH,
        {"rows": orjson.dumps(rows).decode(), "tenant": tenant_id, "object": object_number},
    )


_REPLACE_SEARCH = text(
    """INSERT INTO record_search (tenant_id, object_id, id, txt, tsv)
SELECT :tenant, :object, id, txt, array_to_tsvector(tokens)
FROM json_to_recordset(CAST(:rows AS json)) AS x(id bigint, txt text, tokens text[])
ON CONFLICT (tenant_id, id) DO UPDATE SET txt = excluded.txt, tsv = excluded.tsv"""
)


def claim_unique(
    connection: Connection, *, tenant_id: int, object_number: int, rows: Sequence[Json]
) -> set[tuple[int, int]]:
    """Claim unique values; a row has record_id, field_id, val.

    Returns the claims that were won, as (record_id, field_id). A claim waits for another
    transaction that holds the same value; rows are sorted so that two batches never wait for
    each other.
    """
    ordered = sorted(rows, key=lambda row: (row["field_id"], row["val"], row["record_id"]))
    won = connection.execute(
        _CLAIM_UNIQUE,
        {"rows": orjson.dumps(ordered).decode(), "tenant": tenant_id, "object": object_number},
    )
    return {(row.record_id, row.field_id) for row in won}


_CLAIM_UNIQUE = text(
    """INSERT INTO record_unique (tenant_id, object_id, field_id, val, record_id)
SELECT :tenant, :object, field_id, val, record_id
FROM json_to_recordset(CAST(:rows AS json)) AS x(field_id int, val text, record_id bigint)
ON CONFLICT DO NOTHING
RETURNING record_id, field_id"""
)


def release_unique(
    connection: Connection, *, tenant_id: int, claims: Iterable[tuple[int, int | None]]
) -> None:
    """Give up unique values of records: (record_id, field_id), field_id None for all."""
    rows = [{"record_id": record_id, "field_id": field_id} for record_id, field_id in claims]
    connection.execute(_RELEASE_UNIQUE, {"rows": orjson.dumps(rows).decode(), "tenant": tenant_id})


_RELEASE_UNIQUE = text(
    """DELETE FROM record_unique AS u
USING json_to_recordset(CAST(:rows AS json)) AS x(record_id bigint, field_id int)
WHERE u.tenant_id = :tenant AND u.record_id = x.record_id
  AND (x.field_id IS NULL OR u.field_id = x.field_id)"""
)


def release_field(
    connection: Connection, *, tenant_id: int, object_number: int, field_number: int
) -> None:
    """Give up all values of a field that is no longer unique."""
    connection.execute(
        text(
            "DELETE FROM record_unique "
            "WHERE tenant_id = :tenant AND object_id = :object AND field_id = :field"
        ),
        {"tenant": tenant_id, "object": object_number, "field": field_number},
    )


def take_numbers(
    connection: Connection, *, tenant_id: int, field_number: int, period: str, count: int
) -> range:
    """The next `count` numbers of a sequence. They are given back when the transaction fails."""
    last = connection.execute(
        _TAKE_NUMBERS,
        {"tenant": tenant_id, "field": field_number, "period": period, "count": count},
    ).scalar_one()
    return range(last - count + 1, last + 1)


_TAKE_NUMBERS = text(
    """INSERT INTO number_sequence AS s (tenant_id, field_number, period, last)
VALUES (:tenant, :field, :period, :count)
ON CONFLICT (tenant_id, field_number, period) DO UPDATE SET last = s.last + :count
RETURNING last"""
)


def _types(columns: Sequence[str]) -> str:
    return ", ".join(f"{c} {_FIXED.get(c) or _SLOT_SQL[c[0]]}" for c in columns)
