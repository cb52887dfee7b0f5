"""A collector at work: a payment with its effect told before, and the loop from account to account by keys."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.office import Office, looked_at


def cents(words: str) -> int:
    """The first amount in a text."""
    found = re.search(r"\$([\d,]+)\.(\d\d)", words)
    assert found, words
    return int(found[1].replace(",", "")) * 100 + int(found[2])


def balance(page: Page) -> int:
    """What the head of the account says is owed."""
    return cents(page.locator(".fig").filter(has_text="Balance").locator(".v").inner_text())


def test_a_payment_says_what_it_would_do_and_then_does_exactly_that(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/accounts/?status=past_due&sort=-balance_cents")
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("button", name="Print timeline")).to_be_visible()
    owed = balance(page)
    page.keyboard.press("$")
    sheet = page.locator("#side-sheet")
    amount = sheet.get_by_role("textbox", name="Amount")
    expect(amount).to_be_visible()
    told = sheet.locator("[data-whatif]")
    amount.fill("12.34")
    expect(told).to_contain_text(f"${(owed - 1234) / 100:,.2f}")
    amount.fill("45.67")
    expect(told).to_contain_text(f"${(owed - 4567) / 100:,.2f}")
    sheet.get_by_label("Method").select_option("zelle")
    sheet.get_by_label("Reference").fill("ZL-BROWSER-1")
    sheet.get_by_role("button", name="Post payment").click()
    expect(page.locator(".toast-x")).to_contain_text("$45.67 posted")
    expect(page.locator("#payments")).to_contain_text("ZL-BROWSER-1")
    assert balance(page) == owed - 4567


def test_no_answer_is_one_key_and_the_next_account_is_there(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/collections/")
    page.keyboard.press("n")
    page.wait_for_url("**/admin/collections/work")
    first = page.get_by_role("heading", level=1).inner_text()
    assert looked_at(page) == {}
    page.keyboard.press("3")
    toast = page.locator(".toast-x").filter(has_text="No answer saved")
    expect(toast).to_be_visible()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first)


def test_two_collectors_never_get_the_same_account(visits: Office) -> None:
    one, other = visits.window("supervisor"), visits.window("admin")
    for page in (one, other):
        page.goto("/admin/collections/work")
    names = {page.get_by_role("heading", level=1).inner_text() for page in (one, other)}
    assert len(names) == 2
