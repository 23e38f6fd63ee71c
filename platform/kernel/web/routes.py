"""How a view is put at an address: with a word on who may call it.

Every route says what it needs. One that does not is never served, and a test names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from flask import Blueprint, Flask

View = TypeVar("View", bound=Callable[..., Any])
_READING = frozenset({"GET", "HEAD"})


class Needs(Enum):
    """Who may call a route."""

    ANYWHERE = "anywhere"
    """Anybody, on any host: no tenant is looked up."""
    PUBLIC = "public"
    """Anybody, on the host of a tenant."""
    SIGNED_IN = "signed in"
    ADMIN = "admin"


ANYWHERE, PUBLIC, SIGNED_IN, ADMIN = Needs.ANYWHERE, Needs.PUBLIC, Needs.SIGNED_IN, Needs.ADMIN


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a view is served."""

    needs: Needs
    writes: bool | None = None
    upload: bool = False

    def is_write(self, method: str) -> bool:
        """Whether a call may change data; then publishing metadata waits for it."""
        return method not in _READING if self.writes is None else self.writes


def route(
    target: Blueprint | Flask,
    rule: str,
    *,
    needs: Needs,
    methods: Sequence[str] = ("GET",),
    writes: bool | None = None,
    upload: bool = False,
    endpoint: str | None = None,
) -> Callable[[View], View]:
    """Serve the decorated view at `rule`.

    `writes=False` marks a POST that only reads (a query); otherwise the method tells.
    `upload=True` lets the body be as large as an upload may be.
    """
    terms = Terms(needs, writes, upload)

    def decorate(view: View) -> View:
        if getattr(view, "terms", terms) != terms:
            raise TypeError(f"{view.__qualname__} is served on two different terms")
        view.terms = terms  # type: ignore[attr-defined]  # functions carry attributes
        target.add_url_rule(rule, endpoint, view, methods=list(methods))
        return view

    return decorate


_STATIC = Terms(ANYWHERE)


def terms_of(app: Flask, endpoint: str) -> Terms | None:
    """The terms of an endpoint; None when it was registered without any."""
    if endpoint == "static":
        return _STATIC
    terms = getattr(app.view_functions[endpoint], "terms", None)
    return terms if isinstance(terms, Terms) else None
