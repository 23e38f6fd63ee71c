"""What stands around the pages."""

from __future__ import annotations

import pytest
from flask import Flask

from kernel.web.navigation import Entry, Navigation, add_entry, fixed_entries, set_navigation
from kernel.web.pages import asset, initials, navigation, tone
from tests.twins import TenantClient


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Melvin Marxen", "MM"),
        ("Ada", "A"),
        ("Anna Maria van Dijk", "AD"),
        ("王芳", "芳"),
        ("欧阳 修", "修"),
        ("  ", "?"),
        ("", "?"),
        ("<script>", "<"),
    ],
)
def test_initials(name: str, shown: str) -> None:
    assert initials(name) == shown


def test_a_tone_is_one_of_eight() -> None:
    assert {tone(n) for n in range(100)} == set(range(8))
    assert tone(None) == 0


def test_the_address_of_a_file_changes_with_its_content(app: Flask) -> None:
    with app.test_request_context():
        assert asset("banyan.css").startswith("/static/banyan.css?v=")
        assert asset("banyan.css") != asset("js/banyan.js")
        assert asset("no-such-file.css").endswith("v=missing")


def test_fixed_pages_are_current_on_their_own_pages() -> None:
    frame = Flask("frame")
    frame.add_url_rule("/reports", "reports", lambda: "")
    frame.add_url_rule("/setup", "setup", lambda: "")
    add_entry(frame, "main", "Reports", "reports", "chart-bar")
    add_entry(frame, "setup", "Setup", "setup", "tool")
    for path, current in (("/reports", True), ("/reports/x", True), ("/reportsx", False)):
        with frame.test_request_context(path):
            assert fixed_entries(frame, "main") == [
                Entry("Reports", "/reports", "chart-bar", current)
            ]


def test_an_application_gives_the_navigation() -> None:
    frame = Flask("frame")
    with frame.app_context():
        assert navigation() == Navigation()
    set_navigation(frame, lambda: Navigation(entries=(Entry("Deals", "/o/deal"),)))
    with frame.app_context():
        assert [entry.label for entry in navigation().entries] == ["Deals"]


def test_a_404_of_somebody_signed_in_keeps_the_navigation(client: TenantClient) -> None:
    page = client.get("/nowhere").get_data(as_text=True)
    assert "404" in page
    signed_in = client.get("/o/nothing").get_data(as_text=True)
    assert "bn-side" in signed_in
