"""Says whether a package can be installed, before anybody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kernel.errors import FieldError
from kernel.i18n import lazy
from metadata.compiler import CompileError, CompileFailed, compile_bodies
from metadata.schema import Schema
from seeds import sampledata
from seeds.archive import BadPackage, fault
from seeds.package import MANIFEST, Document, Package, version_key


def lint(package: Package, available: Mapping[str, Package]) -> Schema:
    """Check a package together with those it requires, and compile the whole.

    `available` holds the packages that may be required, by name. Raises `BadPackage` with file,
    path and reason of every fault.
    """
    parts = _with_required(package, available)
    documents = [document for part in parts for document in part.documents]
    try:
        schema = compile_bodies(document.body for document in documents)
    except CompileFailed as error:
        raise located(error, documents) from error
    _rows, faults = sampledata.plan(schema, package.data)
    if faults:
        raise BadPackage(errors=faults)
    return schema


def missing(requires: Mapping[str, str], have: Mapping[str, str]) -> Iterator[FieldError]:
    """The required packages that are absent or too old; both arguments give versions by name."""
    for name, least in sorted(requires.items()):
        version = have.get(name)
        if version is None:
            message = lazy("Version %(least)s or newer of it is needed.", least=least)
            yield FieldError(name, "missing_template", message)
        elif version_key(version) < version_key(least):
            message = lazy(
                "Version %(least)s or newer of it is needed, not %(version)s.",
                least=least,
                version=version,
            )
            yield FieldError(name, "old_template", message)


def located(error: CompileFailed, documents: Iterable[Document]) -> BadPackage:
    """The compiler's faults with the files in which their documents stand."""
    places = {f"{d.kind} {d.api}": f"{d.file}#{d.path}" for d in documents}

    def where(found: CompileError) -> str:
        place = places.get(found.document)
        document = f"{place} ({found.document})" if place else found.document
        return f"{document}: {found.path}" if found.path else document

    return BadPackage(errors=[fault(where(f), f.code, f.reason) for f in error.faults])


def _with_required(package: Package, available: Mapping[str, Package]) -> list[Package]:
    """The package, after all that it requires, directly or not."""
    versions = {name: other.manifest.version for name, other in available.items()}
    chosen: dict[str, Package] = {}

    def add(part: Package, trail: tuple[str, ...]) -> None:
        name = part.manifest.name
        if name in trail:
            names = " > ".join((*trail, name))
            message = lazy("Packages require each other in a circle: %(names)s.", names=names)
            raise BadPackage(errors=[fault(f"{MANIFEST}#/requires", "circle", message)])
        absent = list(missing(part.manifest.requires, versions))
        if absent:
            raise BadPackage(
                errors=[fault(f"{MANIFEST}#/requires/{e.field}", e.code, e.message) for e in absent]
            )
        for other in part.manifest.requires:
            if other not in chosen:
                add(available[other], (*trail, name))
        chosen[name] = part

    add(package, ())
    return list(chosen.values())
