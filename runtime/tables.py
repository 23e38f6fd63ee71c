"""The record tables. Only `runtime.query` and `runtime.records` build statements on them.

Writes go to the tables, whose policies hold them to the tenant. Reads go through the views
`..._rows`, which have the same columns and carry the same condition: a policy would hide
statistics and indexes from most operators (docs/decisions/0003-storage.md).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.types import TypeEngine

tables = MetaData()

SLOT_TYPES: dict[str, TypeEngine[Any]] = {
    "n": Numeric(),
    "d": DateTime(timezone=True),
    "r": BigInteger(),
    "p": Integer(),
    "t": Text(),
}
SLOT_COUNTS = {"n": 8, "d": 6, "r": 8, "p": 10, "t": 8}
SLOTS = tuple(f"{kind}{n}" for kind, count in SLOT_COUNTS.items() for n in range(1, count + 1))


def _record_columns() -> list[Column[Any]]:
    return [
        Column("tenant_id", BigInteger, primary_key=True),
        Column("object_id", Integer, nullable=False),
        Column("id", BigInteger, primary_key=True),
        Column("owner_id", BigInteger),
        Column("version", Integer, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("created_by", BigInteger),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("updated_by", BigInteger),
        Column("deleted", Boolean, nullable=False),
        Column("name", Text),
        *(Column(slot, SLOT_TYPES[slot[0]]) for slot in SLOTS),
        Column("data", JSONB, nullable=False),
    ]


def _search_columns() -> list[Column[Any]]:
    return [
        Column("tenant_id", BigInteger, primary_key=True),
        Column("object_id", Integer, nullable=False),
        Column("id", BigInteger, primary_key=True),
        Column("txt", Text, nullable=False),
        Column("tsv", TSVECTOR, nullable=False),
    ]


record = Table("record", tables, *_record_columns())
record_search = Table("record_search", tables, *_search_columns())
record_rows = Table("record_rows", tables, *_record_columns())
record_search_rows = Table("record_search_rows", tables, *_search_columns())
