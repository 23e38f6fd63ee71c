"""Pages of the door: sign in and out, forgotten passwords, the language."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import FieldError, Invalid, NotFound, Problem, TooMany, Unavailable
from kernel.i18n import LOCALES, _, current_locale
from kernel.mail import list_kept
from kernel.web.gate import (
    LANGUAGE_COOKIE,
    current_scope,
    current_tenant,
    current_visit,
    current_visitor,
    local_path,
)
from kernel.web.routes import PUBLIC, SIGNED_IN, route
from kernel.web.services import current_services
from tenants import resets, sessions
from tenants.authentication import WrongCredentials, authenticate
from tenants.profiles import change_language

pages = Blueprint("tenants", __name__, template_folder="templates")

_YEAR_SECONDS = 365 * 24 * 3600


def client_address() -> str:
    """The address that a request comes from."""
    return request.remote_addr or "unknown"


def by_field(problem: Problem) -> dict[str, FieldError]:
    """The errors of a form by field, for its template."""
    return {error.field: error for error in problem.errors}


@route(pages, "/sign-in", needs=PUBLIC)
def sign_in_page() -> ResponseReturnValue:
    """The form to sign in."""
    if current_visit().visitor is not None:
        return redirect(local_path(request.args.get("next")))
    return _sign_in_form()


def _sign_in_form(problem: Problem | None = None) -> str:
    return render_template(
        "tenants/sign_in.html",
        tenant=current_tenant(),
        email=request.form.get("email", ""),
        next=local_path(request.values.get("next")),
        problem=problem,
    )


@route(pages, "/sign-in", methods=("POST",), needs=PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Sign a person in."""
    scope = current_scope()
    try:
        user = authenticate(
            scope,
            current_services().rate_limits,
            request.form.get("email", ""),
            request.form.get("password", ""),
            client_address(),
        )
    except (WrongCredentials, TooMany, Unavailable) as problem:
        return _sign_in_form(problem), problem.status, problem.headers
    sessions.start_session(scope, user.id, client_address(), request.user_agent.string)
    return redirect(local_path(request.form.get("next")))


@route(pages, "/sign-out", methods=("POST",), needs=SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """Sign out in this browser."""
    sessions.sign_out(current_scope(), current_visitor())
    flash(_("You are signed out."), "info")
    return redirect("/sign-in")


@route(pages, "/forgotten", needs=PUBLIC)
def forgotten_page() -> ResponseReturnValue:
    """The form for a forgotten password."""
    return render_template("tenants/forgotten.html", sent=False, problem=None)


@route(pages, "/forgotten", methods=("POST",), needs=PUBLIC)
def forgotten() -> ResponseReturnValue:
    """Have a link mailed; the answer is the same for every address."""
    try:
        resets.request_reset(
            current_scope(),
            current_services().rate_limits,
            request.form.get("email", ""),
            client_address(),
            current_locale(),
        )
    except (TooMany, Unavailable) as problem:
        page = render_template("tenants/forgotten.html", sent=False, problem=problem)
        return page, problem.status, problem.headers
    return render_template("tenants/forgotten.html", sent=True, problem=None)


@route(pages, "/reset", needs=PUBLIC)
def reset_page() -> ResponseReturnValue:
    """The form behind a mailed link."""
    token = request.args.get("token", "")
    user = resets.find_reset(current_scope(), token)
    return render_template("tenants/reset.html", token=token, email=user.email, errors={})


@route(pages, "/reset", methods=("POST",), needs=PUBLIC)
def reset() -> ResponseReturnValue:
    """Set the password."""
    token = request.form.get("token", "")
    scope = current_scope()
    try:
        resets.use_reset(
            scope, current_services().rate_limits, token, request.form.get("password", "")
        )
    except Invalid as problem:
        email = resets.find_reset(scope, token).email
        page = render_template(
            "tenants/reset.html", token=token, email=email, errors=by_field(problem)
        )
        return page, problem.status
    flash(_("Your password is set. Please sign in."), "success")
    return redirect("/sign-in")


@route(pages, "/language/<locale>", methods=("POST",), needs=PUBLIC)
def language(locale: str) -> ResponseReturnValue:
    """Choose the language: for this browser, and for the account of who is signed in."""
    if locale not in LOCALES:
        raise NotFound()
    if (visitor := current_visit().visitor) is not None:
        change_language(current_scope(), visitor.user_id, locale)
    response = redirect(local_path(request.form.get("next")))
    response.set_cookie(
        LANGUAGE_COOKIE, locale, max_age=_YEAR_SECONDS, secure=True, httponly=True, samesite="Lax"
    )
    return response


@route(pages, "/_mail", needs=PUBLIC)
def kept_mail() -> ResponseReturnValue:
    """The mails that a development installation keeps instead of sending them."""
    settings = current_services().settings
    local = settings.base_domain == "localhost" or settings.base_domain.endswith(".localhost")
    if not settings.development or settings.smtp_url or not local:
        raise NotFound()
    scope = current_scope()
    return render_template("tenants/mail.html", mails=list_kept(scope), zone=scope.actor.zone)
