"""What people do with lists: find somebody, keep a view, choose columns, write on many accounts and take it back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.office import Office


def first_customer(page: Page) -> tuple[str, str]:
    """Name and address of the first account of the list."""
    link = page.locator("tbody th a").first
    address = link.get_attribute("href")
    assert address
    return link.inner_text(), address


def test_the_palette_finds_a_customer_by_phone_and_opens_the_account(visits: Office) -> None:
    page = visits.window("supervisor")
    page.goto("/admin/accounts/?status=past_due")
    name, address = first_customer(page)
    page.goto(address)
    phone = page.locator(".phone").first.inner_text()
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.keyboard.type(re.sub(r"\D", ".", phone).strip("."))
    expect(page.locator("[role=option]").first).to_contain_text(name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_filter_is_kept_as_a_view_and_found_again(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/accounts/?status=past_due&sort=-balance_cents")
    rows = page.locator("tbody tr").count()
    page.get_by_role("link", name="Save view").click()
    sheet = page.locator("#side-sheet")
    sheet.get_by_label("Name").fill("Dearest first")
    sheet.get_by_role("button", name="Save view").click()
    expect(page.locator(".toast-x")).to_contain_text("Dearest first")
    page.goto("/admin/accounts/")
    page.get_by_role("link", name=re.compile("^Dearest first")).click()
    page.wait_for_url(re.compile(r"status=past_due"))
    expect(page.locator("tbody tr")).to_have_count(rows)
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Balance")


def test_columns_are_chosen_and_the_export_follows_them(visits: Office) -> None:
    page = visits.window("manager")
    page.goto("/admin/accounts/")
    page.get_by_role("button", name="Columns").click()
    page.locator("[data-column=phone_e164] input").check()
    page.locator("[data-column=device_model] input").uncheck()
    page.locator("[data-columns-apply]").click()
    page.wait_for_url(re.compile(r"cols="))
    heads = page.locator("thead th")
    expect(heads.filter(has_text="Phone")).to_have_count(1)
    expect(heads.filter(has_text="Device")).to_have_count(0)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("CSV")).first.click()
    written = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert "Phone" in written[0] and "Device" not in written[0]


def test_a_note_on_several_accounts_is_written_at_once_and_taken_back(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/accounts/")
    _, address = first_customer(page)
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("3 selected")
    page.get_by_role("button", name="Note…").first.click()
    sheet = page.locator("#side-sheet")
    sheet.get_by_label("Note").fill("Store closes early on Thursday")
    sheet.get_by_role("button", name="Add note to").click()
    toast = page.locator(".toast-x").filter(has_text="3 accounts")
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast-x").filter(has_text=re.compile("taken back|withdrawn|undone", re.I))).to_be_visible()
    page.goto(address)
    expect(page.locator("main")).not_to_contain_text("Store closes early on Thursday")
