"""Finding out that somebody is who they say, without telling anything to who is not."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from kernel.errors import Unauthenticated
from kernel.i18n import lazy
from kernel.ratelimits import RateLimits
from kernel.scope import Scope
from tenants.models import User
from tenants.passwords import hash_password, needs_rehash, verify_password

ACCOUNT_LIMIT = "10 per 15 minutes"
ADDRESS_LIMIT = "50 per 15 minutes"


class WrongCredentials(Unauthenticated):
    """The same whether the address, the password or the person's state is the reason."""

    code = "wrong_credentials"
    title = lazy("The email address or the password is not right.")


def normal_email(email: str) -> str:
    """An address as it is stored and compared."""
    return email.strip().casefold()


def find_user(scope: Scope, email: str) -> User | None:
    """The user with this address."""
    wanted = normal_email(email)
    if not wanted or "\x00" in wanted:
        return None
    return scope.unit.session.scalars(select(User).where(User.email == wanted)).one_or_none()


def authenticate(scope: Scope, limits: RateLimits, email: str, password: str, address: str) -> User:
    """The active user with this address and password.

    Raises `WrongCredentials`; `TooMany` after too many attempts on the account or from `address`;
    `Unavailable` when the attempts cannot be counted.
    """
    account = _account_key(scope, email)
    limits.check(ADDRESS_LIMIT, "sign-in", "address", address)
    # Counted before the password is looked at: attempts made at once are counted each.
    limits.count(ACCOUNT_LIMIT, "sign-in", "account", account)
    user = find_user(scope, email)
    stored = user.password_hash if user is not None and user.state == "active" else None
    if not verify_password(stored, password) or user is None or stored is None:
        limits.count(ADDRESS_LIMIT, "sign-in", "address", address)
        raise WrongCredentials()
    forget_failures(scope, limits, email)
    if needs_rehash(stored):
        user.password_hash = hash_password(password)
    user.last_sign_in_at = scope.unit.clock.now()
    return user


def forget_failures(scope: Scope, limits: RateLimits, email: str) -> None:
    """Forget the failed attempts on an account: its owner has shown up."""
    limits.reset(ACCOUNT_LIMIT, "sign-in", "account", _account_key(scope, email))


def _account_key(scope: Scope, email: str) -> str:
    name = f"{scope.tenant_id}:{normal_email(email)}"
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
