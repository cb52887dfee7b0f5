"""What the scripts do, in a real Chromium under the strict policy that the product sends."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.look.pages import Desk


def test_rows_are_moved_through_and_ticked_by_keyboard(desk: Desk) -> None:
    page = desk.open("/list")
    for key in ("j", "j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)

    expect(page.locator("[data-tick]:checked")).to_have_count(3)
    expect(page.locator("tr.cur th a")).to_be_focused()
    expect(page.locator("[data-bulk-count]")).to_have_text("3 selected")


def test_all_that_match_are_sent_as_the_filter_after_typing_their_number(desk: Desk) -> None:
    page = desk.open("/list")
    page.locator("[data-tick-all]").check()
    page.get_by_role("button", name="Select all 4,312 that match").click()
    page.get_by_role("button", name="Assign").click()
    go = page.locator("#bulk-question [data-verb]")

    expect(page.locator("#bulk-question")).to_contain_text("12 · locked by hand")
    expect(go).to_be_disabled()
    page.get_by_label("Type 4,312 to go on").fill("4,312")
    go.click()

    page.wait_for_url("**/form")
    assert desk.posted["scope"] == ["filter"]
    assert desk.posted["filter"] == ["status=active"]
    assert desk.posted["confirmed_count"] == ["4312"]
    assert "ids" not in desk.posted


def test_a_few_rows_are_sent_by_their_ids_without_a_question(desk: Desk) -> None:
    page = desk.open("/list")
    page.get_by_label("Select Maria Alvarez").check()
    page.get_by_label("Select Robert Nguyen").check()
    page.get_by_role("button", name="Flag").click()

    page.wait_for_url("**/form")
    assert desk.posted["scope"] == ["ids"]
    assert desk.posted["ids"] == ["2", "4"]


def test_columns_are_ordered_by_keyboard_and_kept_in_the_address(desk: Desk) -> None:
    page = desk.open("/list?sort=-balance")
    page.get_by_role("button", name="Columns").click()
    page.locator("[data-column=balance] input").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-columns-said]")).to_have_text("Balance, place 2 of 3")
    page.locator("[data-column=device] input").uncheck()
    page.locator("[data-columns-apply]").click()

    page.wait_for_url("**/list?sort=-balance&cols=name,balance")


def test_a_filter_leaves_empty_values_out_of_the_address(desk: Desk) -> None:
    page = desk.open("/list")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_label("Find a field")).to_be_focused()
    page.keyboard.type("bal")
    page.keyboard.press("Enter")
    expect(page.get_by_label("From")).to_be_focused()
    page.keyboard.type("1,500")
    page.keyboard.press("Enter")

    page.wait_for_url("**/list?sort=-balance&balance_from=1500.00")


def test_a_side_sheet_keeps_the_page_and_shows_errors_in_itself(desk: Desk) -> None:
    page = desk.open("/list")
    page.keyboard.press("p")
    sheet = page.locator("#side-sheet")
    expect(sheet.get_by_role("heading", name="Take a payment").first).to_be_visible()
    sheet.get_by_label("Amount").fill("1234.5")
    sheet.get_by_role("button", name="Take payment").click()
    expect(sheet.locator(".errors-x")).to_be_focused()
    expect(sheet.get_by_role("link", name="Customer: Give a name.")).to_be_visible()
    assert desk.posted["amount"] == ["1234.50"]

    sheet.get_by_label("Customer").fill("Jordan Ellison")
    sheet.get_by_role("button", name="Take payment").click()
    expect(page.locator(".toast-x")).to_contain_text("Payment taken")
    expect(page.locator(".toast-x").get_by_role("button", name="Undo")).to_be_visible()
    assert page.url.endswith("/list")


def test_what_was_typed_survives_a_reload_and_goes_when_it_is_sent(desk: Desk) -> None:
    page = desk.open("/form")
    page.get_by_label("Note").fill("Check comes the 17th")
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("Check comes the 17th")
    expect(page.get_by_role("status").filter(has_text="What you typed before is back")).to_be_visible()

    page.get_by_label("Customer").fill("Jordan Ellison")
    page.get_by_role("button", name="Take payment").click()
    page.wait_for_load_state()
    desk.open("/form")
    expect(page.get_by_label("Note")).to_have_value("")


def test_the_palette_finds_people_and_pages_and_opens_them(desk: Desk) -> None:
    page = desk.open("/list")
    page.keyboard.press("Control+k")
    page.keyboard.type("ell 0148")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_contain_text("Jordan Ellison")
    assert [mark.inner_text() for mark in chosen.locator("mark").all()] == ["Ell", "0148"]
    page.keyboard.press("Control+a")
    page.keyboard.type(">coll")
    expect(chosen).to_have_text("Collections Dashboard")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/collections/")


def test_an_older_answer_never_replaces_a_newer_one_in_the_palette(desk: Desk) -> None:
    page = desk.open("/list")
    page.keyboard.press("/")
    with page.expect_request("**/search?q=slow"):
        page.keyboard.type("slow")
    page.keyboard.type(" ell")
    first = page.locator("[role=option]").first
    expect(first).to_contain_text("Jordan Ellison")

    desk.may_answer_late.set()
    assert desk.has_answered_late.wait(10)
    expect(page.locator("[role=option]", has_text="Too late")).to_have_count(0)
    expect(first).to_contain_text("Jordan Ellison")


def test_keys_can_be_listed_and_switched_off(desk: Desk) -> None:
    page = desk.open("/list")
    page.keyboard.press("?")
    keys = page.locator("#keys-list")
    expect(keys).to_contain_text("Next row")
    expect(keys).to_contain_text("Payment")
    keys.get_by_role("switch").click()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#side-sheet")).to_be_hidden()
    page.reload()
    page.keyboard.press("p")
    expect(page.locator("#side-sheet")).to_be_hidden()


def test_the_fold_of_the_navigation_is_remembered(desk: Desk) -> None:
    page = desk.open("/list")
    page.keyboard.press("[")
    page.reload()
    expect(page.locator("html[data-folded]")).to_have_count(1)
    expect(page.get_by_role("link", name="Accounts")).to_be_visible()


def test_on_a_phone_the_navigation_is_a_drawer_that_gives_the_focus_back(desk: Desk) -> None:
    page = desk.open("/list", width=380)
    expect(page.locator("#navigation")).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.locator("#navigation a[aria-current]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Menu", exact=True)).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == 380


def test_progress_is_followed_until_the_job_ends(desk: Desk) -> None:
    page = desk.open("/job")
    expect(page.locator("[data-job-left]")).to_have_text("· finished", timeout=8000)
    expect(page.locator("[data-job-count]")).to_have_text("38 of 38")
    expect(page.get_by_role("link", name="See the result")).to_be_visible()
    assert page.locator(".prog i").first.evaluate("segment => segment.style.width") == "81.5789%"


def test_a_quiet_session_warns_before_it_ends(desk: Desk) -> None:
    page = desk.open("/list?idle=62")
    warning = page.get_by_role("alertdialog")
    expect(warning).to_contain_text(re.compile(r"signed out in 5\d seconds"), timeout=6000)
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    assert desk.stays == 1


def test_charts_are_drawn_in_the_colours_of_the_theme_that_is_on(desk: Desk) -> None:
    page = desk.open("/chart")
    bar = page.locator(".bars .point path").first
    expect(bar).to_have_css("fill", "rgb(47, 102, 196)")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(bar).to_have_css("fill", "rgb(123, 164, 240)")
    page.keyboard.press("Escape")
    page.locator(".chart").hover()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the picture").click()
    assert download.value.suggested_filename == "due.png"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 380])
def test_no_page_has_a_fault_that_axe_can_find(desk: Desk, theme: str, width: int) -> None:
    found = {
        path: desk.faults(desk.open(path, width=width, theme=theme)) for path in ("/list", "/form", "/job", "/chart", "/sign-in")
    }

    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("opened", ["palette", "sheet", "columns", "menu"])
def test_nothing_that_opens_has_a_fault_either(desk: Desk, opened: str) -> None:
    page = desk.open("/list")
    _open(page, opened)

    assert desk.faults(page) == []


def _open(page: Page, what: str) -> None:
    if what == "palette":
        page.keyboard.press("/")
        page.keyboard.type("ell")
        expect(page.locator("[role=option]").first).to_contain_text("Jordan")
    elif what == "sheet":
        page.keyboard.press("p")
        expect(page.locator("#side-sheet form")).to_be_visible()
    else:
        page.get_by_role("button", name={"columns": "Columns", "menu": "Your menu"}[what]).click()
