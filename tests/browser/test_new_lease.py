"""New Lease in a browser: the schedule follows what is typed, doubts are asked about, and the account is there."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.office import PHONE, Office, looked_at

IMEI = "490154203237518"


def typed(page: Page, **fields: str) -> None:
    """Fill fields of the form by their names."""
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)


def test_a_lease_is_opened_with_its_schedule_seen_before(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/accounts/")
    page.get_by_role("link", name="New Lease").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New Lease")
    plan = page.locator("#preview")
    expect(plan).to_contain_text("No schedule yet")
    typed(page, first_name="Maria", last_name="Delgado", phone="(614) 555-0148", model="iPhone 13", payment="54")
    expect(plan).to_contain_text("26 × $54.00")
    typed(page, payments="10", cash_price="799")
    expect(plan).to_contain_text("10 × $54.00")
    expect(plan).to_contain_text("less than the cash price")
    page.get_by_label("Contract type").select_option("installment")
    expect(page.get_by_label("Interest rate, % a year")).to_be_visible()
    expect(page.get_by_label("Total of payments")).to_be_hidden()
    page.get_by_label("Contract type").select_option("lease")
    assert looked_at(page) == {}
    typed(page, imei=IMEI[:-1] + "9", cost="300")
    expect(plan).to_contain_text("probably mistyped")
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator(".errors-x")).to_contain_text("probably mistyped")
    assert looked_at(page) == {}
    typed(page, imei=IMEI, cash_price="499")
    page.get_by_role("button", name="Open anyway").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maria Delgado")
    expect(page.locator(".toast-x")).to_contain_text("is open")
    expect(page.locator("#schedule")).to_contain_text("$54.00")
    # The browser notes the form that came back with a question (422).
    visits.complaints = [each for each in visits.complaints if "422" not in each]


def test_a_known_phone_number_asks_whether_it_is_the_same_person(visits: Office) -> None:
    page = visits.window("supervisor")
    page.set_viewport_size(PHONE)
    for _ in range(2):
        page.goto("/admin/quick-lease/")
        typed(page, first_name="Ines", last_name="Marsh", phone="614-555-0177", model="iPhone 13", payment="29.99")
        expect(page.locator("#preview")).to_contain_text("26 × $29.99")
        if (same := page.get_by_label("Ines Marsh, 1 account")).count():
            assert looked_at(page) == {}
            same.check()
        page.get_by_role("button", name="Open the lease").click()
        expect(page.locator(".toast-x")).to_contain_text("waits in Pending Review")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ines Marsh")
    expect(page.get_by_role("link", name="1 other account")).to_be_visible()
