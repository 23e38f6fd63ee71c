"""Imports, and what each changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base, TenantRow


class DataImport(TenantRow, Base):
    """An import from the choice of a file to its undoing. `plan` is a `Plan` as JSON; `summary`
    holds what the last check, run and undoing found, by these names."""

    __tablename__ = "data_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    object_number: Mapped[int]
    file_id: Mapped[int]
    file_name: Mapped[str]
    plan: Mapped[dict[str, Any]]
    check_job_id: Mapped[int | None]
    job_id: Mapped[int | None]
    undo_job_id: Mapped[int | None]
    summary: Mapped[dict[str, Any] | None]
    created_by: Mapped[int | None]
    created_at: Mapped[datetime]


class ImportChange(TenantRow, Base):
    """What a row of an import did to a record. Rows below 0 stand for records of other objects
    that were made on the way. `before` holds former values by field key, `owner` among them."""

    __tablename__ = "import_change"

    job_id: Mapped[int] = mapped_column(primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True)
    object_number: Mapped[int]
    record_id: Mapped[int]
    action: Mapped[str]
    version: Mapped[int]
    before: Mapped[dict[str, Any] | None]
    undone: Mapped[str | None]
