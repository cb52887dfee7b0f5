"""A portfolio report on the Import page in a browser: upload, every row's fate, apply, undo."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.office import Office, looked_at
from tests.stories.book import GONE, OPEN, WADE, workbook

MILLISECONDS_FOR_A_JOB = 60_000


def confirm(page: Page, opener: str, verb: str, pin: str) -> None:
    """Press a button that asks, give the PIN where it is asked for, and confirm."""
    page.get_by_role("button", name=opener).click()
    asked = page.get_by_role("dialog").filter(has=page.get_by_role("button", name=verb, exact=True))
    expect(asked).to_be_visible()
    box = asked.locator("input[type=password]")
    if box.is_enabled():  # Not when it was given a moment ago.
        box.fill(pin)
    asked.get_by_role("button", name=verb, exact=True).click()


def test_a_report_is_uploaded_previewed_applied_and_undone(visits: Office) -> None:
    page, pin = visits.window("supervisor"), visits.product.staff("supervisor")["pin"]
    page.goto("/admin/import/")
    report = FilePayload(
        name="river-city.xlsx",
        mimeType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        buffer=workbook([*OPEN, WADE, GONE]),
    )
    page.get_by_label("File", exact=True).set_input_files(report)
    page.get_by_role("button", name="Upload and read").click()
    expect(page.get_by_role("button", name="Apply import…")).to_be_enabled(timeout=MILLISECONDS_FOR_A_JOB)
    expect(page.get_by_text("9 accounts will be created")).to_be_visible()
    fates = page.locator("tbody tr")
    expect(fates).to_have_count(12)
    expect(fates.filter(has_text="Rejected")).to_have_count(1)
    expect(fates.filter(has_text="Skipped")).to_have_count(2)
    assert looked_at(page) == {}

    confirm(page, "Apply import…", "Apply import", pin)
    expect(page.get_by_role("button", name="Undo import…")).to_be_visible(timeout=MILLISECONDS_FOR_A_JOB)
    expect(page.locator("main")).to_contain_text("9 accounts came in")
    assert looked_at(page) == {}
    batch = page.url
    page.goto("/admin/accounts/?q=8100002")
    expect(page.locator("tbody tr")).to_have_count(1)

    page.goto(batch)
    confirm(page, "Undo import…", "Undo import", pin)
    expect(page.locator("main")).to_contain_text("nothing of it is left", timeout=MILLISECONDS_FOR_A_JOB)
    page.goto("/admin/accounts/?q=8100002")
    expect(page.locator("tbody tr")).to_have_count(0)
