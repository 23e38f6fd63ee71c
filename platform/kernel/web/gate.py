"""The way in: which tenant, who, on what terms; and one transaction around each view."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from kernel import i18n, logging
from kernel.errors import Forbidden, Malformed, NotFound, TooLarge, Unauthenticated
from kernel.i18n import lazy
from kernel.scope import Actor, Scope
from kernel.web.routes import ADMIN, ANYWHERE, PUBLIC, Terms, terms_of
from kernel.web.services import current_services

SIGN_IN_PATH = "/sign-in"
LANGUAGE_COOKIE = "lang"
MAX_BODY = 2 * 1024 * 1024
"""Bytes of a request body, except where files are uploaded."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TenantInfo:
    """What a request knows of its tenant."""

    id: int
    slug: str
    name: str
    locale: str
    zone: str
    currency: str
    metadata_version: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """How the person of this request is signed in."""

    user_id: int
    email: str
    locale: str | None
    by_token: bool
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in; `visitor` is None for somebody who is not signed in."""

    tenant: TenantInfo
    scope: Scope
    visitor: Visitor | None


class Doorkeeper(Protocol):
    """Knows tenants and people; the composition root brings it."""

    def tenant_of(self, host: str) -> int | None:
        """The tenant of a host name."""
        ...

    def admit(self, tenant_id: int, *, write: bool) -> Visit:
        """Open the request's unit of work and find out who asks.

        Raises `NotFound` or `Forbidden` when the tenant is gone or suspended.
        """
        ...

    def actor_of(self, scope: Scope, user_id: int) -> Actor:
        """A user as they are now, for work in their name.

        Raises `Forbidden` when the person is frozen or gone, or the tenant is suspended.
        """
        ...


class TenantUnknown(NotFound):
    """No tenant lives at this address."""

    code = "tenant_unknown"
    title = lazy("There is no workspace at this address.")


class TenantSuspended(Forbidden):
    """The tenant is closed for now."""

    code = "tenant_suspended"
    title = lazy("This workspace is suspended. Please ask its administrator.")


def is_api() -> bool:
    """Whether the request is one of the programming interface."""
    return request.path.startswith("/api/")


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def host_name(host: str) -> str:
    """A host name without port, in lower case; empty when it is none."""
    name = host.rsplit(":", 1)[0].lower().rstrip(".")
    return name if _HOST.fullmatch(name) else ""


def current_visit() -> Visit:
    """The visit that is served now."""
    visit = g.visit
    assert isinstance(visit, Visit)
    return visit


def current_visitor() -> Visitor:
    """How the person who is served now is signed in; raises `Unauthenticated`."""
    visitor = current_visit().visitor
    if visitor is None:
        raise Unauthenticated()
    return visitor


def current_scope() -> Scope:
    """The scope of the request that is served now."""
    return current_visit().scope


def current_tenant() -> TenantInfo:
    """The tenant of the request that is served now."""
    return current_visit().tenant


def enter(csrf: CSRFProtect, doorkeeper: Doorkeeper) -> ResponseReturnValue | None:
    """Let the request in, answer it at the door, or raise why not."""
    i18n.set_locale(visitor_locale(None, i18n.DEFAULT_LOCALE))
    if request.url_rule is None or request.endpoint is None or request.method == "OPTIONS":
        return None  # Flask answers these by itself
    terms = terms_of(current_app, request.endpoint)
    if terms is None:
        raise RuntimeError(f"the route {request.endpoint} does not say what it needs")
    if terms.needs is ANYWHERE:
        return None
    refuse_bad_request(terms)
    services = current_services()
    host = host_name(request.host)
    tenant_id = doorkeeper.tenant_of(host)
    if tenant_id is None:
        if host == services.settings.base_domain and not is_api():
            return apex()
        raise TenantUnknown()
    visit = doorkeeper.admit(tenant_id, write=terms.is_write(request.method))
    g.visit, g.scope = visit, visit.scope
    logging.tenant.set(visit.tenant.slug)
    i18n.set_locale(
        visitor_locale(visit.visitor.locale if visit.visitor else None, visit.tenant.locale)
    )
    return check_visitor(csrf, visit, terms)


def check_visitor(csrf: CSRFProtect, visit: Visit, terms: Terms) -> ResponseReturnValue | None:
    """Refuse who may not; send who is not signed in to the door."""
    visitor = visit.visitor
    if visitor is None and terms.needs is not PUBLIC:
        if is_api() or request.method not in _SAFE_METHODS:
            raise Unauthenticated()
        return to_sign_in()
    # A browser sends the cookie by itself, so a writing call must prove that our page made it.
    # Programs carry a token, or nothing yet when they ask for one.
    by_cookie = visitor is not None and not visitor.by_token
    if request.method not in _SAFE_METHODS and (by_cookie or not is_api()):
        csrf.protect()
    if terms.needs is ADMIN and not visit.scope.actor.is_admin:
        raise Forbidden()
    return None


def to_sign_in() -> ResponseReturnValue:
    """Ask the person to sign in first and bring them back afterwards."""
    if wants_fragment():
        return "", 401, {"HX-Redirect": SIGN_IN_PATH}
    path = request.full_path.rstrip("?")
    return redirect(SIGN_IN_PATH if path == "/" else f"{SIGN_IN_PATH}?next={quote(path, safe='/')}")


def local_path(target: str | None, default: str = "/") -> str:
    """A path on this host to go on to; anything else becomes `default`."""
    if not target or not re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", target):
        return default
    return target


def refuse_bad_request(terms: Terms) -> None:
    """Stop what is too large or can never be meant, before any of it is read."""
    limit = current_services().settings.max_upload_bytes if terms.upload else MAX_BODY
    request.max_content_length = limit
    if terms.upload:
        request.max_form_memory_size = MAX_BODY
    if request.content_length is not None and request.content_length > limit:
        raise TooLarge(lazy("At most %(n)s MiB can be sent at once.", n=limit // 1024**2))
    if "\x00" in request.path or b"%00" in request.query_string:
        raise Malformed()


def visitor_locale(chosen: str | None, default: str) -> str:
    """The language: the person's choice, the browser's cookie, what it accepts, the default."""
    if chosen in i18n.LOCALES:
        return chosen
    cookie = request.cookies.get(LANGUAGE_COOKIE)
    if cookie in i18n.LOCALES:
        return cookie
    accepted = request.headers.get("Accept-Language")
    return i18n.negotiate(accepted) if accepted else default


def apex() -> ResponseReturnValue:
    """The page of the address that belongs to no tenant."""
    settings = current_services().settings
    return render_template("apex.html", base_domain=settings.base_domain)


class GatedFlask(Flask):
    """Flask whose views run in the request's transaction.

    It commits before the answer is sent, and only when the view answered without an error.
    """

    def dispatch_request(self) -> BaseResponse:
        """Call the view, then end its transaction."""
        response = self.make_response(super().dispatch_request())
        if (visit := g.get("visit")) is not None and response.status_code < 400:
            visit.scope.unit.finish()
        return response


def leave(_error: BaseException | None = None) -> None:
    """Give the request's connection back."""
    visit: Visit | None = g.pop("visit", None)
    if visit is not None:
        visit.scope.unit.close()


def undo() -> None:
    """Undo what the request wrote, before an error is told."""
    visit: Visit | None = g.get("visit")
    if visit is None:
        return
    try:
        visit.scope.unit.undo()
    except SQLAlchemyError:  # the connection itself is what failed: go on as without a tenant
        leave()
        g.pop("scope", None)
