"""Every text for people exists in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from kernel.i18n import PACKAGES, catalogue

ROOT = Path(__file__).parent.parent
FOLDERS = {"kernel": ROOT / "platform" / "kernel"}
# `_`, `lazy` and `ngettext` take texts; `BadValue("code", "text", ...)` takes one second.
KEYWORDS = {"_": None, "lazy": None, "ngettext": (1, 2), "BadValue": (2,), "ErrorText": (2,)}
PLACE = re.compile(r"%\((\w+)\)s")


def texts(package: str) -> Iterator[tuple[str, str]]:
    """(place, text) of all texts in a package's code and templates."""
    folder = FOLDERS.get(package, ROOT / package)
    for path in sorted(folder.rglob("*")):
        for line, message in _messages(path):
            for text in message if isinstance(message, tuple) else (message,):
                if isinstance(text, str) and text:
                    yield f"{path.relative_to(ROOT)}:{line}", text


def _messages(path: Path) -> Iterator[tuple[int, Any]]:
    """(line, text or texts) of a file; nothing for files of other kinds."""
    if path.suffix == ".py":
        for line, message, *_rest in extract_from_file("python", str(path), keywords=KEYWORDS):
            yield line, message
    elif path.suffix == ".html":
        options = {"trim_blocks": "true", "silent": "false"}
        with path.open("rb") as file:
            found = babel_extract(file, list(KEYWORDS), [], options)
            yield from ((line, message) for line, _name, message, _comments in found)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_is_translated(package: str) -> None:
    chinese = catalogue("zh_CN")
    missing = [f"{place} {text!r}" for place, text in texts(package) if text not in chinese]
    assert not missing, "\n".join(missing)


def test_translations_fill_the_same_places() -> None:
    wrong = [
        text
        for text, translated in catalogue("zh_CN").items()
        if set(PLACE.findall(text)) < set(PLACE.findall(translated))
        or (set(PLACE.findall(text)) - set(PLACE.findall(translated)) - {"n"})
    ]
    assert not wrong, wrong
