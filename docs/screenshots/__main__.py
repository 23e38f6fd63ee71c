"""`make screenshots`: takes the pictures of README from a fresh demo installation."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from kernel.embedded.home import free_port

FOLDER = Path(__file__).parent
BANYAN = Path(sys.executable).parent / "banyan"
PASSWORD = "for the pictures only"  # noqa: S105  # of a tenant that is deleted afterwards
PICTURES = {
    "opportunities": ("acme", "en", "/o/opportunity"),
    "report": ("demo", "zh-CN", "/reports/won_by_manager"),
}
"""File name to tenant, language of the browser, and page."""


def main() -> None:
    """Start, take all pictures, stop."""
    with tempfile.TemporaryDirectory(prefix="banyan-pictures-") as home:
        Path(home).chmod(0o755)  # the servers' account passes through it
        port = free_port()
        environ = os.environ | {
            "BANYAN_HOME": home,
            "PORT": str(port),
            "BANYAN_DEMO_PASSWORD": PASSWORD,
        }
        with subprocess.Popen([BANYAN, "run"], env=environ, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            if not any(b"http://demo." in line for line in process.stdout):
                sys.exit(process.wait())
            try:
                take_pictures(port)
            finally:
                process.send_signal(signal.SIGTERM)


def take_pictures(port: int) -> None:
    """Take every picture with Debian's Chromium, or the one that Playwright brought."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (tenant, language, path) in PICTURES.items():
            page = signed_in(browser, f"http://{tenant}.localhost:{port}", language)
            page.goto("/application/sales")
            page.goto(path)
            first_row_or_figure(page).wait_for()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


def signed_in(browser: Browser, address: str, language: str) -> Page:
    """A page of the demo tenant's administrator."""
    context = browser.new_context(
        base_url=address,
        locale=language,
        viewport={"width": 1280, "height": 800},
        reduced_motion="reduce",
    )
    tenant = address.removeprefix("http://").partition(".")[0]
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=email]", f"admin@{tenant}.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")
    page.wait_for_url(f"{address}/")
    return page


def first_row_or_figure(page: Page) -> Locator:
    """What a page of records or of a report shows once it is there."""
    return page.locator("main table tbody tr").first


if __name__ == "__main__":
    main()
