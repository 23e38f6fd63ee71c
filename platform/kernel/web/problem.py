"""Errors as answers: a problem document for programs, a page or a message for people."""

from __future__ import annotations

import json

import redis
from flask import Flask, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from kernel import errors
from kernel.errors import Malformed, Problem, Unauthenticated, Unavailable
from kernel.i18n import lazy
from kernel.logging import get_logger, request_id
from kernel.web.gate import SIGN_IN_PATH, is_api, undo, wants_fragment

log = get_logger(__name__)

_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        errors.Malformed,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.Conflict,
        errors.Stale,
        errors.TooLarge,
        errors.UnsupportedMedia,
        errors.Invalid,
        errors.TooMany,
        errors.Unavailable,
    )
}
# SQLSTATEs that say "not now": serialization failure, deadlock, lock and statement timeout,
# too many connections, shutting down, cannot connect now.
_TRANSIENT = frozenset({"40001", "40P01", "55P03", "57014", "53300", "57P01", "57P03"})


class FormExpired(Malformed):
    """The page was open too long, or the call did not come from one of our pages."""

    code = "csrf"
    title = lazy("This page is no longer valid. Please load it again and repeat what you did.")


def answer_errors(app: Flask) -> None:
    """Make `app` answer every error in the form that its reader expects."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(CSRFError, lambda _error: answer(FormExpired()))
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(SQLAlchemyError, _answer_database)
    app.register_error_handler(redis.RedisError, lambda _error: answer(Unavailable()))
    app.register_error_handler(Exception, _answer_unexpected)


def answer(problem: Problem) -> ResponseReturnValue:
    """The answer that tells a problem to a program, to htmx or to a person."""
    undo()
    headers = dict(problem.headers)
    if is_api():
        if isinstance(problem, Unauthenticated):
            headers["WWW-Authenticate"] = "Bearer"
        document = problem.as_json()
        if problem.status >= 500:
            document["request_id"] = request_id.get()
        return (
            json.dumps(document, ensure_ascii=False),
            problem.status,
            headers | {"Content-Type": "application/problem+json"},
        )
    if isinstance(problem, Unauthenticated) and not wants_fragment():
        return redirect(SIGN_IN_PATH)
    return _page(problem, headers)


def _page(problem: Problem, headers: dict[str, str]) -> ResponseReturnValue:
    texts = {
        "status": problem.status,
        "title": str(problem.title),
        "detail": str(problem.detail) if problem.detail is not None else "",
        "request_id": request_id.get() if problem.status >= 500 else None,
    }
    if not wants_fragment():
        return render_template("error.html", **texts), problem.status, headers
    if isinstance(problem, Unauthenticated):
        headers["HX-Redirect"] = SIGN_IN_PATH
    # htmx does not swap errors in; `banyan.js` shows what this event says.
    headers["HX-Trigger"] = json.dumps({"banyan:problem": texts})
    return render_template("problem.html", **texts), problem.status, headers


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, RequestRedirect) or error.code is None or error.code < 400:
        return error
    kind = _BY_STATUS.get(error.code)
    if kind is None:
        kind = Malformed if error.code < 500 else Unavailable
    allowed = getattr(error, "valid_methods", None)
    return answer(kind(headers={"Allow": ", ".join(allowed)} if allowed else None))


def _answer_database(error: SQLAlchemyError) -> ResponseReturnValue:
    state = getattr(error.orig, "pgcode", None) if isinstance(error, DBAPIError) else None
    lost = isinstance(error, DBAPIError) and (error.connection_invalidated or state is None)
    if lost or isinstance(error, PoolTimeout) or state in _TRANSIENT:
        log.warning("the database did not serve", exc_info=error)
        return answer(Unavailable(headers={"Retry-After": "2"}))
    return _answer_unexpected(error)


def _answer_unexpected(error: Exception) -> ResponseReturnValue:
    log.error("unexpected error", exc_info=error)
    return answer(Problem())
