"""Passwords set through a mailed link, for people who forgot theirs and people who are new."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from kernel import mail, outbox
from kernel.errors import NotFound
from kernel.i18n import _, lazy, use_locale
from kernel.ratelimits import RateLimits
from kernel.scope import Scope
from kernel.web.services import current_services
from tenants import sessions
from tenants.authentication import find_user, forget_failures, normal_email
from tenants.models import PasswordReset, Tenant, User
from tenants.secrets import hash_token, new_token
from tenants.service import get_user, main_host, set_password

LIFE = timedelta(hours=1)
INVITATION_LIFE = timedelta(days=3)
ACCOUNT_LIMIT = "5 per hour"
ADDRESS_LIMIT = "20 per hour"


class LinkSpent(NotFound):
    """The link was used, replaced by a newer one, or is too old."""

    code = "link_spent"
    title = lazy("This link is no longer valid. Ask for a new one.")


def request_reset(scope: Scope, limits: RateLimits, email: str, address: str, locale: str) -> None:
    """Mail a link to whoever has this address.

    The same is done and written whether anybody has it: the answer and its time tell nothing.
    Raises `TooMany` and `Unavailable`.
    """
    account = hashlib.sha256(normal_email(email).encode("utf-8", "surrogatepass")).hexdigest()
    limits.count(ADDRESS_LIMIT, "reset", "address", address)
    limits.count(ACCOUNT_LIMIT, "reset", "account", str(scope.tenant_id), account)
    payload = {"email": normal_email(email)[:254].replace("\x00", ""), "locale": locale}
    outbox.promise(scope, "password_reset", payload, str(scope.unit.new_id()))


@outbox.handler("password_reset")
def _mail_reset(scope: Scope, payload: dict[str, Any], key: str) -> None:
    user = find_user(scope, payload["email"])
    if user is None or user.state == "frozen":
        return
    link = _new_link(scope, user, LIFE)
    with use_locale(user.locale or payload["locale"]):
        text = _(
            "Somebody, hopefully you, asked for a new password for %(tenant)s.\n\n"
            "Set it here within one hour:\n%(link)s\n\n"
            "If it was not you, ignore this mail; your password stays as it is.\n",
            tenant=_tenant(scope).name,
            link=link,
        )
        mail.send(scope, user.email, _("Set a new password"), text, key=f"reset:{key}")


def invite(scope: Scope, user: User) -> None:
    """Mail a new person a link with which they set their first password."""
    tenant = _tenant(scope)
    link = _new_link(scope, user, INVITATION_LIFE)
    with use_locale(user.locale or tenant.locale):
        text = _(
            "%(name)s, you are invited to %(tenant)s.\n\n"
            "Set your password here within three days:\n%(link)s\n",
            name=user.name,
            tenant=tenant.name,
            link=link,
        )
        subject = _("Your invitation to %(tenant)s", tenant=tenant.name)
        mail.send(scope, user.email, subject, text, key=f"invitation:{scope.unit.new_id()}")


def _tenant(scope: Scope) -> Tenant:
    return scope.unit.session.scalars(select(Tenant).where(Tenant.id == scope.tenant_id)).one()


def _new_link(scope: Scope, user: User, life: timedelta) -> str:
    """A link that replaces all earlier ones. Its host is the tenant's own, never a request's."""
    token = new_token()
    scope.unit.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    scope.unit.session.add(
        PasswordReset(
            token_hash=hash_token(token),
            user_id=user.id,
            expires_at=scope.unit.clock.now() + life,
        )
    )
    address = current_services().settings.address_of(main_host(scope))
    return f"{address}/reset?token={token}"


def find_reset(scope: Scope, token: str, *, lock: bool = False) -> User:
    """The person whose link this is; raises `LinkSpent`."""
    query = select(PasswordReset).where(PasswordReset.token_hash == hash_token(token))
    reset = scope.unit.session.scalars(query.with_for_update() if lock else query).one_or_none()
    if reset is None or reset.expires_at <= scope.unit.clock.now():
        raise LinkSpent()
    user = get_user(scope, reset.user_id)
    if user.state == "frozen":
        raise LinkSpent()
    return user


def use_reset(scope: Scope, limits: RateLimits, token: str, password: str) -> None:
    """Set the password and spend the link. Whoever was signed in as this person no longer is.

    Raises `LinkSpent`, and `Invalid` when the password is too easy: the link then stays good.
    """
    user = find_reset(scope, token, lock=True)
    set_password(user, password)
    sessions.end_all(scope, user.id)
    forget_failures(scope, limits, user.email)
