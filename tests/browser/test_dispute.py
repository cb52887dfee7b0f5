"""A dispute in a browser: opened in the side sheet with a file, reviewed, decided, and on the account's timeline."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, expect

from tests.browser.office import Office, looked_at

RECEIPT = FilePayload(name="receipt.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7\nPaid at the counter.")
PROGRAM = FilePayload(name="receipt.pdf", mimeType="application/pdf", buffer=b"MZ\x90\x00\x03")


def test_a_dispute_goes_from_the_account_to_its_decision(visits: Office) -> None:
    page = visits.window("supervisor")
    page.goto("/admin/accounts/?status=past_due&sort=-balance_cents")
    page.locator("tbody th a").first.click()
    page.wait_for_url(re.compile(r"/admin/accounts/\d+$"))
    account = page.url
    page.locator("#cases").get_by_role("button", name="Start").click()
    page.locator("#case-menu").get_by_role("link", name="Dispute").click()
    sheet = page.locator("#side-sheet")
    expect(sheet.get_by_label("Amount")).to_be_visible()

    sheet.get_by_role("button", name="Open dispute").click()
    expect(sheet).to_contain_text("a dispute needs evidence")
    sheet.get_by_label("Files").set_input_files([PROGRAM])
    sheet.get_by_role("button", name="Open dispute").click()
    expect(sheet).to_contain_text("receipt.pdf cannot be taken")
    # Chromium writes each refused form into its console; nothing else may stand there.
    assert all("422" in complaint for complaint in visits.complaints), visits.complaints
    visits.complaints.clear()
    sheet.get_by_label("Reason").select_option(label="Paid already")
    sheet.get_by_label("Files").set_input_files([RECEIPT])
    sheet.get_by_label("What the customer says").fill("Paid at the counter and has the receipt.")
    sheet.get_by_role("button", name="Open dispute").click()

    page.wait_for_url(re.compile(r"/admin/disputes/\d+$"))
    expect(page.locator(".toast-x")).to_contain_text("Dispute opened.")
    assert looked_at(page) == {}
    with page.expect_download() as download:
        page.get_by_role("link", name="receipt.pdf").click()
    assert download.value.suggested_filename == "receipt.pdf"
    assert download.value.path().read_bytes() == RECEIPT["buffer"]

    page.get_by_role("button", name="Start review").click()
    expect(page.locator("main .ph")).to_contain_text("Under review")
    page.get_by_role("link", name="Decide").click()
    sheet.get_by_label("Upheld").check()
    sheet.get_by_label("What was found").fill("The till shows the money.")
    sheet.get_by_role("button", name="Decide").click()
    expect(page.locator("main .ph")).to_contain_text("Upheld")
    expect(page.locator("#history")).to_contain_text("The till shows the money.")

    page.goto(account)
    expect(page.locator("#cases")).to_contain_text("Upheld")
    expect(page.locator("#timeline")).to_contain_text("Dispute upheld: The till shows the money.")


def test_the_lists_of_cases_stand_in_both_themes_and_on_a_phone(visits: Office) -> None:
    page = visits.window("supervisor")
    for path in ("/admin/defaults/", "/admin/recoveries/", "/admin/returns/", "/admin/disputes/"):
        page.goto(path)
        assert looked_at(page) == {}, path
