"""The page on which people keep their own account."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import Conflict, Invalid, NotFound, Problem
from kernel.i18n import _
from kernel.web.gate import current_scope, current_visitor
from kernel.web.routes import SIGNED_IN, route
from kernel.web.services import current_services
from tenants import profiles, sessions, tokens
from tenants.authentication import ACCOUNT_LIMIT
from tenants.browsers import browser
from tenants.service import get_user
from tenants.views import by_field

account = Blueprint("account", __name__)
account.add_app_template_filter(browser)


def _account_page(problem: Problem | None = None, new_token: str | None = None) -> str:
    scope, visitor = current_scope(), current_visitor()
    return render_template(
        "tenants/account.html",
        user=get_user(scope, visitor.user_id),
        zone=scope.actor.zone,
        zones=[(zone, zone) for zone in sorted(available_timezones())],
        sessions=sessions.list_sessions(scope, visitor.user_id),
        this_session=visitor.token_hash,
        tokens=tokens.list_tokens(scope, visitor.user_id),
        new_token=new_token,
        typed=request.form,
        errors=by_field(problem) if problem is not None else {},
        problem=problem,
    )


def _refused(problem: Problem) -> ResponseReturnValue:
    """The page again, with what is wrong; nothing of the attempt stays."""
    current_scope().unit.undo()
    return _account_page(problem), problem.status


@route(account, "/account", needs=SIGNED_IN)
def account_page() -> ResponseReturnValue:
    """My account."""
    return _account_page()


@route(account, "/account", methods=("POST",), needs=SIGNED_IN)
def change_account() -> ResponseReturnValue:
    """Change name, language and time zone."""
    form = request.form
    try:
        profiles.change_profile(
            current_scope(),
            current_visitor().user_id,
            form.get("name", ""),
            form.get("locale", ""),
            form.get("zone", ""),
        )
    except Invalid as problem:
        return _refused(problem)
    flash(_("Your account is changed."), "success")
    return redirect("/account")


@route(account, "/account/password", methods=("POST",), needs=SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change the password, knowing the old one."""
    visitor = current_visitor()
    limits, name = current_services().rate_limits, f"password:{visitor.user_id}"
    limits.count(ACCOUNT_LIMIT, name, str(current_scope().tenant_id))
    try:
        profiles.change_password(
            current_scope(),
            visitor.user_id,
            request.form.get("current", ""),
            request.form.get("password", ""),
            keep_session=visitor.token_hash,
        )
    except Invalid as problem:
        return _refused(problem)
    limits.reset(ACCOUNT_LIMIT, name, str(current_scope().tenant_id))
    flash(_("Your password is changed. You are signed out everywhere else."), "success")
    return redirect("/account")


@route(account, "/account/sessions/<token_hash>/end", methods=("POST",), needs=SIGNED_IN)
def end_session(token_hash: str) -> ResponseReturnValue:
    """Sign out in another browser."""
    try:
        digest = bytes.fromhex(token_hash)
    except ValueError as error:
        raise NotFound() from error
    sessions.end_session(current_scope(), current_visitor().user_id, digest)
    flash(_("That session is ended."), "success")
    return redirect("/account")


@route(account, "/account/sign-out-everywhere", methods=("POST",), needs=SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """End all sessions, this one too, and all API tokens."""
    visitor = current_visitor()
    sessions.end_all(current_scope(), visitor.user_id)
    sessions.sign_out(current_scope(), visitor)
    flash(_("You are signed out everywhere."), "info")
    return redirect("/sign-in")


@route(account, "/account/tokens", methods=("POST",), needs=SIGNED_IN)
def create_token() -> ResponseReturnValue:
    """Make an API token and show it, this once."""
    scope = current_scope()
    try:
        name = request.form.get("token_name", "")
        token = tokens.create_token(scope, current_visitor().user_id, name)
    except (Invalid, Conflict) as problem:
        return _refused(problem)
    scope.unit.session.flush()
    return _account_page(new_token=token)


@route(account, "/account/tokens/<int:token_id>/revoke", methods=("POST",), needs=SIGNED_IN)
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End an API token."""
    tokens.revoke_token(current_scope(), current_visitor().user_id, token_id)
    flash(_("The token is revoked."), "success")
    return redirect("/account")
