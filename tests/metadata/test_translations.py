"""Every message of the package exists in Chinese, with the same places to fill."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import metadata
from kernel.i18n import catalogue

ROOT = Path(metadata.__file__).parent
# The position of the message among the arguments of what takes one.
_MESSAGE_AT = {"_": 0, "lazy": 0, "BadValue": 1, "ErrorText": 1, "refuse": 2}


def messages() -> Iterator[str]:
    """The English messages in the code of the package."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                position = _MESSAGE_AT.get(name, len(node.args))
                for argument in node.args[position : position + 1]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value


def test_every_message_is_translated() -> None:
    chinese = catalogue("zh_CN")
    found = set(messages())
    assert len(found) > 100
    assert sorted(m for m in found if m not in chinese) == []


def test_translations_have_the_same_places() -> None:
    places = re.compile(r"%\(\w+\)s")
    chinese = catalogue("zh_CN")
    for message in set(messages()):
        assert sorted(places.findall(message)) == sorted(places.findall(chinese[message])), message
