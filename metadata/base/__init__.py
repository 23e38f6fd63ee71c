"""The documents that every tenant has: its people, and a way to what no application shows.

Their numbers are below 1000, where those of tenants begin.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from metadata.documents import Document, from_body

_FILES = ("user.json", "general.json")


@cache
def built_in_documents() -> tuple[Document, ...]:
    """All built-in documents, with ids that never change."""
    return tuple(document for name in _FILES for document in _documents(name))


def _documents(name: str) -> Iterator[Document]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    bodies: list[dict[str, Any]] = json.loads(text)
    for body in bodies:
        number = body.pop("number")
        yield from_body(body, number=number, built_in=True)
