"""Languages: which one a reader gets, and when a text is translated."""

from __future__ import annotations

import pytest

from kernel import i18n
from kernel.errors import FieldError, Invalid
from kernel.i18n import lazy, use_locale


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
