"""Languages: every text has its Chinese, and places in texts are the same in both."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kernel import i18n
from kernel.errors import FieldError, Invalid
from kernel.i18n import lazy, use_locale

ROOT = Path(__file__).parents[2]
PACKAGES = ("platform/kernel", "tenants", "metadata", "runtime", "workflows", "builder", "seeds")
CALLS = {"_", "lazy", "ngettext"}
PLACES = re.compile(r"%\((\w+)\)[sd]")


def _texts() -> set[str]:
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
                    texts = (
                        node.args[:2]
                        if getattr(node.func, "id", "") == "ngettext"
                        else node.args[:1]
                    )
                    found |= {
                        arg.value
                        for arg in texts
                        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                    }
        for path in (ROOT / package).rglob("*.html"):
            page = path.read_text(encoding="utf-8")
            found |= {
                match[1].replace("\\'", "'")
                for match in re.finditer(r"(?<!\w)_\(\s*'((?:[^'\\]|\\.)*)'", page)
            }
    return found


def test_every_text_has_its_chinese() -> None:
    known = i18n.catalogue("zh_CN")
    assert sorted(text for text in _texts() if text not in known) == []


def test_translations_fill_the_same_places() -> None:
    wrong = [
        text
        for text, chinese in i18n.catalogue("zh_CN").items()
        if set(PLACES.findall(text)) != set(PLACES.findall(chinese))
    ]
    assert wrong == []


def test_a_lazy_text_is_said_in_the_readers_language() -> None:
    problem = Invalid(errors=[FieldError("a", "x", lazy("Use at least %(n)s characters.", n=10))])
    with use_locale("zh_CN"):
        assert problem.as_json()["errors"][0]["message"] == "至少使用 10 个字符。"
    assert problem.as_json()["errors"][0]["message"] == "Use at least 10 characters."


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh-Hant-TW", "zh_CN"),
        ("en-GB", "en"),
        ("fr,zh;q=0.5", "zh_CN"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
        (";;;,,,\x00", "en"),
    ],
)
def test_the_language_that_a_browser_accepts(accepted: str | None, locale: str) -> None:
    assert i18n.negotiate(accepted) == locale
