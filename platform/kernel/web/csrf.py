"""The browser session and its proof that a call comes from one of our own pages."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect

# The prefix makes browsers refuse the cookie unless it is Secure, for this host only, for `/`:
# a neighbouring tenant's host can neither read nor plant it.
SESSION_COOKIE = "__Host-session"


def protect_sessions(app: Flask) -> CSRFProtect:
    """Set the session cookie up; `kernel.web.gate` decides which calls are checked."""
    app.config.update(
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # The token is bound to a cookie that no other host can plant; a Referer, which some
        # browsers are told to leave out, would add nothing.
        WTF_CSRF_SSL_STRICT=False,
    )
    return CSRFProtect(app)
