"""A real Chromium before the running product."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.chromium import found
from tests.product import RunningProduct

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of the run."""
    place = found()
    assert place is not None, "No Chromium is installed here; `make test` leaves the browser tests out then."
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(place), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, running_product: RunningProduct) -> Iterator[Page]:
    """A fresh visitor of the running product. The test fails when the page complained in the console.

    A blocked inline script, a missing file and an uncaught exception all end up there.
    """
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    context = browser.new_context(base_url=running_product.url, viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.on("console", note)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []
