"""Browsers by name."""

from __future__ import annotations

import pytest

from tenants.browsers import browser


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) MicroMessenger/8.0 Chrome/130", "WeChat, Android"),
        ("curl/8.7", "curl/8.7"),
        ("", ""),
    ],
)
def test_browsers_are_named_in_short(agent: str, name: str) -> None:
    assert browser(agent) == name
