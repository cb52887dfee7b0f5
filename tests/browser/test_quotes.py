"""A quote on its way: asked for on the account, given, printed, used; and a payment that is only tried."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.office import PHONE, Office, faults, too_wide


def test_a_quote_is_given_and_pays_the_account_off(visits: Office) -> None:
    page = visits.window("supervisor")
    page.goto("/admin/accounts/?view=active")
    page.locator("main table tbody tr").last.locator("a[href*='/admin/accounts/']").first.click()
    account = page.url
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="What if").click()
    page.get_by_label("Somebody pays").fill("100")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Covers, in order")).to_be_visible()
    assert faults(page) == []

    page.goto(account)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Quote").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Payoff", exact=True).check()
    sheet.get_by_role("button", name="Give quote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Payoff quote \d+"))
    assert faults(page) == []
    page.get_by_role("link", name="Pay off").click()
    sheet.get_by_role("button", name=re.compile("Take \\$")).click()
    expect(page).to_have_url(account)
    expect(page.locator(".ph")).to_contain_text("Paid off")
    page.locator("details.why summary").first.click()
    expect(page.locator("details.why ol").first).to_contain_text("leaves")
    page.get_by_role("link", name="Receipt").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Receipt \d+"))
    assert faults(page) == []
    page.set_viewport_size(PHONE)
    assert not too_wide(page)
