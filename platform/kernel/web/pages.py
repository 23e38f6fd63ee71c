"""What every Jinja template may use: texts, formats, addresses of static files, the frame."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from jinja2 import StrictUndefined

from kernel import i18n
from kernel.scope import Actor
from kernel.web.navigation import Entry, Navigation, fixed_entries, frame_of

WEB_DIR = Path(__file__).parent
LANGUAGE_NAMES = {"en": "English", "zh_CN": "简体中文"}


def prepare_pages(app: Flask) -> None:
    """Give the templates of `app` their globals and filters."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        _=i18n._,
        ngettext=i18n.ngettext,
        label_text=i18n.label_text,
        current_locale=i18n.current_locale,
        language_tag=language_tag,
        languages=LANGUAGE_NAMES,
        format_date=i18n.format_date,
        format_datetime=i18n.format_datetime,
        format_decimal=i18n.format_decimal,
        asset=asset,
        navigation=navigation,
        fixed_entries=_fixed_entries,
        viewer=viewer,
    )
    app.jinja_env.filters.update(initials=initials, tone=tone)


def language_tag() -> str:
    """The current language as HTML names it."""
    return i18n.current_locale().replace("_", "-")


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it."""
    # Not by `url_for`: it needs a sound host name, and error pages are shown without one too.
    return f"{current_app.static_url_path}/{name}?v={_fingerprint(name)}"


@cache
def _fingerprint(name: str) -> str:
    path = WEB_DIR / "static" / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "missing"


def viewer() -> Actor | None:
    """The signed-in person who looks at the page; None for a visitor."""
    scope = g.get("scope")
    actor = scope.actor if scope is not None else None
    return actor if actor is not None and actor.id is not None else None


def initials(name: str) -> str:
    """What stands for a person in a small circle: 王芳 is 芳, Melvin Marxen is MM."""
    words = name.split()
    if not words:
        return "?"
    if not words[0][0].isascii():
        return words[-1][-1]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


def tone(number: Any) -> int:
    """One of eight colours, always the same for the same id."""
    return int(number or 0) % 8


def navigation() -> Navigation:
    """The navigation for the page that is being rendered."""
    return frame_of(current_app).provider()


def _fixed_entries(place: Any) -> list[Entry]:
    return fixed_entries(current_app, place)
