"""Searching all records by text."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from kernel.web.routes import SIGNED_IN, route
from metadata.schema import Object
from runtime.search import MAX_TEXT, Hit, search
from runtime.web import request_scope
from runtime.workspace.blueprint import pages

SUGGESTIONS = 8
RESULTS = 100


def _text() -> str:
    return request.args.get("q", "").strip()[:MAX_TEXT]


@route(pages, "/search", needs=SIGNED_IN)
def show_search() -> ResponseReturnValue:
    """What was found, by object."""
    text = _text()
    hits = search(request_scope(), text, limit=RESULTS) if text else []
    by_object: dict[str, tuple[Object, list[Hit]]] = {}
    for hit in hits:
        by_object.setdefault(hit.object.api, (hit.object, []))[1].append(hit)
    return render_template(
        "workspace/search.html",
        text=text,
        groups=list(by_object.values()),
        more=len(hits) >= RESULTS,
        limit=RESULTS,
    )


@route(pages, "/search/suggestions", needs=SIGNED_IN)
def show_suggestions() -> ResponseReturnValue:
    """The best finds while one types."""
    text = _text()
    hits = search(request_scope(), text, limit=SUGGESTIONS) if text else []
    return render_template("workspace/suggestions.html", text=text, hits=hits)
