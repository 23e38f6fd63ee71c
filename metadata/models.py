"""Tables of the definitions: versions of documents, commits, drafts, slots."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base, TenantRow

_JSON = JSONB(none_as_null=True)


class DocumentVersion(TenantRow, Base):
    """A document as one commit left it; `body` is NULL when the commit deleted it."""

    __tablename__ = "document_version"

    document_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    api: Mapped[str]
    number: Mapped[int]
    origin: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    body: Mapped[dict[str, Any] | None] = mapped_column(_JSON)


class MetaCommit(TenantRow, Base):
    """Who published a version, when and why."""

    __tablename__ = "meta_commit"

    version: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None]
    author_name: Mapped[str]
    message: Mapped[str]
    created_at: Mapped[datetime]


class DraftChange(TenantRow, Base):
    """A change that an administrator has not published yet; `body` is NULL for a deletion.

    `base_version` is the commit that had written the document when the change began.
    """

    __tablename__ = "draft_change"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    api: Mapped[str]
    body: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    base_version: Mapped[int]
    changed_at: Mapped[datetime]


class SlotAssignment(TenantRow, Base):
    """Which typed column of the record table copies a field; `filling` until all records do."""

    __tablename__ = "slot_assignment"

    object_number: Mapped[int] = mapped_column(primary_key=True)
    field_number: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[str]
    state: Mapped[str]


RECORD = sa.table(
    "record",
    sa.column("tenant_id", sa.BigInteger),
    sa.column("object_id", sa.Integer),
    sa.column("deleted", sa.Boolean),
)
"""What the store must know of the record table: whether an object has records."""
