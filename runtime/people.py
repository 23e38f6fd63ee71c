"""People: a record of the object `user` each and, for those who sign in, a row beside it.

The row has the record's id. Name, address and activity are kept the same on both sides in one
transaction, whichever side was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from kernel.errors import Conflict, FieldError, Invalid, Problem
from kernel.i18n import lazy
from kernel.scope import SYSTEM, Scope
from runtime import records
from runtime.access import USER
from runtime.records import hooks
from runtime.records.links import find_by_value
from runtime.scope import RecordScope, record_scope
from tenants import profiles, resets, service
from tenants.models import Tenant, User


def create_user(
    scope: RecordScope,
    email: str,
    name: str,
    *,
    password: str | None = None,
    is_admin: bool = False,
    locale: str | None = None,
    zone: str | None = None,
    **fields: Any,
) -> int:
    """A person who may sign in; returns the id. `fields` are further fields of the record.

    Whoever is known already by this address (imported, say) is given the right to sign in.
    Raises `Invalid`, `Conflict` when the address can sign in already, `Forbidden`.
    """
    address = service.check_email(email)
    known = _find(scope, address)
    if known is None:
        known = records.create(scope, USER, {"name": name, "email": address, **fields}).id
    service.add_user(
        scope,
        address,
        name,
        user_id=known,
        password=password,
        is_admin=is_admin,
        locale=locale,
        zone=zone,
    )
    return known


def invite_user(
    scope: RecordScope, email: str, name: str, *, is_admin: bool = False, **fields: Any
) -> int:
    """As `create_user`; the person sets the password through a link in a mail."""
    user_id = create_user(scope, email, name, is_admin=is_admin, **fields)
    resets.invite(scope, service.get_user(scope, user_id))
    return user_id


def set_active(scope: RecordScope, user_id: int, *, active: bool) -> None:
    """Let a person in again, or keep them out from their next request on.

    Raises `NotFound`, and `Invalid` for oneself.
    """
    user = service.get_user(scope, user_id)
    if not active and user_id == scope.actor.id:
        message = lazy("You cannot shut yourself out.")
        raise Invalid(errors=[FieldError("active", "self", message)])
    if records.get_many(scope, USER, [user_id]):
        records.update(scope, USER, user_id, {"active": active})
    # Not every sign-in has a record, and one may have been frozen without it.
    if active and user.state == "frozen":
        service.thaw_user(scope, user_id)
    elif not active and user.state != "frozen":
        service.freeze_user(scope, user_id)


def set_admin(scope: RecordScope, user_id: int, *, is_admin: bool) -> None:
    """Make a person an administrator or an ordinary user; an administrator always remains.

    Raises `NotFound`, and `Invalid` for oneself: somebody else must take the right away.
    """
    locked = select(User.id).where(User.is_admin).order_by(User.id).with_for_update()
    admins = scope.unit.session.scalars(locked).all()
    if not is_admin and (user_id == scope.actor.id or scope.actor.id not in admins):
        message = lazy("Another administrator must take this right away from you.")
        raise Invalid(errors=[FieldError("is_admin", "self", message)])
    service.get_user(scope, user_id).is_admin = is_admin


def _find(scope: RecordScope, email: str) -> int | None:
    people = scope.schema.objects[USER]
    found = find_by_value(scope, people, people.fields["email"], [email])
    return next((ids[0] for ids in found.values() if ids), None)


def _follow_records(scope: RecordScope, ids: Sequence[int]) -> None:
    """Bring the sign-ins of changed people up to date."""
    users = {
        user.id: user for user in scope.unit.session.scalars(select(User).where(User.id.in_(ids)))
    }
    if not users:
        return
    for person in records.get_many(replace(scope, actor=SYSTEM), USER, list(users)):
        _follow_record(scope, users[person.id], person.values)


def _follow_record(scope: RecordScope, user: User, values: dict[str, Any]) -> None:
    user.name = values["name"]
    if not values.get("email"):
        message = lazy("A person who signs in needs an email address.")
        raise Invalid(errors=[FieldError("email", "required", message)])
    address = service.check_email(values["email"])
    if address != user.email:
        _require_free(scope, address)
        user.email = address
    if values.get("active") and user.state == "frozen":
        service.thaw_user(scope, user.id)
    elif not values.get("active") and user.state != "frozen":
        if user.id == scope.actor.id:
            message = lazy("You cannot shut yourself out.")
            raise Invalid(errors=[FieldError("active", "self", message)])
        service.freeze_user(scope, user.id)


def _require_free(scope: RecordScope, address: str) -> None:
    """Somebody may sign in with the address without having a record of it."""
    taken = select(User.id).where(User.email == address)
    if scope.unit.session.scalar(taken) is not None:
        message = lazy("Another record already has this value.")
        raise Invalid(errors=[FieldError("email", "not_unique", message)])


def _forbid_deletion(scope: RecordScope, record_id: int) -> Problem | None:
    known = scope.unit.session.scalar(select(User.id).where(User.id == record_id))
    if known is None:
        return None
    return Conflict(lazy("This person can sign in. Make them inactive instead of deleting them."))


@profiles.follow_names
def _follow_name(scope: Scope, user: User) -> None:
    version = scope.unit.session.scalar(
        select(Tenant.metadata_version).where(Tenant.id == scope.tenant_id)
    )
    as_system = replace(record_scope(scope, version or 0), actor=SYSTEM)
    if records.get_many(as_system, USER, [user.id]):
        records.update(as_system, USER, user.id, {"name": user.name})


hooks.register(USER, after_write=_follow_records, before_delete=_forbid_deletion)
