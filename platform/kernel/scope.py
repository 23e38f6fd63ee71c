"""Whose data a piece of work may touch, and for whom it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernel.db.unit import Unit


@dataclass(frozen=True, slots=True)
class Actor:
    """The person for whom something is done; `id` is None for the system itself."""

    id: int | None
    name: str
    is_admin: bool = False
    locale: str = "en"
    zone: str = "UTC"


SYSTEM = Actor(id=None, name="System", is_admin=True)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One tenant, one actor, one open unit of work: the first argument of all tenant work."""

    tenant_id: int
    actor: Actor
    unit: Unit
