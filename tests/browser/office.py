"""Windows on the running product: signing people in, and what a page can be asked about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, TimeoutError, ViewportSize, expect

from tests.product import RunningProduct

PHONE: ViewportSize = {"width": 380, "height": 800}
DESK = {"width": 1440, "height": 900}
SERIOUS = ("serious", "critical")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that can come out otherwise in the dark: what the page is made of is the same."""


@dataclass
class Office:
    """The running product in a browser. Who has signed in once is remembered by their cookie."""

    browser: Browser
    product: RunningProduct
    complaints: list[str] = field(default_factory=list)
    _cookies: dict[str, Any] = field(default_factory=dict)
    _open: list[BrowserContext] = field(default_factory=list)

    def window(self, role: str = "") -> Page:
        """A window of its own, of somebody with this role, or of a stranger; it stands on the first page then."""
        size: Any = DESK
        context = self.browser.new_context(
            base_url=self.product.url,
            viewport=size,
            reduced_motion="reduce",
            storage_state=self._cookies.get(role),
        )
        self._open.append(context)
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if role:
            page.goto("/admin/")
        # The cookie that was kept is worth nothing once the PIN was given again in another window.
        if role and "/sign-in/" in page.url:
            self.sign_in(page, role)
            self._cookies[role] = context.storage_state()
        return page

    def sign_in(self, page: Page, role: str) -> None:
        """Sign in by keyboard alone."""
        member = self.product.staff(role)
        page.goto("/admin/")
        expect(page.get_by_label("Username")).to_be_focused()
        page.keyboard.type(member["username"])
        page.keyboard.press("Tab")
        page.keyboard.type(member["pin"])
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")

    def close(self) -> None:
        """Close every window."""
        while self._open:
            self._open.pop().close()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.location.get('url')}: {message.text}")


def settle(page: Page) -> None:
    """Return when every chart of the page is drawn."""
    expect(page.locator(".chart[data-state='waiting']")).to_have_count(0)


def faults(page: Page, *rules: str) -> list[tuple[str, str]]:
    """What axe finds serious on the page, by all of its rules or by these: (rule, element)."""
    only: dict[str, Any] = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], **only}).response["violations"]
    return [(fault["id"], node["html"][:160]) for fault in found if fault["impact"] in SERIOUS for node in fault["nodes"]]


def too_wide(page: Page) -> bool:
    """Whether a phone would have to scroll the page sideways, once charts have taken their new width."""
    fits = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    try:
        page.wait_for_function(fits, timeout=15_000)
    except TimeoutError:
        return True
    return False


def looked_at(page: Page) -> dict[str, Any]:
    """The open page in light, in dark and on a phone; empty when there is nothing to say against it."""
    phone, desk = PHONE, DESK
    page.emulate_media(color_scheme="light")
    settle(page)
    found: dict[str, Any] = {"light": faults(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = faults(page, *OF_COLOURS)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(phone)  # Plain sizes, which is what its type says at run time.
    found["too wide for a phone"] = too_wide(page)
    page.set_viewport_size(desk)  # type: ignore[arg-type]
    return {name: fault for name, fault in found.items() if fault}
