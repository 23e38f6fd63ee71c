"""The people who may sign in: invite them, keep them out, make them administrators."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from builder.blueprint import setup
from kernel.errors import Conflict, Invalid, Malformed, Problem
from kernel.i18n import Text, _, lazy
from kernel.web.gate import current_scope
from kernel.web.routes import ADMIN, route
from runtime import people
from runtime.web import parse_id, request_scope
from tenants import resets, service
from tenants.models import User

PAGE = 100
STATES: dict[str, Text] = {
    "invited": lazy("invited"),
    "active": lazy("may sign in"),
    "frozen": lazy("kept out"),
}


@route(setup, "/people", needs=ADMIN)
def list_people() -> ResponseReturnValue:
    """The people who may sign in, by e-mail address."""
    return _page(None)


def _page(problem: Problem | None) -> str:
    after = request.args.get("after", "")[:320]
    query = select(User).where(User.email > after).order_by(User.email).limit(PAGE + 1)
    users = current_scope().unit.session.scalars(query).all()
    return render_template(
        "setup/people.html",
        users=users[:PAGE],
        after=after,
        next=users[PAGE - 1].email if len(users) > PAGE else None,
        states=STATES,
        problem=problem,
        typed=request.form if problem is not None else {},
    )


@route(setup, "/people", methods=["POST"], needs=ADMIN)
def invite_person() -> ResponseReturnValue:
    """Let somebody sign in; a mail brings them the link with which they set a password."""
    scope = request_scope()
    form = request.form
    email = form.get("email", "").strip()
    try:
        people.invite_user(
            scope, email, form.get("name", "").strip(), is_admin=form.get("is_admin") == "true"
        )
    except (Invalid, Conflict) as problem:
        scope.unit.undo()
        return _page(problem), problem.status
    flash(_("%(email)s is invited.", email=email), "success")
    return redirect("/setup/people", 303)


@route(setup, "/people/<user_id>", methods=["POST"], needs=ADMIN)
def change_person(user_id: str) -> ResponseReturnValue:
    """Do what a button beside a person asks for."""
    scope = request_scope()
    user = service.get_user(scope, parse_id(user_id))
    action = request.form.get("action")
    try:
        if action in ("freeze", "thaw"):
            people.set_active(scope, user.id, active=action == "thaw")
        elif action in ("promote", "demote"):
            people.set_admin(scope, user.id, is_admin=action == "promote")
        elif action == "invite" and user.state == "invited":
            resets.invite(scope, user)
        else:
            raise Malformed()
    except (Invalid, Conflict) as problem:
        scope.unit.undo()
        return _page(problem), problem.status
    flash(_("Done: %(email)s", email=user.email), "success")
    return redirect("/setup/people", 303)
