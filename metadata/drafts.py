"""Drafts: the changes of one administrator that nobody else sees until they are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.i18n import lazy
from kernel.ids import new_ulid
from kernel.scope import Scope
from metadata.base import built_in_documents
from metadata.commits import Changes, require_admin, settled, with_deleted_parts
from metadata.compiler import CompileError, CompileFailed, compile_schema
from metadata.diffs import Line, changed_lines
from metadata.documents import Body, Catalogue, Document, from_body
from metadata.kinds import QUALIFIED, check, completed
from metadata.models import DraftChange
from metadata.schema import Schema
from metadata.versions import Tombstone, documents_at, tenant_state


@dataclass(frozen=True)
class Entry:
    """A document in somebody's view. `state` is published, new, changed or built_in."""

    kind: str
    api: str
    id: str
    state: str
    body: Body


@dataclass(frozen=True)
class Difference:
    """One change of a draft. `action` is added, changed or deleted; `conflict` says that
    somebody has published another change of the document since."""

    kind: str
    api: str
    action: str
    lines: tuple[Line, ...]
    before: Body | None
    after: Body | None
    conflict: bool

    def as_json(self) -> dict[str, Any]:
        """The change for programs, its lines in the current language."""
        return {
            "kind": self.kind,
            "api": self.api,
            "action": self.action,
            "lines": [str(line) for line in self.lines],
            "before": self.before,
            "after": self.after,
            "conflict": self.conflict,
        }


@dataclass(frozen=True)
class _Draft:
    """What the actor sees: published and built-in documents with the own changes applied."""

    rows: dict[str, DraftChange]
    published: dict[str, Document]
    deleted: dict[str, Tombstone]
    old: Catalogue
    new: Catalogue

    def find(self, kind: str, api: str) -> Document:
        found = self.new.find(kind, api)
        if found is None:
            raise NotFound(lazy("There is no %(kind)s %(name)s.", kind=kind, name=api[:130]))
        return found

    def written(self, document_id: str) -> int:
        """The version that wrote or deleted a document last; 0 for one that never was."""
        last = self.published.get(document_id) or self.deleted.get(document_id)
        return last.version if last else 0


def _user_id(scope: Scope) -> int:
    return scope.actor.id or 0


def _draft(scope: Scope) -> _Draft:
    require_admin(scope)
    query = sa.select(DraftChange).where(
        DraftChange.tenant_id == scope.tenant_id, DraftChange.user_id == _user_id(scope)
    )
    rows = {row.document_id: row for row in scope.unit.session.execute(query).scalars()}
    published, deleted = documents_at(scope)
    old = Catalogue.of([*built_in_documents(), *published.values()])
    gone = with_deleted_parts(old, (i for i, row in rows.items() if row.body is None))
    documents = {d.id: d for d in old if d.id not in gone}
    for document_id, row in rows.items():
        if row.body is not None:
            before = published.get(document_id)
            number = before.number if before else 1 << 30  # new ones come last
            documents[document_id] = from_body(row.body, document_id=document_id, number=number)
    return _Draft(rows, published, deleted, old, Catalogue.of(documents.values()))


def get_document(scope: Scope, kind: str, api: str) -> dict[str, Any]:
    """A document as the actor's draft has it, or else as it is published."""
    draft = _draft(scope)
    return draft.new.with_names(draft.find(kind, api))


def list_documents(scope: Scope, kind: str, object_api: str | None = None) -> list[Entry]:
    """The documents of a kind (of one object) in the actor's view, oldest first."""
    draft = _draft(scope)
    owner = draft.find("object", object_api) if object_api is not None else None
    return [
        Entry(kind, draft.new.name(d), d.id, _state(draft, d), draft.new.with_names(d))
        for d in (draft.new.of_object(kind, owner.id) if owner else draft.new.of_kind(kind))
    ]


