"""Remittances in a browser: a wrong file first, then a right one; what waits is posted by one key."""

from __future__ import annotations

from playwright.sync_api import FilePayload, expect

from tests.browser.office import Office, looked_at
from tests.browser.test_import import MILLISECONDS_FOR_A_JOB, confirm

LINES = """Date,Amount,Sender,Memo,Method,Reference
2026-11-01,1.23,Somebody Unknown,rent for november,Zelle,BROWSER-1
2026-11-02,4.56,Bank of Ohio,interest,Zelle,BROWSER-2
"""


def test_a_file_of_remittances_comes_in_and_what_waits_is_worked_through(visits: Office) -> None:
    page, pin = visits.window("supervisor"), visits.product.staff("supervisor")["pin"]
    page.goto("/admin/import/?format=remittances")
    wrong = FilePayload(name="zelle.csv", mimeType="text/csv", buffer=b"\x89PNG\r\n\x1a\n0000")
    page.get_by_label("File", exact=True).set_input_files(wrong)
    page.get_by_role("button", name="Upload and read").click()
    expect(page.get_by_role("alert")).to_contain_text("is a PNG picture")
    expect(page.get_by_role("heading", name="Remittances")).to_be_visible()
    assert looked_at(page) == {}
    visits.complaints = [each for each in visits.complaints if "422" not in each]

    page.get_by_label("File", exact=True).set_input_files(
        FilePayload(name="zelle.csv", mimeType="text/csv", buffer=LINES.encode())
    )
    page.get_by_role("button", name="Upload and read").click()
    expect(page.get_by_role("button", name="Apply import…")).to_be_enabled(timeout=MILLISECONDS_FOR_A_JOB)
    expect(page.locator("tbody tr").filter(has_text="Waits")).to_have_count(2)
    assert looked_at(page) == {}
    confirm(page, "Apply import…", "Apply import", pin)
    expect(page.locator("main")).to_contain_text("2 payments came in", timeout=MILLISECONDS_FOR_A_JOB)

    page.goto("/admin/reconciliation/")
    expect(page.locator("tbody tr").filter(has_text="Somebody Unknown")).to_have_count(1)
    assert looked_at(page) == {}
    page.get_by_role("link", name="Somebody Unknown").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Somebody Unknown")
    assert looked_at(page) == {}
    page.get_by_label("Reason").fill("Not ours")
    page.get_by_role("button", name="Leave it alone").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bank of Ohio")
