"""The demo tenants: made once, repaired where something is missing, otherwise left alone.

`samples/<tenant>/tenant.json` describes a tenant, its templates and its people;
`samples/<tenant>/package` is a template package with its records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from kernel.db.unit import Database
from kernel.errors import Conflict, NotFound
from kernel.logging import get_logger
from kernel.web.services import Services
from runtime import people
from runtime.scope import RecordScope, open_scope
from seeds import installer, package
from seeds.shelf import shipped
from tenants import service
from tenants.models import User
from tenants.passwords import hash_password, verify_password

SAMPLES = Path(__file__).parent / "samples"

log = get_logger(__name__)


class _Password:
    """The password of all demo sign-ins. They share one hash, so that a start makes or checks it
    once and not, at a tenth of a second each, for everybody."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, bool] = {}

    def opens(self, stored: str) -> bool:
        """Whether a stored hash is of this password."""
        if stored not in self._known:
            self._known[stored] = verify_password(stored, self._text)
        return self._known[stored]

    def hash(self) -> str:
        """A hash of it: one that is in use already, or a new one."""
        hashes = [stored for stored, good in self._known.items() if good]
        if not hashes:
            hashes = [hash_password(self._text)]
            self._known[hashes[0]] = True
        return hashes[0]


def ensure(services: Services, password: str) -> None:
    """See that the demo tenants exist with people, templates and records, and that their people
    sign in with this password. What is there already stays as it is."""
    shared = _Password(password)
    for folder in sorted(path.parent for path in SAMPLES.glob("*/tenant.json")):
        description = json.loads((folder / "tenant.json").read_text(encoding="utf-8"))
        tenant_id = _tenant(services, description)
        database = services.database
        for name in description["templates"]:
            _install(database, tenant_id, shipped(name))
        _people(database, tenant_id, description["users"], shared)
        _install(database, tenant_id, package.load(folder / "package"))


def _tenant(services: Services, description: Mapping[str, Any]) -> int:
    slug = description["slug"]
    try:
        return service.find_tenant(services.database, slug).id
    except NotFound:
        pass
    try:
        return service.create_tenant(
            services.database,
            slug,
            description["name"],
            base_domain=services.settings.base_domain,
            locale=description["locale"],
            zone=description["zone"],
            currency=description["currency"],
        )
    except Conflict:  # another process was quicker
        return service.find_tenant(services.database, slug).id


def _install(database: Database, tenant_id: int, wanted: package.Package) -> None:
    """Install unless this or a newer version is there."""
    manifest = wanted.manifest
    with database.scope(tenant_id) as scope:
        present = installer.installed_version(scope, manifest.name)
        if present and package.version_key(present) >= package.version_key(manifest.version):
            return
        done = installer.install(scope, wanted)
    log.info("template installed", extra={"template": done.name, "records": done.records})


def _people(
    database: Database, tenant_id: int, wanted: list[dict[str, Any]], password: _Password
) -> None:
    """Create who is missing, and give everybody the password.

    The operator chose the password for a demonstration: the rules for passwords do not apply.
    """
    with open_scope(database, tenant_id, write=True) as scope:
        known = {user.email: user for user in scope.unit.session.scalars(select(User))}
        for person in wanted:
            user = known.get(person["email"])
            if user is None:
                user = service.get_user(scope, _create_person(scope, person))
            if user.password_hash and password.opens(user.password_hash):
                continue
            user.password_hash = password.hash()
            if user.state == "invited":
                user.state = "active"


def _create_person(scope: RecordScope, person: Mapping[str, Any]) -> int:
    fields = {name: person[name] for name in ("title", "office", "phone") if name in person}
    if "manager" in person:
        fields["manager"] = {"match": {"email": person["manager"]}}
    return people.create_user(
        scope,
        person["email"],
        person["name"],
        is_admin=person.get("admin", False),
        locale=person["locale"],
        **fields,
    )
