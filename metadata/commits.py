"""One atomic change of a tenant's metadata: the only way in which versions come to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from kernel.errors import Conflict, FieldError, Forbidden, Invalid
from kernel.i18n import lazy
from kernel.scope import Scope
from metadata.base import built_in_documents
from metadata.compiler import compile_schema
from metadata.documents import Catalogue, Document
from metadata.models import DocumentVersion, MetaCommit
from metadata.picklists import numbered
from metadata.schema import Schema
from metadata.schemas import hold_until_commit, published
from metadata.slots import assign_slots
from metadata.versions import TenantState, Tombstone, documents_at, has_records, tenant_state
from tenants.models import Tenant

MAX_MESSAGE = 500
_FIXED = ("type", "to", "set")
"""Keys of a published field that records rely on."""

PublishHook = Callable[[Scope, Schema, Schema], object]
_hooks: list[PublishHook] = []


def on_publish(hook: PublishHook) -> PublishHook:
    """Register what must happen in the transaction of every new version.

    It is called with the schema before and the schema after; what it raises refuses the version.
    Fields whose slot is not live yet are those that wait to be filled.
    """
    _hooks.append(hook)
    return hook


@dataclass(frozen=True)
class Changes:
    """What a commit shall do. `puts` may be in either spelling; an object that is deleted takes
    its fields, layouts and views along. `bases` holds, by document, the version on which the
    change was made: a document written since makes it a conflict."""

    puts: tuple[Document, ...] = ()
    deletes: frozenset[str] = frozenset()
    bases: Mapping[str, int] = field(default_factory=dict)


def require_admin(scope: Scope) -> None:
    """Refuse people who are not administrators."""
    if not scope.actor.is_admin:
        raise Forbidden(lazy("Only administrators change definitions."))


def commit(scope: Scope, changes: Changes, message: str) -> int:
    """Apply changes as one new version and return its number; without effect, the present one.

    Takes the tenant's row exclusively until the unit ends, so a unit that holds it shared (one
    that writes records) must not call this. Raises `Conflict` when a document has changed since
    its base or a deleted object has records, `CompileFailed` when the whole makes no schema.
    """
    require_admin(scope)
    state = tenant_state(scope, lock=True)
    work = _Commit(scope, state, *documents_at(scope))
    work.check_bases(changes.bases)
    work.apply(changes)
    if not work.written and not work.removed:
        return state.version
    work.check_changes()
    return work.write(_one_line(message)[:MAX_MESSAGE])


def _one_line(message: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


def with_deleted_parts(catalogue: Catalogue, deletes: Iterable[str]) -> set[str]:
    """The ids together with what belongs to the objects among them."""
    ids = set(deletes)
    return ids | {d.id for d in catalogue if d.object in ids}


def settled(document: Document, before: Document | None) -> Document:
    """The document with the numbers of its picklist values."""
    if "values" not in document.body:
        return document
    published_values = before.body.get("values", ()) if before else ()
    values = numbered(document.body["values"], published_values)
    return replace(document, body={**document.body, "values": values})


class _Commit:
    """The steps of `commit`, over the documents of one tenant."""

    def __init__(
        self,
        scope: Scope,
        state: TenantState,
        before: dict[str, Document],
        tombstones: dict[str, Tombstone],
    ) -> None:
        self.scope = scope
        self.state = state
        self.before = before
        self.tombstones = tombstones
        self.next_number = state.next_number
        self.after = dict(before)
        self.written: list[Document] = []
        self.removed: list[Document] = []
        self.catalogue = Catalogue()

    def check_bases(self, bases: Mapping[str, int]) -> None:
        """Nobody has changed what was changed here."""
        errors = []
        names = Catalogue.of([*built_in_documents(), *self.before.values()])
        for document_id, base in bases.items():
            present = self.before.get(document_id) or self.tombstones.get(document_id)
            if present is not None and present.version > base:
                name = document_id
                if isinstance(present, Document):
                    name = f"{present.kind} {names.name(present)}"
                reason = lazy("Somebody published another change of it in the meantime.")
                errors.append(FieldError(name, "changed_meanwhile", reason))
        if errors:
            detail = lazy("Discard these changes of the draft and make them anew.")
            raise Conflict(detail, errors=errors)

    def apply(self, changes: Changes) -> None:
        """Work out what is written and what is removed."""
        old = Catalogue.of([*built_in_documents(), *self.before.values()])
        for document_id in with_deleted_parts(old, changes.deletes) & set(self.before):
            self.removed.append(self.after.pop(document_id))
        for put in changes.puts:
            self.after[put.id] = self._numbered(put)
        self.catalogue = Catalogue.of([*built_in_documents(), *self.after.values()])
        for put in changes.puts:
            before = self.before.get(put.id)
            stored = settled(self.catalogue.with_ids(self.after[put.id]), before)
            self.after[put.id] = stored
            if before is None or before.body != stored.body:
                self.written.append(stored)
        self.catalogue = Catalogue.of([*built_in_documents(), *self.after.values()])

    def _numbered(self, put: Document) -> Document:
        before = self.before.get(put.id)
        if before is not None:
            return replace(put, number=before.number, origin=put.origin or before.origin)
        buried = self.tombstones.get(put.id)
        if buried is not None:
            return replace(put, number=buried.number)
        self.next_number += 1
        return replace(put, number=self.next_number - 1)

    def check_changes(self) -> None:
        """What records rely on stays; built-in documents stay."""
        errors: list[FieldError] = []
        built_in = {document.id for document in built_in_documents()}
        for document in self.written:
            name = f"{document.kind} {self.catalogue.name(document)}"
            if document.id in built_in:
                errors.append(FieldError(name, "built_in", lazy("This is built in.")))
            before = self.before.get(document.id)
            if before is not None:
                errors += [
                    FieldError(f"{name} {e.field}", e.code, e.message)
                    for e in _fixed(before, document)
                ]
        if errors:
            raise Invalid(errors=errors)
        for document in self.removed:
            if document.kind == "object" and has_records(self.scope, document.number, alive=True):
                reason = lazy("%(name)s has records; delete them first.", name=document.api)
                raise Conflict(reason)

    def write(self, message: str) -> int:
        """Compile, write the rows, and tell those who registered."""
        old = published(self.scope, self.state.version)
        fresh = [
            d.id for d in self.written if d.id not in self.before and d.id not in self.tombstones
        ]
        slots = assign_slots(self.scope, self.catalogue, fresh)
        version = self.state.version + 1
        new = compile_schema(
            self.after.values(),
            version=version,
            slots=slots,
            surroundings=self.state.surroundings,
        )
        self._insert(version, message)
        hold_until_commit(self.scope, new)
        for hook in _hooks:
            hook(self.scope, old, new)
        return version

    def _insert(self, version: int, message: str) -> None:
        session, actor = self.scope.unit.session, self.scope.actor
        old = Catalogue.of([*built_in_documents(), *self.before.values()])
        for document in self.written:
            session.add(self._row(self.catalogue, document, version, dict(document.body)))
        for document in self.removed:
            session.add(self._row(old, document, version, None))
        session.add(
            MetaCommit(
                tenant_id=self.scope.tenant_id,
                version=version,
                author_id=actor.id,
                author_name=actor.name,
                message=message,
                created_at=self.scope.unit.clock.now(),
            )
        )
        session.flush()
        set_version(self.scope, version, self.next_number)

    def _row(
        self, catalogue: Catalogue, document: Document, version: int, body: dict[str, Any] | None
    ) -> DocumentVersion:
        return DocumentVersion(
            tenant_id=self.scope.tenant_id,
            document_id=document.id,
            version=version,
            kind=document.kind,
            api=catalogue.name(document),
            number=document.number,
            origin=dict(document.origin) if document.origin else None,
            body=body,
        )


def set_version(scope: Scope, version: int, next_number: int | None = None) -> None:
    """Move the tenant to a version; other nodes see it with their next request."""
    values: dict[str, int] = {"metadata_version": version}
    if next_number is not None:
        values["next_number"] = next_number
    scope.unit.connection.execute(
        sa.update(Tenant).where(Tenant.id == scope.tenant_id).values(values)
    )


def _fixed(before: Document, after: Document) -> Iterable[FieldError]:
    if before.kind != after.kind or before.object != after.object:
        yield FieldError("kind", "fixed", lazy("A published document stays what it is."))
    if after.kind != "field":
        return
    for key in _FIXED:
        if before.body.get(key) != after.body.get(key):
            reason = lazy(
                "This cannot change once it is published; add another field and delete this one."
            )
            yield FieldError(key, "fixed", reason)
