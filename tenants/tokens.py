"""API tokens: a program's access in the name of a user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select

from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import lazy
from kernel.ratelimits import RateLimits
from kernel.scope import Scope
from tenants.authentication import authenticate
from tenants.models import ApiToken
from tenants.secrets import hash_token, new_token

LIFE = timedelta(days=90)
MOST_PER_USER = 50
MAX_NAME = 80


def issue(
    scope: Scope, limits: RateLimits, email: str, password: str, address: str, name: str = "API"
) -> str:
    """A new token for the person with this address and password; raises as `authenticate`."""
    user = authenticate(scope, limits, email, password, address)
    _make_room(scope, user.id)
    return create_token(scope, user.id, name)


def create_token(scope: Scope, user_id: int, name: str) -> str:
    """A new token of a user. This is the only time that it can be read."""
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME:
        message = lazy("Give the token a name of at most %(n)s characters.", n=MAX_NAME)
        raise Invalid(errors=[FieldError("token_name", "length", message)])
    count = scope.unit.session.scalar(
        select(func.count()).select_from(ApiToken).where(ApiToken.user_id == user_id)
    )
    if (count or 0) >= MOST_PER_USER:
        raise Conflict(lazy("You have %(n)s tokens. Revoke some first.", n=MOST_PER_USER))
    token = new_token()
    now = scope.unit.clock.now()
    scope.unit.session.add(
        ApiToken(
            token_hash=hash_token(token),
            id=scope.unit.new_id(),
            user_id=user_id,
            name=name,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    return token


def _make_room(scope: Scope, user_id: int) -> None:
    """Drop the oldest tokens of a user whose programs sign in each time they run."""
    oldest = (
        select(ApiToken.id)
        .where(ApiToken.user_id == user_id)
        .order_by(ApiToken.id.desc())
        .offset(MOST_PER_USER - 1)
    )
    ids = scope.unit.session.scalars(oldest).all()
    if ids:
        scope.unit.session.execute(delete(ApiToken).where(ApiToken.id.in_(ids)))


def list_tokens(scope: Scope, user_id: int) -> Sequence[ApiToken]:
    """The tokens of a user that still count, the newest first."""
    return scope.unit.session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.expires_at > scope.unit.clock.now())
        .order_by(ApiToken.id.desc())
    ).all()


def revoke_token(scope: Scope, user_id: int, token_id: int) -> None:
    """End a token of a user; nothing happens when it is not theirs."""
    scope.unit.session.execute(
        delete(ApiToken).where(ApiToken.user_id == user_id, ApiToken.id == token_id)
    )
