"""Template packages: a manifest, metadata documents and data, as a folder or its zip.

    template.json            name, version, label, description, requires
    objects/account.json     an object with its fields in `fields`, in their order
    objects/account.tier.json   a field that the package adds to an object of another package
    picklists/ layouts/ views/ reports/ applications/    one document a file
    data/account.json        records that are created when the package is installed (sampledata)

A document's `id` keeps its identity when it is renamed in a later version. One that has none
gets an id that is derived from the package's name and its own api name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ulid import ULID

from kernel.errors import FieldError
from kernel.i18n import LOCALES, Text, lazy
from metadata.kinds import completed
from seeds.archive import BadPackage, fault, read_files

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "objects": ("object", "field"),
    "picklists": ("picklist",),
    "layouts": ("layout",),
    "views": ("view",),
    "reports": ("report",),
    "applications": ("application",),
}
"""The kinds of documents that each folder may hold."""
DATA = "data"
MANIFEST = "template.json"
IGNORED = frozenset({"README.md", "LICENSE"})

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
_MANIFEST_KEYS = ("name", "version", "label", "description", "requires")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says about itself. `requires`: the least version of each named package."""

    name: str
    version: str
    label: Mapping[str, str]
    description: Mapping[str, str]
    requires: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """A metadata document and where it stands: `file`, and `path` inside of it ("" or "/…")."""

    file: str
    path: str
    kind: str
    api: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DataFile:
    """Records of one object, as `seeds.sampledata` reads them."""

    file: str
    object: str
    records: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was read completely. `digest` changes with any part of its content."""

    manifest: Manifest
    documents: tuple[Document, ...]
    data: tuple[DataFile, ...]
    digest: str


def load(source: Path) -> Package:
    """Read a package from a folder or zip. Raises `BadPackage` with all faults found."""
    return parse(read_files(source))


def parse(files: Mapping[str, bytes]) -> Package:
    """Make a package of its files. Raises `BadPackage` with all faults found."""
    faults: list[FieldError] = []
    if MANIFEST not in files:
        raise BadPackage(errors=[fault(MANIFEST, "missing", lazy("A package needs this file."))])
    bodies = {}
    for name in sorted(files.keys() - IGNORED):
        try:
            bodies[name] = _json_object(name, files[name])
        except BadPackage as bad:
            faults += bad.errors
    manifest = _manifest(bodies.pop(MANIFEST, {}), faults)
    documents: list[Document] = []
    data: list[DataFile] = []
    for name, body in bodies.items():
        folder = _folder_of(name)
        if folder in FOLDERS:
            documents += _documents(name, folder, body, manifest.name, faults)
        elif folder == DATA:
            data.append(_data_file(name, body, faults))
        else:
            message = lazy("This file has no place in a package of this version of Banyan.")
            faults.append(fault(name, "unknown_file", message))
    _refuse_twins(documents, faults)
    if faults:
        raise BadPackage(errors=faults)
    return Package(manifest, tuple(documents), tuple(data), _digest(files))


def version_key(version: str) -> tuple[int, ...]:
    """What versions are compared by."""
    return tuple(int(part) for part in version.split("."))


def _folder_of(name: str) -> str:
    folder, separator, rest = name.partition("/")
    plain = separator and rest.endswith(".json") and "/" not in rest
    return folder if plain else ""


def _json_object(name: str, content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_twins,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "too deep"
        message = lazy("This is not valid JSON: %(reason)s", reason=reason)
        raise BadPackage(errors=[fault(name, "not_json", message)]) from error
    if not isinstance(body, dict):
        message = lazy("This must be one JSON object.")
        raise BadPackage(errors=[fault(name, "not_json", message)])
    return body


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twin!r} occurs twice")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _manifest(body: Mapping[str, Any], faults: list[FieldError]) -> Manifest:
    def bad(key: str, message: Text) -> None:
        faults.append(fault(f"{MANIFEST}#/{key}", "invalid", message))

    for key in body.keys() - set(_MANIFEST_KEYS):
        bad(key, lazy("This key is not known."))
    name, version = body.get("name"), body.get("version")
    if not isinstance(name, str) or len(name) > 60 or not _NAME.fullmatch(name):
        bad("name", lazy("A name has small letters, digits and single hyphens, such as crm-core."))
        name = ""
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        bad("version", lazy("A version has three numbers, such as 1.0.0."))
        version = ""
    for key in ("label", "description"):
        if (key == "label" or key in body) and not _is_label(body.get(key)):
            bad(key, lazy("A text in each language is needed: en, zh_CN."))
    requires = body.get("requires", {})
    if not isinstance(requires, dict) or not all(
        _NAME.fullmatch(k) and isinstance(v, str) and _VERSION.fullmatch(v)
        for k, v in requires.items()
    ):
        bad("requires", lazy("This must name packages and their least versions."))
        requires = {}
    elif name in requires:
        bad("requires", lazy("A package cannot require itself."))
    return Manifest(name, version, body.get("label", {}), body.get("description", {}), requires)


def _is_label(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(LOCALES)
        and all(isinstance(text, str) and 0 < len(text) <= 500 for text in value.values())
    )


def _documents(
    file: str, folder: str, body: dict[str, Any], package: str, faults: list[FieldError]
) -> Iterator[Document]:
    kind = body.get("kind")
    if kind not in FOLDERS[folder]:
        message = lazy("The kind of a document here is one of: %(kinds)s.", kinds=_listed(folder))
        faults.append(fault(f"{file}#/kind", "bad_kind", message))
        return
    api = body.get("api")
    if not isinstance(api, str) or not api:
        message = lazy("Every document needs an api name.")
        faults.append(fault(f"{file}#/api", "required", message))
        return
    fields = body.get("fields") if kind == "object" else None
    if kind == "object":
        body = {key: value for key, value in body.items() if key != "fields"}
    yield _document(file, "", kind, api, body, package, faults)
    if fields is None:
        return
    if not isinstance(fields, list):
        faults.append(fault(f"{file}#/fields", "not_a_list", lazy("This must be a list.")))
        return
    for index, field in enumerate(fields):
        path = f"/fields/{index}"
        if not isinstance(field, dict) or not isinstance(field.get("api"), str):
            message = lazy("A field is a JSON object with an api name.")
            faults.append(fault(f"{file}#{path}", "required", message))
            continue
        name = f"{api}.{field['api']}"
        yield _document(file, path, "field", name, {**field, "api": name}, package, faults)


def _document(
    file: str,
    path: str,
    kind: str,
    api: str,
    body: Mapping[str, Any],
    package: str,
    faults: list[FieldError],
) -> Document:
    identity = body.get("id", derived_id(package, kind, api))
    if not isinstance(identity, str):
        message = lazy("An id is a ULID: 26 letters and digits.")
        faults.append(fault(f"{file}#{path}/id", "bad_id", message))
    return Document(file, path, kind, api, completed({**body, "kind": kind, "id": identity}))


def derived_id(package: str, kind: str, api: str) -> str:
    """The id of a document that brings none: always the same for the same names."""
    return str(ULID(hashlib.sha256(f"{package}/{kind}/{api}".encode()).digest()[:16]))


def _listed(folder: str) -> str:
    return ", ".join(FOLDERS[folder])


def _data_file(file: str, body: Mapping[str, Any], faults: list[FieldError]) -> DataFile:
    object_, records = body.get("object"), body.get("records")
    well_formed = (
        isinstance(object_, str)
        and isinstance(records, list)
        and all(isinstance(record, dict) for record in records)
        and set(body) == {"object", "records"}
    )
    if not well_formed:
        message = lazy("A data file has an object's api name and a list of records.")
        faults.append(fault(file, "bad_data", message))
        return DataFile(file, "", ())
    return DataFile(file, str(object_), tuple(records or ()))


def _refuse_twins(documents: Iterable[Document], faults: list[FieldError]) -> None:
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        for key in ((document.kind, document.api), ("id", str(document.body["id"]))):
            other = seen.setdefault(key, document)
            if other is not document:
                message = lazy(
                    "The same %(what)s stands in %(file)s.", what=key[1], file=other.file
                )
                faults.append(fault(f"{document.file}#{document.path}", "duplicate", message))


def _digest(files: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name in sorted(files.keys() - IGNORED):
        total.update(f"{name}\n{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return total.hexdigest()
