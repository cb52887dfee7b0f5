"""A stranger opens the product."""

from playwright.sync_api import Page


def test_a_stranger_is_asked_to_sign_in_and_nothing_on_the_page_is_blocked(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("textbox", name="PIN").wait_for()
    assert "LeaseDesk" in page.title()
