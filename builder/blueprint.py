"""The blueprint of the set-up pages, and what they share: the draft and how it is saved.

Routes that change the draft say `writes=False`: publishing takes the tenant's row exclusively,
and two requests that both held it shared would wait for each other.

The addresses of empty forms end with `-new`, which no api name can be: a field may be called new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, request

from kernel.errors import Conflict, Invalid, NotFound, Problem
from kernel.i18n import LOCALES, Text, _, label_text
from kernel.web.gate import current_scope
from metadata import store
from metadata.compiler import CompileFailed
from metadata.drafts import Entry
from metadata.kinds import kind_schema
from runtime.scope import RecordScope
from runtime.web import request_scope

setup = Blueprint("setup", __name__, template_folder="templates", url_prefix="/setup")

PUBLISH = "publish"
"""Value of the button that publishes at once."""


@setup.context_processor
def shared() -> dict[str, object]:
    """What all templates of the set-up pages may use."""
    return {
        "draft_changes": lambda: store.diff(current_scope()),
        "kind_title": kind_title,
        "locales": LOCALES,
        "is_editable": is_editable,
    }


def kind_title(kind: str) -> str:
    """What people call a kind of document."""
    return label_text(kind_schema(kind)["x-label"])


def find_entry(kind: str, api: str, object_api: str | None = None) -> Entry:
    """A document in the administrator's view; raises `NotFound`."""
    entries = store.list_documents(current_scope(), kind, object_api)
    found = next((entry for entry in entries if entry.api == api), None)
    if found is None:
        raise NotFound()
    return found


def is_editable(entry: Entry) -> bool:
    """Whether administrators may change it: not what every tenant has."""
    return entry.state != "built_in"


def is_published(entry: Entry) -> bool:
    """Whether everybody has it already, so that parts of it are fixed."""
    return entry.state != "new"


def attempt(change: Callable[[], object], done: Text) -> Problem | None:
    """Change the draft and, when the form asks for it, publish; all or nothing.

    Answers what is wrong, if something is; nothing is changed then. `done` is what the person
    is told (and the message of the version) otherwise.
    """
    scope = current_scope()
    publishing = request.form.get("then") == PUBLISH
    try:
        change()
        if publishing:
            store.publish(scope, str(done))
    except (Invalid, Conflict) as problem:
        scope.unit.undo()
        return problem
    text = _("Published: %(what)s", what=done) if publishing else _("Draft: %(what)s", what=done)
    flash(text, "success")
    return None


def drafted_scope() -> RecordScope:
    """The scope with the metadata as the draft has it; as it is published while it does not fit."""
    scope = request_scope()
    try:
        return replace(scope, schema=store.drafted(scope))
    except CompileFailed:
        return scope


def label_of(body: Any) -> Text:
    """The name of a document for messages."""
    return label_text(body.get("label")) or str(body.get("api", ""))
