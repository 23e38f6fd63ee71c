"""What stands around every page: the navigation, and who is looking.

The kernel draws the frame; packages above fill it. `set_navigation` gives the function that
makes the navigation from a tenant's metadata, `add_entry` puts a fixed page into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from flask import Flask, request, url_for

from kernel.i18n import Text

Place = Literal["main", "setup"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the navigation; `icon` is a name of Tabler's icon font."""

    label: Text
    url: str
    icon: str = "circle"
    current: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    """The navigation of one person on one page."""

    application: Entry | None = None
    applications: tuple[Entry, ...] = ()
    entries: tuple[Entry, ...] = ()
    creatable: tuple[Entry, ...] = ()
    """Where new records are made, for the "new" menu."""


@dataclass(frozen=True, slots=True)
class FixedPage:
    """A page that is there whatever the metadata says."""

    label: Text
    endpoint: str
    icon: str
    place: Place


@dataclass(slots=True)
class Frame:
    """What packages contributed to the frame of an application's pages."""

    provider: Callable[[], Navigation] = Navigation
    pages: list[FixedPage] = field(default_factory=list)


def frame_of(app: Flask) -> Frame:
    """The frame of an application."""
    frame = app.extensions.setdefault("banyan.frame", Frame())
    assert isinstance(frame, Frame)
    return frame


def set_navigation(app: Flask, provider: Callable[[], Navigation]) -> None:
    """Use `provider` to make the navigation of each full page."""
    frame_of(app).provider = provider


def add_entry(app: Flask, place: Place, label: Text, endpoint: str, icon: str) -> None:
    """Add a fixed page: to everybody's navigation ("main") or to administrators' ("setup")."""
    frame_of(app).pages.append(FixedPage(label, endpoint, icon, place))


def fixed_entries(app: Flask, place: Place) -> list[Entry]:
    """The fixed pages of a place as links; the one being shown is current."""
    entries = []
    for page in frame_of(app).pages:
        if page.place == place:
            url = url_for(page.endpoint)
            here = request.path == url or request.path.startswith(url.rstrip("/") + "/")
            entries.append(Entry(page.label, url, page.icon, here))
    return entries
