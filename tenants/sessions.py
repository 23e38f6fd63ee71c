"""Browser sessions: kept on the server, so that they can be ended there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, login_user, logout_user
from sqlalchemy import delete, select, text

from kernel.scope import Scope
from kernel.web.gate import Visitor
from tenants.models import ApiToken, PasswordReset, UserSession
from tenants.secrets import hash_token, new_token

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""How exact "last seen" is: writing it with each request would make every read a write."""

_MAX_AGENT = 200
_COOKIE_KEY = "_user_id"  # where Flask-Login keeps what `get_id` returns

_SEEN = text(
    "UPDATE user_session SET last_seen_at = :now "
    "WHERE tenant_id = :tenant_id AND token_hash = :token_hash"
)


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login ships no types
    """What Flask-Login knows of a signed-in person: the secret of the session, not the user."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.token


def prepare_sign_in(app: Flask) -> None:
    """Let Flask-Login keep the session's secret in the signed cookie."""
    manager = LoginManager()
    # Sessions end on the server; an address or browser that changes is no sign of theft.
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)

    def load(token: str) -> SignedIn | None:
        visit = g.get("visit")
        visitor: Visitor | None = visit.visitor if visit is not None else None
        known = visitor is not None and not visitor.by_token
        return SignedIn(token) if known else None

    manager.user_loader(load)


def cookie_token() -> str | None:
    """The secret that the browser's cookie carries; None when there is none."""
    token = session.get(_COOKIE_KEY)
    return token if isinstance(token, str) else None


def start_session(scope: Scope, user_id: int, address: str, agent: str) -> None:
    """Sign a user in, in this browser. What the cookie held before is dropped."""
    token = new_token()
    now = scope.unit.clock.now()
    scope.unit.session.add(
        UserSession(
            token_hash=hash_token(token),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
            address=address,
            agent=agent[:_MAX_AGENT],
        )
    )
    session.clear()
    login_user(SignedIn(token))


def touch(scope: Scope, token_hash: bytes) -> None:
    """Note that the session is in use."""
    scope.unit.connection.execute(
        _SEEN,
        {"now": scope.unit.clock.now(), "tenant_id": scope.tenant_id, "token_hash": token_hash},
    )


def list_sessions(scope: Scope, user_id: int) -> Sequence[UserSession]:
    """The sessions of a user that still count, the last used first."""
    now = scope.unit.clock.now()
    return scope.unit.session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.expires_at > now,
            UserSession.last_seen_at > now - IDLE,
        )
        .order_by(UserSession.last_seen_at.desc())
    ).all()


def end_session(scope: Scope, user_id: int, token_hash: bytes) -> None:
    """End one session of a user; nothing happens when it is not theirs."""
    scope.unit.session.execute(
        delete(UserSession).where(
            UserSession.user_id == user_id, UserSession.token_hash == token_hash
        )
    )


def sign_out(scope: Scope, visitor: Visitor) -> None:
    """End the session of this browser and empty its cookie."""
    end_session(scope, visitor.user_id, visitor.token_hash)
    logout_user()
    session.clear()


def end_all(scope: Scope, user_id: int, *, keep: bytes | None = None, tokens: bool = True) -> None:
    """Sign a user out everywhere: sessions, reset links and (with `tokens`) API tokens.

    `keep` is the session that goes on, by its hash.
    """
    sessions = delete(UserSession).where(UserSession.user_id == user_id)
    if keep is not None:
        sessions = sessions.where(UserSession.token_hash != keep)
    scope.unit.session.execute(sessions)
    scope.unit.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user_id))
    if tokens:
        scope.unit.session.execute(delete(ApiToken).where(ApiToken.user_id == user_id))


def purge_expired(scope: Scope) -> None:
    """Delete what no longer lets anybody in."""
    now = scope.unit.clock.now()
    orm = scope.unit.session
    orm.execute(delete(UserSession).where(UserSession.expires_at <= now))
    orm.execute(delete(UserSession).where(UserSession.last_seen_at <= now - IDLE))
    orm.execute(delete(ApiToken).where(ApiToken.expires_at <= now))
    orm.execute(delete(PasswordReset).where(PasswordReset.expires_at <= now))
