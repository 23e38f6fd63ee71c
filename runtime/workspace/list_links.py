"""Links that other packages put above every list: import, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from kernel.i18n import Text
from metadata.schema import Object
from runtime.workspace.list_state import ListState


@dataclass(frozen=True, slots=True)
class ListLink:
    """A button above a list. `brings_records`: also offered where a list is empty."""

    label: Text
    url: str
    icon: str
    brings_records: bool = False


Maker = Callable[[Object, ListState], ListLink | None]
"""Makes the link for a list as it is shown; None where there is nothing to offer."""


def add_list_link(app: Flask, maker: Maker) -> None:
    """Offer a link above the lists of `app`."""
    _makers(app).append(maker)


def list_actions(object_: Object, state: ListState) -> list[ListLink]:
    """The links above a list."""
    made = (maker(object_, state) for maker in _makers(current_app))
    return [link for link in made if link is not None]


def _makers(app: Flask) -> list[Maker]:
    makers = app.extensions.setdefault("banyan.list_links", [])
    assert isinstance(makers, list)
    return makers