def _state(draft: _Draft, document: Document) -> str:
    if document.built_in:
        return "built_in"
    if document.id not in draft.published:
        return "new"
    return "changed" if document.id in draft.rows else "published"


def put_document(scope: Scope, kind: str, api: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a document to the draft or change it; another `api` in the body renames it.

    Returns the document as the draft has it now. Raises `Invalid` when its shape is wrong or its
    name is taken, `Forbidden` for a built-in document. Whether the whole fits together is told
    by `problems` and by publishing.
    """
    draft = _draft(scope)
    if not isinstance(body, Mapping):
        raise Invalid(errors=check(kind, body))
    body = completed({"kind": kind, "api": api, **body})
    errors = check(kind, body)
    if errors:
        raise Invalid(errors=errors)
    before = _existing(draft, kind, api, body)
    document = from_body(body, document_id=before.id if before else body.get("id") or new_ulid())
    _check_place(draft, document, before)
    if before is None and draft.new.name(document) != api:
        reason = lazy("This is not the name under which it was sent: %(name)s.", name=api[:130])
        raise Invalid(errors=[FieldError("api", "other_name", reason)])
    with_new = Catalogue.of([*(d for d in draft.new if d.id != document.id), document])
    published = draft.published.get(document.id)
    stored = settled(with_new.with_ids(document), published)
    if published is not None and published.body == stored.body:
        _forget(scope, draft, [document.id])
    else:
        _keep(scope, draft, stored, with_new.name(stored))
    return with_new.with_names(replace(document, body=stored.body))


def _existing(draft: _Draft, kind: str, api: str, body: Body) -> Document | None:
    found = draft.new.find(kind, api)
    given = body.get("id")
    if given is not None and found is None:
        found = draft.new.by_id.get(given)
    if found is None:
        return None
    if (given is not None and found.id != given) or found.kind != kind:
        reason = lazy("This is the id of another document.")
        raise Invalid(errors=[FieldError("id", "other_document", reason)])
    if found.built_in:
        raise Forbidden(lazy("%(name)s is built in.", name=draft.new.name(found)))
    return found


def _check_place(draft: _Draft, document: Document, before: Document | None) -> None:
    if document.kind in QUALIFIED:
        owner = draft.new.find("object", document.object or "")
        if owner is None:
            reason = lazy("There is no object %(name)s.", name=document.object)
            raise Invalid(errors=[FieldError("api", "no_such_object", reason)])
        if before is not None and before.object not in (owner.id, owner.api):
            reason = lazy("It cannot move to another object.")
            raise Invalid(errors=[FieldError("api", "fixed", reason)])
        if document.body.get("object", owner.api) not in (owner.id, owner.api):
            reason = lazy("The name must begin with that of the object.")
            raise Invalid(errors=[FieldError("api", "other_object", reason)])
    namesake = draft.new.find(document.kind, str(document.body["api"]))
    if namesake is not None and namesake.id != document.id:
        reason = lazy("This name is taken.")
        raise Invalid(errors=[FieldError("api", "duplicate", reason)])


def delete_document(scope: Scope, kind: str, api: str) -> None:
    """Delete a document in the draft; an object takes its fields, layouts and views along.

    Raises `Conflict` with the list of the documents that still need it.
    """
    draft = _draft(scope)
    document = draft.find(kind, api)
    if document.built_in:
        raise Forbidden(lazy("%(name)s is built in.", name=draft.new.name(document)))
    gone = with_deleted_parts(draft.new, [document.id])
    users = draft.new.users_of(gone)
    if users:
        reason = lazy("This uses it.")
        raise Conflict(
            lazy("%(name)s is still in use.", name=api),
            errors=[FieldError(f"{u.kind} {draft.new.name(u)}", "in_use", reason) for u in users],
        )
    if kind == "object":
        gone_elsewhere = {i for i in gone if i in draft.rows}
        _forget(scope, draft, gone_elsewhere - {document.id})
    if document.id in draft.published:
        _keep(scope, draft, document, draft.old.name(draft.published[document.id]), deleted=True)
    else:
        _forget(scope, draft, [document.id])


def _keep(
    scope: Scope, draft: _Draft, stored: Document, name: str, *, deleted: bool = False
) -> None:
    row = draft.rows.get(stored.id)
    if row is None:
        row = DraftChange(
            tenant_id=scope.tenant_id,
            user_id=_user_id(scope),
            document_id=stored.id,
            kind=stored.kind,
            base_version=draft.written(stored.id),
        )
        scope.unit.session.add(row)
    row.api = name
    row.body = None if deleted else dict(stored.body)
    row.changed_at = scope.unit.clock.now()
    scope.unit.session.flush()


def _forget(scope: Scope, draft: _Draft, document_ids: Any) -> None:
    for document_id in document_ids:
        if document_id in draft.rows:
            scope.unit.session.delete(draft.rows[document_id])
    scope.unit.session.flush()


def discard(scope: Scope, kind: str | None = None, api: str | None = None) -> None:
    """Drop the whole draft, or the change of one document."""
    draft = _draft(scope)
    if kind is None:
        _forget(scope, draft, list(draft.rows))
        return
    found = draft.new.find(kind, api or "") or draft.old.find(kind, api or "")
    if found is None or found.id not in draft.rows:
        name = f"{kind} {api}"[:130]
        raise NotFound(lazy("The draft has no change of %(name)s.", name=name))
    _forget(scope, draft, [found.id])


def diff(scope: Scope) -> list[Difference]:
    """The changes of the actor's draft, each with lines that a person understands."""
    draft = _draft(scope)
    gone = with_deleted_parts(
        draft.old, (i for i, row in draft.rows.items() if row.body is None)
    ) & set(draft.published)
    changed = {i for i, row in draft.rows.items() if row.body is not None}
    ordered = sorted(
        gone | changed,
        key=lambda i: (draft.rows[i].changed_at.timestamp() if i in draft.rows else 0, i),
    )
    return [_difference(draft, document_id) for document_id in ordered]


def _difference(draft: _Draft, document_id: str) -> Difference:
    published = draft.published.get(document_id)
    drafted = draft.new.by_id.get(document_id)
    row = draft.rows.get(document_id)
    before = draft.old.with_names(published) if published else None
    after = draft.new.with_names(drafted) if drafted else None
    shown = drafted or published
    assert shown is not None
    names = draft.new if drafted else draft.old
    return Difference(
        kind=shown.kind,
        api=names.name(shown),
        action="added" if before is None else "deleted" if after is None else "changed",
        lines=changed_lines(shown.kind, before, after) if before and after else (),
        before=before,
        after=after,
        conflict=row is not None and draft.written(document_id) > row.base_version,
    )


def drafted(scope: Scope) -> Schema:
    """The schema that the actor's draft would make, without slots. Raises `CompileFailed`."""
    draft = _draft(scope)
    return compile_schema(
        [document for document in draft.new if not document.built_in],
        surroundings=tenant_state(scope).surroundings,
    )


def problems(scope: Scope) -> tuple[CompileError, ...]:
    """What keeps the actor's draft from being published, as far as definitions go."""
    try:
        drafted(scope)
    except CompileFailed as error:
        return error.faults
    return ()


def drafted_changes(scope: Scope) -> Changes:
    """The actor's draft as changes to commit."""
    draft = _draft(scope)
    rows = draft.rows.values()
    return Changes(
        puts=tuple(draft.new.by_id[r.document_id] for r in rows if r.body is not None),
        deletes=frozenset(r.document_id for r in rows if r.body is None),
        bases={r.document_id: r.base_version for r in rows},
    )


def clear_draft(scope: Scope) -> None:
    """Drop the actor's draft, which has been published."""
    scope.unit.session.execute(
        sa.delete(DraftChange).where(
            DraftChange.tenant_id == scope.tenant_id, DraftChange.user_id == _user_id(scope)
        )
    )
