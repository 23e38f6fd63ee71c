"""Who may see and do what with records: all rules, on one page.

A record is visible to its owner and to administrators; to everybody in the tenant when the
object's default access is `read` or `edit`. It may be changed and deleted by its owner and by
administrators; by everybody when the default access is `edit`. Only its owner and administrators
give it another owner, and only administrators create records for somebody else. Records of a
detail object (one with a master-detail field) have the access and, always, the owner of their
master. People (`user`) are created and changed by administrators only.

Each rule is given twice, as SQL for queries and in Python for one record; tests hold them equal.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    bindparam,
    cast,
    false,
    func,
    or_,
)

from kernel.errors import Forbidden, NotFound
from kernel.i18n import lazy
from metadata.schema import Object, Schema
from runtime.scope import RecordScope

USER = "user"


def default_access(schema: Schema, object_: Object) -> str:
    """The access of people who do not own the record: private, read or edit."""
    while object_.master is not None and object_.master.to is not None:
        object_ = schema.objects[object_.master.to]
    return object_.access


def readable(scope: RecordScope, object_: Object, source: FromClause) -> ColumnElement[bool] | None:
    """The predicate over rows of one object in `source`; None when all rows are visible."""
    if scope.actor.is_admin or default_access(scope.schema, object_) != "private":
        return None
    return _owned(scope, source)


def readable_any(source: FromClause) -> ColumnElement[bool]:
    """The predicate over rows of any object in `source` (to search).

    It is the same for every reader, with the parameters of `reader(scope)`, so that a statement
    with it can be made once: making one takes longer than running it.
    """
    numbers = cast(bindparam("open_objects", type_=Text), ARRAY(Integer))
    return or_(
        bindparam("reads_all", type_=Boolean),
        source.c.object_id == func.any(numbers),
        source.c.owner_id == bindparam("reader"),
    )


def reader(scope: RecordScope) -> dict[str, Any]:
    """The parameters of `readable_any` for the actor."""
    return {
        "reads_all": scope.actor.is_admin,
        "open_objects": "{" + ",".join(map(str, open_objects(scope))) + "}",
        "reader": scope.actor.id,
    }


def open_objects(scope: RecordScope) -> list[int]:
    """Numbers of the objects whose records everybody in the tenant may read."""
    schema = scope.schema
    return [o.number for o in schema.objects.values() if default_access(schema, o) != "private"]


def _owned(scope: RecordScope, source: FromClause) -> ColumnElement[bool]:
    if scope.actor.id is None:  # nobody owns nothing: `= NULL` must not become `IS NULL`
        return false()
    own: ColumnElement[bool] = source.c.owner_id == scope.actor.id
    return own


def may_read(scope: RecordScope, object_: Object, owner_id: int | None) -> bool:
    """Whether the actor may see a record that `owner_id` owns."""
    return (
        scope.actor.is_admin
        or default_access(scope.schema, object_) != "private"
        or _is_owner(scope, owner_id)
    )


def may_edit(scope: RecordScope, object_: Object, owner_id: int | None) -> bool:
    """Whether the actor may change or delete a record that `owner_id` owns."""
    if scope.actor.is_admin:
        return True
    if object_.api == USER:
        return False
    return default_access(scope.schema, object_) == "edit" or _is_owner(scope, owner_id)


def may_create(scope: RecordScope, object_: Object) -> bool:
    """Whether the actor may create records of the object."""
    return scope.actor.is_admin or object_.api != USER


def may_own_for_others(scope: RecordScope) -> bool:
    """Whether the actor may create records that somebody else owns."""
    return scope.actor.is_admin


def may_hand_over(scope: RecordScope, owner_id: int | None) -> bool:
    """Whether the actor may give a record of `owner_id` another owner."""
    return scope.actor.is_admin or _is_owner(scope, owner_id)


def _is_owner(scope: RecordScope, owner_id: int | None) -> bool:
    return owner_id is not None and owner_id == scope.actor.id


def require_object(scope: RecordScope, api: str) -> Object:
    """The object of that api name, or the 404 that tells nothing."""
    object_ = scope.schema.objects.get(api)
    if object_ is None:
        raise NotFound(lazy("There is no object “%(name)s”.", name=api[:80]))
    return object_


def require_create(scope: RecordScope, object_: Object) -> None:
    """Refuse with what is missing and whom to ask."""
    if not may_create(scope, object_):
        raise Forbidden(
            lazy("Only administrators may create records here. Please ask one of them.")
        )
