"""The record tables. Only `runtime.query` and `runtime.records` build statements on them."""

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

record = Table(
    "record",
    tables,
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
)

record_search = Table(
    "record_search",
    tables,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("object_id", Integer, nullable=False),
    Column("id", BigInteger, primary_key=True),
    Column("txt", Text, nullable=False),
    Column("tsv", TSVECTOR, nullable=False),
)

record_unique = Table(
    "record_unique",
    tables,
    Column("tenant_id", BigInteger, primary_key=True),
    Column("object_id", Integer, primary_key=True),
    Column("field_id", Integer, primary_key=True),
    Column("val", Text, primary_key=True),
    Column("record_id", BigInteger, nullable=False),
)
