"""Every page of the menu, an account and each of its sheets: nothing blocked, nothing too wide, nothing axe calls serious."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office, looked_at

SHEETS = {"Note": "m", "Call": "c", "Promise to pay": "p", "Follow-up": "f", "Take payment": "$"}
"""Heading of each sheet of the Account page → the key that opens it."""


def menu(page: Page) -> list[str]:
    """The addresses of the menu, in its order."""
    found: list[str] = page.eval_on_selector_all("#navigation a[href]", "all => all.map(one => one.getAttribute('href'))")
    return list(dict.fromkeys(found))


def first_late_account(page: Page) -> str:
    """The address of an account with arrears that the person may open."""
    page.goto("/admin/accounts/?status=past_due")
    address = page.locator("tbody th a").first.get_attribute("href")
    assert address
    return address


@pytest.mark.timeout(900)  # Sixty pages, each in light, dark and on a phone.
def test_every_page_of_the_menu_holds_on_a_desk_in_the_dark_and_on_a_phone(visits: Office) -> None:
    page = visits.window("admin")
    found = {}
    for address in menu(page):
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        if problems := looked_at(page):
            found[address] = problems
    assert found == {}


@pytest.mark.parametrize("role", ["collector", "supervisor", "manager"])
def test_no_page_of_anybodys_menu_is_closed_to_them_or_complains(visits: Office, role: str) -> None:
    page = visits.window(role)
    addresses = menu(page)
    assert "/admin/collections/work" in addresses
    answers = {address: page.goto(address) for address in addresses}
    assert {address: answer.status for address, answer in answers.items() if answer and answer.status != 200} == {}


def test_an_account_and_each_of_its_sheets_holds_as_well(visits: Office) -> None:
    page = visits.window("supervisor")
    page.goto(first_late_account(page))
    found = {"account": looked_at(page)}
    sheet = page.locator("#side-sheet")
    for title, key in SHEETS.items():
        page.keyboard.press(key)
        expect(sheet.get_by_role("heading", name=title).first).to_be_visible()
        found[title] = looked_at(page)
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
    assert {name: problems for name, problems in found.items() if problems} == {}
