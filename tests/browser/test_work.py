"""A collector at work: a payment with its effect told before, and the loop from account to account by keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

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


@pytest.fixture
def any_hour(visits: Office) -> None:
    """Customers may be called at any hour: the machine's clock may say night."""
    page = visits.window("admin")
    page.goto("/admin/settings/contact-rules/?active=1")
    for name in page.locator("tbody tr").filter(has_text="8 AM to 9 PM").locator("th, td").first.all_inner_texts():
        page.get_by_role("link", name=name).first.click()
        page.get_by_role("link", name="Change").click()
        sheet = page.locator("#side-sheet")
        sheet.get_by_label("Active").uncheck()
        sheet.get_by_role("button", name="Save").click()
        expect(page.locator(".toast-x")).to_contain_text("was saved")


def tab_to(page: Page, target: Locator, most: int = 60) -> None:
    """Press Tab until it has the focus."""
    for _ in range(most):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab")


def test_a_collectors_hour_takes_the_keyboard_alone(visits: Office, any_hour: None) -> None:
    page = visits.window("collector")

    def press(*given: str) -> int:
        for key in given:
            page.keyboard.press(key)
        return len(given)

    page.goto("/admin/collections/work")
    name = page.get_by_role("heading", level=1)
    first = name.inner_text()
    sheet = page.locator("#side-sheet")

    # A text from a template: t, the template by its first letters, and Enter on the button that sends it.
    press("t")
    send = sheet.get_by_role("button", name="Send text")
    expect(send).to_be_visible()
    tab_to(page, sheet.get_by_label("Template"))
    page.keyboard.type("Payment r")
    expect(sheet.locator("[data-message-body]")).to_contain_text(f"Hi {first.split()[0]}, this is")
    expect(sheet.locator("[data-message-length]")).to_contain_text("1 part")
    assert sheet.get_by_label("Message", exact=True).input_value().endswith("Reply STOP to opt out.")
    assert looked_at(page) == {}
    tab_to(page, send)
    press("Enter")
    expect(page.locator(".toast-x")).to_contain_text("Text is on its way")
    expect(page.locator("#happened")).to_contain_text(f"Text: Hi {first.split()[0]}")

    # A promise: the amount is what is past due, the day is three days from now.
    keys = press("p")
    expect(sheet.get_by_role("textbox", name="Amount")).to_be_focused()
    keys += press("Enter")
    expect(page.locator(".toast-x").last).to_contain_text("Promise saved")
    assert keys <= 6

    # A short text into the note: its menu, and its digit.
    note = page.locator("#work-note")
    press("s")
    template = page.locator("#note-templates").get_by_role("button").filter(has_text="1").first
    expect(template).to_be_visible()
    words = template.get_attribute("data-note-text")
    assert words
    press("1")
    expect(note).to_have_value(words)
    expect(note).to_be_focused()

    # No answer, when they called us: Esc out of the note, the tick, one digit.
    keys = press("Escape", "i", "3")
    expect(page.locator(".toast-x").filter(has_text="No answer saved")).to_be_visible()
    expect(name).not_to_have_text(first)
    assert keys <= 3


def test_what_was_typed_stands_there_again_after_signing_out_and_in(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/collections/work")
    name = page.get_by_role("heading", level=1).inner_text()
    page.keyboard.press("m")
    with page.expect_response(lambda answer: "/drafts/work" in answer.url and answer.status == 204):
        page.keyboard.type("Works nights; call after four")
    account = (page.locator("#work-outcome").get_attribute("data-draft-key") or "").removeprefix("work-")
    page.keyboard.press("Escape")
    tab_to(page, page.get_by_role("button", name="Your menu"))
    page.keyboard.press("Enter")
    sign_out = page.get_by_role("button", name="Sign out")
    expect(sign_out).to_be_visible()
    tab_to(page, sign_out)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="PIN")).to_be_visible()

    # In the same browser, and in another one, which knows only what the server has kept.
    for window in (page, visits.window()):
        visits.sign_in(window, "collector")
        window.goto(f"/admin/collections/work?account={account}")
        expect(window.get_by_role("heading", level=1)).to_have_text(name)
        expect(window.locator("#work-note")).to_have_value("Works nights; call after four")
        expect(window.get_by_role("status").filter(has_text="What you typed before is back")).to_be_visible()
    window.get_by_role("button", name="Discard").press("Enter")
    expect(window.locator("#work-note")).to_have_value("")


def test_no_answer_is_one_key_and_the_next_account_is_there(visits: Office) -> None:
    page = visits.window("collector")
    page.goto("/admin/collections/")
    page.keyboard.press("n")
    page.wait_for_url("**/admin/collections/work")
    first = page.get_by_role("heading", level=1).inner_text()
    assert looked_at(page) == {}
    page.keyboard.press("i")  # They called us: that may be at any hour.
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
