"""The metadata of a tenant: what is published, drafts, versions. Use this module from outside.

Publishing takes the tenant's row exclusively. Units of work that write records hold it shared,
so a new version waits for records that are being written and the next ones see it; a unit that
writes records can therefore not publish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import _, lazy
from kernel.scope import Scope
from metadata.commits import Changes, commit, on_publish, require_admin, set_version
from metadata.compiler import CompileError, CompileFailed
from metadata.documents import from_body
from metadata.drafts import (
    Difference,
    Entry,
    clear_draft,
    delete_document,
    diff,
    discard,
    drafted,
    drafted_changes,
    get_document,
    list_documents,
    problems,
    put_document,
)
from metadata.kinds import check
from metadata.models import MetaCommit, SlotAssignment
from metadata.schemas import hold_until_commit, published
from metadata.versions import documents_at, tenant_state

__all__ = [
    "Commit",
    "Difference",
    "Entry",
    "delete_document",
    "diff",
    "discard",
    "drafted",
    "get_document",
    "history",
    "install_documents",
    "list_documents",
    "on_publish",
    "problems",
    "publish",
    "published",
    "put_document",
    "revert",
    "slot_filled",
]


@dataclass(frozen=True, slots=True)
class Commit:
    """One version in the history."""

    version: int
    author: str
    message: str
    created_at: datetime


def publish(scope: Scope, message: str = "") -> int:
    """Publish the actor's draft as a new version and return its number.

    Without changes it is the present version. Raises `Conflict` when somebody has published
    another change of the same document since, `CompileFailed` when the whole makes no schema.
    """
    version = commit(scope, drafted_changes(scope), message)
    clear_draft(scope)
    return version


def install_documents(
    scope: Scope,
    bodies: Iterable[Mapping[str, Any]],
    message: str,
    origin: Mapping[str, Any] | None = None,
) -> int:
    """Write documents (as people write them, each with its `id`) in one new version.

    `origin` says where they come from, such as `{"template": "sales", "version": "1.0.0"}`.
    Documents that are the same already change nothing. Raises `CompileFailed`.
    """
    require_admin(scope)
    documents, faults = [], []
    for body in bodies:
        wrong = check(str(body.get("kind")), body)
        if not wrong and "id" not in body:
            wrong = [FieldError("id", "required", lazy("This is missing."))]
        name = f"{body.get('kind')} {body.get('api')}"
        faults += [CompileError(name, e.field, e.code, e.message) for e in wrong]
        if not wrong:
            documents.append(from_body(body, origin=origin))
    if faults:
        raise CompileFailed(faults)
    return commit(scope, Changes(puts=tuple(documents)), message)


def revert(scope: Scope, version: int | None = None, message: str = "") -> int:
    """Make all definitions what they were at a version, as a new version; returns its number.

    Without a version it is the one before the present. Drafts stay. Raises `NotFound` for a
    version that never was, and whatever publishing raises.
    """
    require_admin(scope)
    present = tenant_state(scope).version
    version = present - 1 if version is None else version
    if not 0 <= version <= present:
        raise NotFound(lazy("There is no version %(version)s.", version=version))
    now, _gone = documents_at(scope)
    then, _gone = documents_at(scope, version)
    changes = Changes(
        puts=tuple(d for i, d in then.items() if i not in now or now[i].body != d.body),
        deletes=frozenset(now.keys() - then.keys()),
        bases={i: d.version for i, d in now.items()},
    )
    return commit(scope, changes, message or _("Revert to version %(version)s", version=version))


def history(scope: Scope, limit: int = 100) -> list[Commit]:
    """The versions of the tenant, newest first."""
    table = MetaCommit
    query = (
        sa.select(table.version, table.author_name, table.message, table.created_at)
        .where(table.tenant_id == scope.tenant_id)
        .order_by(table.version.desc())
        .limit(limit)
    )
    return [Commit(*row) for row in scope.unit.session.execute(query)]


def slot_filled(scope: Scope, object_number: int, field_number: int, *, as_of: int) -> int:
    """Declare that all records hold a field's slot, so that readers may use it.

    `as_of` is the version under which that was verified. Raises `Conflict` when definitions
    were published since: the slot may have stood idle for a while, and who published them has
    it filled again. This is a new version (without commit), which is how other nodes hear of
    it; returns it.
    """
    state = tenant_state(scope, lock=True)
    if any(commit.version > as_of for commit in history(scope, limit=1)):
        raise Conflict(lazy("Definitions were published in the meantime."))
    key = {
        "tenant_id": scope.tenant_id,
        "object_number": object_number,
        "field_number": field_number,
    }
    row = scope.unit.session.get(SlotAssignment, key)
    if row is None:
        reason = lazy("The field has no slot.")
        raise Invalid(errors=[FieldError("field", "no_slot", reason)])
    if row.state == "live":
        return state.version
    row.state = "live"
    scope.unit.session.flush()
    set_version(scope, state.version + 1)
    hold_until_commit(scope, None)
    return state.version + 1
