"""Documents to one frozen `Schema`, or all the reasons why they make none.

The compiler is pure: the store gives it the documents of a tenant, template packages give it
their own. It makes objects with their fields first, then everything that names fields by path
(filters, layouts, views, reports, applications).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kernel.i18n import lazy
from metadata.base import built_in_documents
from metadata.compiling.faults import CompileError, CompileFailed, Faults
from metadata.compiling.objects import build_objects, build_picklists
from metadata.compiling.pages import build_filters, build_pages
from metadata.compiling.reports import build_applications, build_reports
from metadata.compiling.state import Compilation, Slot, Surroundings
from metadata.documents import Catalogue, Document, from_body
from metadata.kinds import QUALIFIED, check
from metadata.schema import Schema

__all__ = [
    "CompileError",
    "CompileFailed",
    "Slot",
    "Surroundings",
    "compile_bodies",
    "compile_schema",
]


def compile_schema(
    documents: Iterable[Document],
    *,
    version: int = 0,
    slots: Mapping[int, Slot] | None = None,
    surroundings: Surroundings | None = None,
) -> Schema:
    """The schema that documents mean, together with the built-in ones.

    `slots` holds the slots by number of the field. Raises `CompileFailed` with all faults.
    """
    catalogue = Catalogue.of([*built_in_documents(), *documents])
    faults = Faults(catalogue)
    work = Compilation(catalogue, faults, version, slots or {}, surroundings or Surroundings())
    _check_names(work)
    for step in (
        build_picklists,
        build_objects,
        build_filters,
        build_pages,
        build_reports,
        build_applications,
    ):
        step(work)
    if faults.found:
        raise CompileFailed(faults.found)
    return work.schema


def compile_bodies(bodies: Iterable[Mapping[str, Any]], *, version: int = 0) -> Schema:
    """The schema of documents as people write them, each with its `id`; they are checked first.

    Raises `CompileFailed` with the faults of their shapes, else with those of the whole.
    """
    documents, faults = [], []
    for number, body in enumerate(bodies, start=1000):
        wrong = check(str(body.get("kind")), body)
        name = f"{body.get('kind')} {body.get('api')}"
        faults += [CompileError(name, e.field, e.code, e.message) for e in wrong]
        if not wrong:
            documents.append(from_body(body, number=number))
    if faults:
        raise CompileFailed(faults)
    return compile_schema(documents, version=version)


def _check_names(work: Compilation) -> None:
    for document in work.catalogue:
        if work.catalogue.twin(document) is not None:
            reason = lazy("This name is taken.")
            work.faults.add(document, "api", "duplicate", reason)
        if document.kind in QUALIFIED and document.kind == "field":
            owner = document.object or ""
            if work.catalogue.find("object", owner) is None:
                reason = lazy("There is no object %(name)s.", name=owner)
                work.faults.add(document, "api", "no_such_object", reason)
