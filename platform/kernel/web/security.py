"""What every answer carries: request id and security headers; and one line in the access log."""

from __future__ import annotations

import re
import time

from flask import Response, g, request
from ulid import ULID

from kernel import logging

log = logging.get_logger("access")

_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
HEADERS = (
    ("Content-Security-Policy", _CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_TRANSPORT_POLICY = "max-age=31536000"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_KEEP_SECONDS = 365 * 24 * 3600


def begin() -> None:
    """Start the clock of a request and give it a name: the caller's, when it is a sound one."""
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    logging.request_id.set(given if _ID.fullmatch(given) else str(ULID()))
    logging.tenant.set(None)


def finish(response: Response) -> Response:
    """Add the headers and log the request."""
    headers = response.headers
    for name, value in HEADERS:
        headers.setdefault(name, value)
    headers["X-Request-Id"] = logging.request_id.get() or ""
    if request.is_secure:
        headers["Strict-Transport-Security"] = _TRANSPORT_POLICY
    if request.endpoint != "static":
        # Pages and answers hold a person's data: no cache keeps them.
        headers.setdefault("Cache-Control", "no-store")
        _log(response)
    elif "v" in request.args:
        headers["Cache-Control"] = f"public, max-age={_KEEP_SECONDS}, immutable"
    return response


def _log(response: Response) -> None:
    scope = g.get("scope")
    log.info(
        "request",
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.started) * 1000, 1),
            "user": scope.actor.id if scope is not None else None,
        },
    )
