"""Tenants, their hosts, and the people who sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base, TenantRow


class Tenant(Base):
    """A customer of the service. `metadata_version` is the version that its schema has now."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    locale: Mapped[str]
    zone: Mapped[str]
    currency: Mapped[str]
    metadata_version: Mapped[int]
    next_number: Mapped[int]
    created_at: Mapped[datetime]


class Host(Base):
    """A host name at which a tenant is reached."""

    __tablename__ = "host"

    host: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int]


class User(TenantRow, Base):
    """A person who may sign in: the same id as their record of the object `user`."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    state: Mapped[str]
    is_admin: Mapped[bool]
    locale: Mapped[str | None]
    zone: Mapped[str | None]
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]


class UserSession(TenantRow, Base):
    """A browser in which somebody is signed in; only a hash of its secret is kept."""

    __tablename__ = "user_session"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    address: Mapped[str]
    agent: Mapped[str]


class ApiToken(TenantRow, Base):
    """A program's access in the name of a user; only a hash of the token is kept."""

    __tablename__ = "api_token"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[int]
    user_id: Mapped[int]
    name: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PasswordReset(TenantRow, Base):
    """A link by mail with which a password can be set once."""

    __tablename__ = "password_reset"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    expires_at: Mapped[datetime]
