"""Lets requests in: tenant, session and user in one trip to the database."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import Row, text

from kernel.db.unit import Unit
from kernel.errors import Forbidden
from kernel.i18n import lazy
from kernel.scope import Actor, Scope
from kernel.web.gate import TenantInfo, TenantSuspended, TenantUnknown, Visit, Visitor
from kernel.web.services import Services
from tenants import sessions
from tenants.directory import Directory
from tenants.secrets import hash_token

# The parameter in each ON keeps every table of the join to one tenant by itself. A frozen user,
# an expired or an idle session join to nothing: the person is not signed in.
_BY_NOTHING = """
SELECT t.id, t.slug, t.name, t.locale, t.zone, t.currency, t.metadata_version, t.state
FROM tenant t WHERE t.id = %s"""
_BY_SESSION = """
SELECT t.id, t.slug, t.name, t.locale, t.zone, t.currency, t.metadata_version, t.state,
       u.id AS user_id, u.email, u.name AS user_name, u.is_admin, u.locale AS user_locale,
       u.zone AS user_zone, s.last_seen_at
FROM tenant t
LEFT JOIN user_session s ON s.tenant_id = %s AND s.token_hash = %s
    AND s.expires_at > %s AND s.last_seen_at > %s
LEFT JOIN app_user u ON u.tenant_id = %s AND u.id = s.user_id AND u.state = 'active'
WHERE t.id = %s"""
_BY_BEARER = """
SELECT t.id, t.slug, t.name, t.locale, t.zone, t.currency, t.metadata_version, t.state,
       u.id AS user_id, u.email, u.name AS user_name, u.is_admin, u.locale AS user_locale,
       u.zone AS user_zone
FROM tenant t
LEFT JOIN api_token s ON s.tenant_id = %s AND s.token_hash = %s AND s.expires_at > %s
LEFT JOIN app_user u ON u.tenant_id = %s AND u.id = s.user_id AND u.state = 'active'
WHERE t.id = %s"""
_ACTOR = text(
    "SELECT u.name, u.is_admin, coalesce(u.locale, t.locale) AS locale, "
    "coalesce(u.zone, t.zone) AS zone FROM tenant t "
    "JOIN app_user u ON u.tenant_id = :tenant_id AND u.id = :user_id AND u.state = 'active' "
    "WHERE t.id = :tenant_id AND t.state = 'active'"
)
# A writing request holds the tenant's row in share mode until its end, and publishing takes it
# exclusively: no record is written under metadata that has just been replaced.
_HOLD = " FOR SHARE OF t"


class TenantDoorkeeper:
    """The doorkeeper of an application with tenants."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._directory = Directory(services.database)

    def tenant_of(self, host: str) -> int | None:
        """The tenant of a host name."""
        return self._directory.resolve(host)

    def admit(self, tenant_id: int, *, write: bool) -> Visit:
        """Open the request's unit and find out who asks; see `kernel.web.gate.Doorkeeper`."""
        statement, parameters, token_hash, by_token = self._question(tenant_id)
        unit, result = self._services.database.open_with(
            tenant_id, statement + (_HOLD if write else ""), parameters
        )
        try:
            row = result.one_or_none()
            if row is None:
                self._directory.forget(tenant_id)
                raise TenantUnknown()
            if row.state != "active":
                raise TenantSuspended()
            return _visit(unit, row, token_hash, by_token)
        except BaseException:
            unit.close()
            raise

    def actor_of(self, scope: Scope, user_id: int) -> Actor:
        """A user as they are now; see `kernel.web.gate.Doorkeeper`."""
        row = scope.unit.connection.execute(
            _ACTOR, {"tenant_id": scope.tenant_id, "user_id": user_id}
        ).one_or_none()
        if row is None:
            raise Forbidden(lazy("The person for whom this runs may no longer sign in."))
        return Actor(
            id=user_id, name=row.name, is_admin=row.is_admin, locale=row.locale, zone=row.zone
        )

    def _question(self, tenant_id: int) -> tuple[str, tuple[object, ...], bytes | None, bool]:
        now = self._services.clock.now()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            digest = hash_token(token.strip())
            return _BY_BEARER, (tenant_id, digest, now, tenant_id, tenant_id), digest, True
        cookie = sessions.cookie_token()
        if cookie is None:
            return _BY_NOTHING, (tenant_id,), None, False
        digest = hash_token(cookie)
        since = now - sessions.IDLE
        parameters = (tenant_id, digest, now, since, tenant_id, tenant_id)
        return _BY_SESSION, parameters, digest, False


def _visit(unit: Unit, row: Row[Any], token_hash: bytes | None, by_token: bool) -> Visit:
    tenant = TenantInfo(
        row.id, row.slug, row.name, row.locale, row.zone, row.currency, row.metadata_version
    )
    if token_hash is None or row.user_id is None:
        guest = Actor(id=None, name="", is_admin=False, locale=tenant.locale, zone=tenant.zone)
        return Visit(tenant, Scope(tenant_id=tenant.id, actor=guest, unit=unit), None)
    actor = Actor(
        id=row.user_id,
        name=row.user_name,
        is_admin=row.is_admin,
        locale=row.user_locale or tenant.locale,
        zone=row.user_zone or tenant.zone,
    )
    scope = Scope(tenant_id=tenant.id, actor=actor, unit=unit)
    visitor = Visitor(actor.id or 0, row.email, row.user_locale, by_token, token_hash)
    if not by_token and unit.clock.now() - row.last_seen_at > sessions.SEEN_EVERY:
        sessions.touch(scope, token_hash)
    return Visit(tenant, scope, visitor)
