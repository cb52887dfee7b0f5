"""A real Chromium before the running product, as a stranger or signed in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.office import Office
from tests.product import RunningProduct


@pytest.fixture(scope="session")
def office(browser: Browser, running_product: RunningProduct) -> Office:
    """The running product and the people who have signed in to it; each does so once."""
    return Office(browser, running_product)


@pytest.fixture
def visits(office: Office) -> Iterator[Office]:
    """The office, to open windows in. The test fails when a page complained in the console.

    A blocked inline script, a missing file and an uncaught exception all end up there.
    """
    yield office
    office.close()
    complaints, office.complaints = office.complaints, []
    assert complaints == []


@pytest.fixture
def page(visits: Office) -> Page:
    """A window of somebody who has not signed in."""
    return visits.window()
