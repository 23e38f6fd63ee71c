"""Which templates a tenant has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base, TenantRow


class TemplateInstall(TenantRow, Base):
    """A template package that was installed, in its present version."""

    __tablename__ = "template_install"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    digest: Mapped[str]
    installed_at: Mapped[datetime]
