"""Documents: the pieces of JSON of which a tenant's metadata consists.

A document has two spellings. People, packages and the API use *names*: `"to": "account"`,
`"columns": ["account.name"]`. What is stored uses *ids*, so that renaming an object or a field
touches one document alone. `Catalogue` translates between the two; a reference that it cannot
find stays as it is, and the compiler reports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from metadata.kinds import KINDS, QUALIFIED
from metadata.references import Reference, rewrite
from metadata.systemfields import SYSTEM_FIELDS

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `api` is its own part of the name, `object` the id (or, not yet stored, the
    name) of the object that it belongs to; `version` is the commit that wrote it."""

    id: str
    kind: str
    api: str
    body: Body
    object: str | None = None
    number: int = 0
    version: int = 0
    origin: Body | None = None
    built_in: bool = False


def from_body(
    body: Body,
    *,
    document_id: str | None = None,
    number: int = 0,
    version: int = 0,
    origin: Body | None = None,
    built_in: bool = False,
) -> Document:
    """A document made from its JSON, in either spelling."""
    kind, api, owner = body["kind"], body["api"], body.get("object")
    if kind in QUALIFIED and "." in api:
        owner, api = api.split(".", 1)
    return Document(
        id=document_id or body["id"],
        kind=kind,
        api=api,
        body=body,
        object=owner if kind in QUALIFIED else None,
        number=number,
        version=version,
        origin=origin,
        built_in=built_in,
    )


@dataclass
class Catalogue:
    """Documents, found by id or by name."""

    by_id: dict[str, Document] = field(default_factory=dict)
    _by_name: dict[tuple[str, str, str], Document] = field(default_factory=dict)
    _of_object: dict[tuple[str, str], list[Document]] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Catalogue:
        """A catalogue of documents in the order of their numbers."""
        catalogue = cls()
        ordered = sorted(documents, key=lambda d: (KINDS.index(d.kind), d.number, d.id))
        for document in ordered:
            catalogue._add(document)
        return catalogue

    def _add(self, document: Document) -> None:
        owner = ""
        if document.object is not None:
            found = self.find("object", document.object)
            owner = found.id if found else document.object
            self._of_object.setdefault((document.kind, owner), []).append(document)
        self.by_id[document.id] = document
        self._by_name.setdefault((document.kind, owner, document.api), document)

    def __iter__(self) -> Iterator[Document]:
        return iter(self.by_id.values())

    def of_kind(self, kind: str) -> list[Document]:
        """All documents of a kind."""
        return [document for document in self if document.kind == kind]

    def of_object(self, kind: str, object_id: str) -> list[Document]:
        """The fields, layouts or views of an object."""
        return self._of_object.get((kind, object_id), [])

    def find(self, kind: str, reference: str) -> Document | None:
        """The document with this id or (qualified) api name."""
        document = self.by_id.get(reference)
        if document is not None:
            return document if document.kind == kind else None
        owner, api = "", reference
        if kind in QUALIFIED:
            object_name, _dot, api = reference.partition(".")
            target = self.find("object", object_name)
            if target is None:
                return None
            owner = target.id
        return self._by_name.get((kind, owner, api))

    def find_field(self, owner: Document, reference: str) -> Document | None:
        """The field of an object with this id or own api name."""
        document = self.by_id.get(reference)
        if document is not None and document.kind == "field":
            return document if self._owner(document) == owner else None
        return self._by_name.get(("field", owner.id, reference))

    def _owner(self, document: Document) -> Document | None:
        return self.find("object", document.object) if document.object is not None else None

    def twin(self, document: Document) -> Document | None:
        """Another document that has the same name."""
        owner = self._owner(document)
        key = (document.kind, owner.id if owner else document.object or "", document.api)
        first = self._by_name.get(key)
        return None if first is None or first.id == document.id else first

    def name(self, document: Document) -> str:
        """The api name, qualified by the object's present one."""
        if document.object is None:
            return document.api
        owner = self._owner(document)
        return f"{owner.api if owner else document.object}.{document.api}"

    def with_names(self, document: Document) -> dict[str, Any]:
        """The body as people write it."""
        body = rewrite(document.kind, document.body, _Speller(self, document, by_id=False))
        body |= {"kind": document.kind, "id": document.id, "api": self.name(document)}
        if document.kind == "field":
            body.pop("object", None)
        return body

    def with_ids(self, document: Document) -> Document:
        """The document as it is stored."""
        body = rewrite(document.kind, document.body, _Speller(self, document, by_id=True))
        owner = self._owner(document)
        stored = {**body, "id": document.id, "api": document.api}
        if owner is not None:
            stored["object"] = owner.id
        return replace(document, body=stored, object=owner.id if owner else document.object)

    def references(self, document: Document) -> set[str]:
        """Ids of the documents that this one needs."""
        speller = _Speller(self, document, by_id=True)
        rewrite(document.kind, document.body, speller)
        if document.object is not None:
            speller.seen.add(document.object)
        return speller.seen

    def users_of(self, ids: Set[str]) -> list[Document]:
        """The other documents that need one of these."""
        return [d for d in self if d.id not in ids and self.references(d) & ids]


class _Speller:
    """Turns references of one document into ids or into names, and remembers what they meant."""

    def __init__(self, catalogue: Catalogue, document: Document, *, by_id: bool) -> None:
        self.catalogue = catalogue
        self.by_id = by_id
        self.seen: set[str] = set()
        self.own = document if document.kind == "object" else catalogue._owner(document)

    def _spell(self, document: Document) -> str:
        self.seen.add(document.id)
        return document.id if self.by_id else document.api

    def plain(self, kind: str, token: str) -> str:
        """A reference to an object, picklist or report."""
        found = self.catalogue.find(kind, token)
        return self._spell(found) if found else token

    def child(self, token: str) -> tuple[str, Document | None]:
        """`child.field`, and the child object."""
        found = self.catalogue.find("field", token)
        if found is None:
            return token, None
        owner = self.catalogue._owner(found)
        self.seen.add(found.id)
        return found.id if self.by_id else self.catalogue.name(found), owner

    def path(self, start: Document | None, text: str) -> str:
        """A dotted path from an object, perhaps with the `-` of a descending order."""
        sign = "-" if text.startswith("-") else ""
        parts = text.removeprefix("-").split(".")
        return sign + ".".join(self._steps(start, parts))

    def _steps(self, start: Document | None, parts: list[str]) -> Iterator[str]:
        here = start
        for part in parts:
            if part in SYSTEM_FIELDS:
                here = self.catalogue.find("object", SYSTEM_FIELDS[part].to or "")
                yield part
                continue
            found = self.catalogue.find_field(here, part) if here else None
            here = self.target(found) if found else None
            yield self._spell(found) if found else part

    def target(self, field_document: Document) -> Document | None:
        """The object that a lookup points to."""
        body = field_document.body
        to = "user" if body.get("type") == "user" else body.get("to")
        return self.catalogue.find("object", to) if isinstance(to, str) else None

    def object(self, reference: Reference) -> Document | None:
        """The object that a reference is read from."""
        if reference is None:
            return self.own
        return self.catalogue.find("object", reference)
