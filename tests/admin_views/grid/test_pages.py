"""The pages themselves: the columns of the contract, sorting heads, column choice, empty states; every list opens."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from admin_views.grid import summary
from admin_views.grid.screen import GridScreen
from app.domain.staff.roles import Role
from tests import factories
from tests.admin_views.grid.cast import Cast, ids_on, lease, texts
from tests.admin_views.grid.conftest import Enter

GIVEN = ["Customer", "Device", "Start Date", "Payment", "Balance", "Late Fees", "Due Date", "Status"]
"""The columns of the Accounts list, in their order (pages.md)."""


def heads(page: str) -> list[str]:
    thead = re.search(r"<thead>.*?</thead>", page, re.S)
    assert thead is not None
    return texts(thead[0], "th")


def test_the_accounts_list_has_the_columns_of_the_contract(people: Cast, enter: Enter) -> None:
    assert heads(enter(people.collector).get("/admin/accounts/").text) == GIVEN


def test_a_row_of_the_accounts_list_says_who_what_and_how_late(people: Cast, enter: Enter) -> None:
    page = enter(people.collector).get("/admin/accounts/").text
    row = re.search(rf'<tr data-id="{people.own.id}".*?</tr>', page, re.S)
    assert row is not None
    assert f'<a href="/admin/accounts/{people.own.id}">Jordan Ellison</a>' in row[0]
    assert texts(row[0], "td")[1:] == [
        "IPHONE 13 128GB", "Sep 25, 2026", "$54.00 2 wk", "$108.00", "—", "Fri Oct 9", "Past due 42 d",
    ]  # fmt: skip
    assert people.own.account_number in texts(row[0], "th")[0]
    assert '<span class="st bad">Past due</span>' in row[0]


def test_a_head_sorts_and_says_how_it_is_sorted(people: Cast, enter: Enter, session: Session) -> None:
    people.own.balance_cents = 99_900
    session.flush()
    visitor = enter(people.admin)
    page = visitor.get("/admin/accounts/").text
    assert re.search(r'<th scope="col"[^>]*aria-sort="descending"[^>]*><a[^>]*>Start Date', page)
    assert 'href="?sort=-balance_cents"' in page
    down = visitor.get("/admin/accounts/?sort=-balance_cents").text
    assert ids_on(down) == [people.own.id, people.foreign.id]
    assert re.search(r'aria-sort="descending"[^>]*><a href="\?sort=balance_cents">Balance', down)
    up = visitor.get("/admin/accounts/?sort=balance_cents").text
    assert ids_on(up) == [people.foreign.id, people.own.id]
    assert 'aria-sort="ascending"' in up


def test_every_column_of_the_accounts_list_can_be_sorted(people: Cast, enter: Enter) -> None:
    page = enter(people.admin).get("/admin/accounts/").text
    thead = re.search(r"<thead>.*?</thead>", page, re.S)
    assert thead is not None
    assert len(re.findall(r"<th [^>]*><a href", thead[0])) == len(GIVEN)


def test_columns_are_chosen_and_ordered_in_the_url_and_the_customer_always_leads(people: Cast, enter: Enter) -> None:
    visitor = enter(people.admin)
    assert heads(visitor.get("/admin/accounts/?cols=status,bucket,customer").text) == ["Customer", "Status", "Bucket"]
    assert heads(visitor.get("/admin/accounts/?cols=nonsense").text) == GIVEN
    menu = visitor.get("/admin/accounts/menu/columns?cols=status,bucket").text
    assert re.findall(r'data-column="(\w+)"', menu)[:3] == ["customer", "status", "bucket"]


def test_a_name_is_escaped_wherever_it_stands(people: Cast, enter: Enter, session: Session) -> None:
    lease(session, people.book, "<script>alert(1)</script>", 'O"Hara')
    page = enter(people.admin).get("/admin/accounts/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; O&#34;Hara" in page


def test_an_empty_list_says_what_would_fill_it_and_an_empty_answer_what_to_do(
    people: Cast, enter: Enter, session: Session
) -> None:
    nobody = factories.staff(session)
    page = enter(nobody).get("/admin/accounts/").text
    assert "There are no accounts yet" in page
    assert "Import a portfolio workbook" in page
    assert heads(page) == GIVEN
    filtered = enter(people.admin).get("/admin/accounts/?status=void").text
    assert "Nothing matches" in filtered
    assert "Show everything" in filtered


def test_sums_are_of_everything_that_the_filter_finds(people: Cast, enter: Enter, session: Session) -> None:
    for number in range(30):
        lease(session, people.book, "Many", f"Row{number}")
    told = enter(people.admin).get("/admin/accounts/summary.json?q=many&size=25").get_json()
    assert told["count"] == "30"
    assert told["totals"] == {"payment_cents": "$1,620.00", "balance_cents": "$3,240.00", "fees_cents": "$0.00"}


def test_sums_over_very_many_rows_wait_until_somebody_asks(people: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "AT_ONCE", 1)
    visitor = enter(people.admin)
    assert visitor.get("/admin/accounts/summary.json").get_json()["totals"] is None
    assert visitor.get("/admin/accounts/summary.json?totals=1").get_json()["totals"]["balance_cents"] == "$216.00"


def test_every_list_opens_searches_sorts_and_exports_for_everybody_who_may_see_it(
    app: Flask, people: Cast, enter: Enter, session: Session
) -> None:
    people.own.fees_cents = 500
    session.flush()
    failed: list[str] = []
    every_list = [view for view in app.extensions["admin"][0]._views if isinstance(view, GridScreen)]
    screens = [view for view in every_list if "<" not in str(view.url)]  # type: ignore[attr-defined]  # A list inside another row's page has tests of its own.
    assert len(screens) > 25
    for role, person in ((Role.COLLECTOR, people.collector), (Role.ADMIN, people.admin)):
        visitor = enter(person, stepped_up=True)
        for screen in screens:
            allowed = role.includes(screen.minimum_role)  # type: ignore[attr-defined]
            sorts = [f"?sort={sign}{name}" for name in list(screen.listing.sorts)[:3] for sign in ("", "-")]
            every = ",".join(column.key for column in screen.columns)
            # Whoever may open a list may do the rest of it, with or without rows of others: tests/permissions walks that.
            rest = ("?last=1", f"?cols={every}", "menu/filters", "menu/columns", *sorts) if role is Role.ADMIN else ()
            for path in ("", "?q=ell", "summary.json?totals=1", *rest):
                status = visitor.get(f"{screen.url}/{path}").status_code  # type: ignore[attr-defined]
                if status != (200 if allowed else 403):
                    failed.append(f"{role.value} {screen.url}/{path}: {status}")  # type: ignore[attr-defined]
            if role is Role.ADMIN:
                for path in ("export/csv", "export/xlsx"):
                    answer = visitor.get(f"{screen.url}/{path}", buffered=True)  # type: ignore[attr-defined]
                    if answer.status_code != 200:
                        failed.append(f"{role.value} {screen.url}/{path}: {answer.status_code}")  # type: ignore[attr-defined]
    assert not failed, "\n".join(failed)


CONTRACT = {
    "/admin/payments-log/": ["Date & Time", "Customer", "Amount", "Method", "Type", "Square ID"],
    "/admin/cash-payments/": ["Date", "Customer", "Account #", "Amount", "Method", "Reference", "Notes"],
    "/admin/follow-ups/": ["Follow-Up Date", "Customer", "Type", "Note", "Created", "Status", "Action"],
}
"""Heads of further lists that are given word by word (pages.md)."""


def test_lists_whose_columns_are_given_have_them_also_when_they_are_empty(people: Cast, enter: Enter) -> None:
    visitor = enter(people.admin)
    shown = {path: [head.replace("&amp;", "&") for head in heads(visitor.get(path).text) if head] for path in CONTRACT}
    assert shown == CONTRACT
