"""A stranger opens the product and gets in by keyboard."""

from playwright.sync_api import Page, expect

from tests.browser.office import Office, looked_at


def test_a_stranger_is_asked_to_sign_in_and_nothing_on_the_page_is_blocked(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("textbox", name="PIN").wait_for()
    assert "LeaseDesk" in page.title()
    assert looked_at(page) == {}


def test_somebody_signs_in_by_keyboard_and_comes_to_the_page_that_was_asked_for(visits: Office) -> None:
    page, member = visits.window(), visits.product.staff("manager")
    page.goto("/admin/payments-log/")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(member["username"])
    page.keyboard.press("Tab")
    page.keyboard.type(member["pin"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/payments-log/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payments Log")
    page.get_by_role("button", name="Your menu").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/admin/sign-in/**")
    page.goto("/admin/payments-log/")
    expect(page.get_by_label("Username")).to_be_visible()
