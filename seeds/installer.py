"""Installs template packages in tenants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from kernel.errors import Conflict
from kernel.i18n import lazy
from kernel.scope import Scope
from metadata import store
from metadata.compiler import CompileFailed
from metadata.models import DocumentVersion
from runtime.scope import record_scope
from seeds import sampledata
from seeds.archive import BadPackage, fault
from seeds.lint import located, missing
from seeds.models import TemplateInstall
from seeds.package import Document, Package, version_key
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation did. `version` is the tenant's metadata version afterwards; `kept`
    names documents that the tenant has changed or deleted, which stayed as the tenant wants."""

    name: str
    package_version: str
    version: int
    changed: bool
    records: int = 0
    kept: tuple[str, ...] = ()


def install(scope: Scope, package: Package) -> Installed:
    """Install a package, or bring an installed one to a newer version; all or nothing.

    Installing what is there already changes nothing. Raises `Conflict` when a required package
    is missing, when a newer version is installed, or when this version was installed with other
    content; `BadPackage` when documents or records do not fit.
    """
    zone, before = _lock_tenant(scope)
    manifest = package.manifest
    rows = {row.name: row for row in scope.unit.session.scalars(sa.select(TemplateInstall))}
    present = rows.get(manifest.name)
    if present is not None and _is_installed(present, package):
        return Installed(manifest.name, manifest.version, before, changed=False)
    _require(manifest.requires, {name: row.version for name, row in rows.items()})
    taken, kept = _without_tenant_changes(scope, package)
    version = _write(scope, package, taken) if taken else before
    records = 0
    if present is None:
        scope.unit.session.add(
            TemplateInstall(
                name=manifest.name,
                version=manifest.version,
                digest=package.digest,
                installed_at=scope.unit.clock.now(),
            )
        )
        local = replace(scope, actor=replace(scope.actor, zone=zone))
        records = sampledata.load(record_scope(local, version), package.data)
    else:
        present.version, present.digest = manifest.version, package.digest
        present.installed_at = scope.unit.clock.now()
    scope.unit.session.flush()
    return Installed(manifest.name, manifest.version, version, True, records, kept)


def installed_version(scope: Scope, name: str) -> str | None:
    """The version of a package that the tenant has."""
    query = sa.select(TemplateInstall.version).where(TemplateInstall.name == name)
    return scope.unit.session.scalar(query)


def _lock_tenant(scope: Scope) -> tuple[str, int]:
    """Zone and metadata version; two installations in one tenant come one after the other."""
    query = sa.select(Tenant.zone, Tenant.metadata_version).where(Tenant.id == scope.tenant_id)
    zone, version = scope.unit.connection.execute(query.with_for_update()).one()
    return zone, version


def _is_installed(present: TemplateInstall, package: Package) -> bool:
    manifest = package.manifest
    have, given = version_key(present.version), version_key(manifest.version)
    if have > given:
        raise Conflict(
            lazy(
                "%(name)s %(have)s is installed; it cannot go back to %(given)s.",
                name=manifest.name,
                have=present.version,
                given=manifest.version,
            )
        )
    if have == given and present.digest != package.digest:
        raise Conflict(
            lazy(
                "%(name)s %(have)s is installed with other content; give the changed package a "
                "higher version.",
                name=manifest.name,
                have=present.version,
            )
        )
    return have == given


def _require(requires: Mapping[str, str], have: Mapping[str, str]) -> None:
    errors = list(missing(requires, have))
    if errors:
        raise Conflict(lazy("Other templates must be installed first."), errors=errors)


def _without_tenant_changes(
    scope: Scope, package: Package
) -> tuple[list[Document], tuple[str, ...]]:
    """The documents to write, and the names of those that the tenant has made its own."""
    history = _history(scope, [document.body["id"] for document in package.documents])
    taken, kept, faults = [], [], []
    for document in package.documents:
        rows = history.get(document.body["id"], ())
        name = f"{document.kind} {document.api}"
        if not rows:
            taken.append(document)
        elif not any((row.origin or {}).get("template") == package.manifest.name for row in rows):
            message = lazy("The tenant has a document of this id that comes from elsewhere.")
            faults.append(fault(f"{document.file}#{document.path}", "not_ours", message))
        elif _changed_by_tenant(rows):
            kept.append(name)
        else:
            taken.append(document)
    if faults:
        raise BadPackage(errors=faults)
    return taken, tuple(kept)


def _history(scope: Scope, ids: Sequence[str]) -> dict[str, list[DocumentVersion]]:
    query = (
        sa.select(DocumentVersion)
        .where(DocumentVersion.document_id.in_(ids))
        .order_by(DocumentVersion.version)
    )
    history: dict[str, list[DocumentVersion]] = {}
    for row in scope.unit.session.scalars(query):
        history.setdefault(row.document_id, []).append(row)
    return history


def _changed_by_tenant(rows: Sequence[DocumentVersion]) -> bool:
    """Whether the newest state differs from what the package wrote; editing keeps the origin."""
    newest = rows[-1]
    written = next(row for row in rows if row.origin == newest.origin)
    return newest.body is None or newest.body != written.body


def _write(scope: Scope, package: Package, documents: Sequence[Document]) -> int:
    manifest = package.manifest
    origin = {"template": manifest.name, "version": manifest.version}
    message = f"Install {manifest.name} {manifest.version}"
    try:
        return store.install_documents(scope, [d.body for d in documents], message, origin)
    except CompileFailed as error:
        raise located(error, package.documents) from error
