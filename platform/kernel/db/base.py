"""Base classes of the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all mapped tables. Types: int is bigint, datetime is timestamptz, dict is jsonb."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class TenantRow:
    """A table whose rows belong to tenants; the guarded session filters and checks it."""

    tenant_id: Mapped[int] = mapped_column(primary_key=True)
