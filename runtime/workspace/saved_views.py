"""List views that people keep for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db.base import Base, TenantRow
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import lazy
from kernel.scope import Scope
from metadata.schema import Object

MAX_NAME = 80
MAX_VIEWS = 100
"""Views that one person may keep of one object."""


class SavedViewRow(TenantRow, Base):
    """A row of the table `saved_view`."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    object_id: Mapped[str]
    label: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class SavedView:
    """What a person kept: columns, condition and sort keys, by api name."""

    id: int
    name: str
    columns: tuple[str, ...]
    where: Any
    sort: tuple[str, ...]


def list_views(scope: Scope, object_: Object) -> list[SavedView]:
    """The actor's own views of an object, by name."""
    rows = scope.unit.session.scalars(
        select(SavedViewRow).where(*_own(scope, object_)).order_by(SavedViewRow.label)
    )
    return [_view(row) for row in rows]


def save_view(
    scope: Scope,
    object_: Object,
    name: str,
    *,
    columns: tuple[str, ...],
    where: Any,
    sort: tuple[str, ...],
) -> SavedView:
    """Keep a view under a name; raises `Invalid` for a bad name, `Conflict` when there are
    too many."""
    count = scope.unit.session.scalar(
        select(func.count()).select_from(SavedViewRow).where(*_own(scope, object_))
    )
    if (count or 0) >= MAX_VIEWS:
        raise Conflict(lazy("You have %(n)s views here. Delete one first.", n=MAX_VIEWS))
    row = SavedViewRow(
        id=scope.unit.new_id(),
        user_id=scope.actor.id,
        object_id=object_.id,
        label=_checked_name(name),
        body={"columns": list(columns), "where": where, "sort": list(sort)},
        created_at=scope.unit.clock.now(),
    )
    scope.unit.session.add(row)
    return _view(row)


def rename_view(scope: Scope, object_: Object, view_id: int, name: str) -> None:
    """Give one's own view another name; raises `NotFound` or `Invalid`."""
    _change(scope, object_, view_id, label=_checked_name(name))


def replace_view(
    scope: Scope,
    object_: Object,
    view_id: int,
    *,
    columns: tuple[str, ...],
    where: Any,
    sort: tuple[str, ...],
) -> None:
    """Keep other contents under the same name; raises `NotFound`."""
    body = {"columns": list(columns), "where": where, "sort": list(sort)}
    _change(scope, object_, view_id, body=body)


def delete_view(scope: Scope, object_: Object, view_id: int) -> None:
    """Delete one's own view; raises `NotFound`."""
    statement = (
        delete(SavedViewRow)
        .where(*_own(scope, object_), SavedViewRow.id == view_id)
        .returning(SavedViewRow.id)
    )
    if scope.unit.session.execute(statement).first() is None:
        raise NotFound()


def _change(scope: Scope, object_: Object, view_id: int, **values: Any) -> None:
    statement = (
        update(SavedViewRow)
        .where(*_own(scope, object_), SavedViewRow.id == view_id)
        .values(**values)
        .returning(SavedViewRow.id)
    )
    if scope.unit.session.execute(statement).first() is None:
        raise NotFound()


def _own(scope: Scope, object_: Object) -> tuple[Any, ...]:
    return (
        SavedViewRow.tenant_id == scope.tenant_id,
        SavedViewRow.user_id == scope.actor.id,
        SavedViewRow.object_id == object_.id,
    )


def _checked_name(name: str) -> str:
    cleaned = " ".join("".join(c for c in name if c.isprintable()).split())
    if not cleaned:
        raise Invalid(errors=[FieldError("name", "required", lazy("Give the view a name."))])
    if len(cleaned) > MAX_NAME:
        message = lazy("At most %(n)s characters.", n=MAX_NAME)
        raise Invalid(errors=[FieldError("name", "too_long", message)])
    return cleaned


def _view(row: SavedViewRow) -> SavedView:
    body = row.body
    return SavedView(row.id, row.label, tuple(body["columns"]), body["where"], tuple(body["sort"]))
