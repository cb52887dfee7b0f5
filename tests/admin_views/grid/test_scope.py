"""Who sees which rows: the same in lists, counts, totals, details, exports, look-ups and actions."""

from __future__ import annotations

import io

import openpyxl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.staff.roles import Role
from app.models import Account, Note, StaffPortfolio
from tests import factories
from tests.admin_views.grid.cast import Cast, ids_on, lease
from tests.admin_views.grid.conftest import Enter

ACCOUNTS = "/admin/accounts/"


def test_a_collector_lists_only_their_own_book(people: Cast, enter: Enter) -> None:
    assert ids_on(enter(people.collector).get(ACCOUNTS).text) == [people.own.id]


def test_a_supervisor_lists_every_book(people: Cast, enter: Enter) -> None:
    assert set(ids_on(enter(people.supervisor).get(ACCOUNTS).text)) == {people.own.id, people.foreign.id}


def test_a_collector_who_sees_all_accounts_lists_every_book(people: Cast, enter: Enter, session: Session) -> None:
    people.collector.sees_all_accounts = True
    session.flush()
    assert set(ids_on(enter(people.collector).get(ACCOUNTS).text)) == {people.own.id, people.foreign.id}


def test_staff_restricted_to_a_portfolio_list_nothing_of_another(people: Cast, enter: Enter, session: Session) -> None:
    other = factories.portfolio(session)
    elsewhere = lease(session, other, "Ann", "Elsewhere")
    session.add(StaffPortfolio(staff_id=people.supervisor.id, portfolio_id=other.id))
    session.flush()
    visitor = enter(people.supervisor)
    assert ids_on(visitor.get(ACCOUNTS).text) == [elsewhere.id]
    assert ids_on(visitor.get("/admin/records/customers/").text) == [elsewhere.customer_id]
    portfolios = visitor.get("/admin/accounts/menu/filters").text
    assert other.name in portfolios
    assert people.book.name not in portfolios


def test_counts_and_totals_are_of_the_own_book(people: Cast, enter: Enter) -> None:
    told = enter(people.collector).get("/admin/accounts/summary.json").get_json()
    assert told["rows"] == 1
    assert told["tabs"]["all"] == "1"
    assert told["totals"]["balance_cents"] == "$108.00"


def test_a_filter_naming_a_colleague_finds_nothing(people: Cast, enter: Enter) -> None:
    page = enter(people.collector).get(f"{ACCOUNTS}?assigned={people.colleague.id}").text
    assert ids_on(page) == []
    assert "Nothing matches" in page


def test_a_search_finds_only_in_the_own_book(people: Cast, enter: Enter) -> None:
    assert ids_on(enter(people.collector).get(f"{ACCOUNTS}?q=ells").text) == []
    assert ids_on(enter(people.collector).get(f"{ACCOUNTS}?q={people.foreign.account_number}").text) == []
    assert ids_on(enter(people.collector).get(f"{ACCOUNTS}?q=ell").text) == [people.own.id]


def test_the_palette_finds_only_in_the_own_book(people: Cast, enter: Enter) -> None:
    groups = enter(people.collector).get("/admin/search?q=ell").get_json()["groups"]
    assert [item["label"] for item in groups[0]["items"]] == ["Jordan Ellison"]


def test_the_details_of_a_foreign_row_are_not_found(people: Cast, enter: Enter) -> None:
    visitor = enter(people.collector)
    assert visitor.get(f"/admin/accounts/details/?id={people.own.id}").status_code == 200
    assert visitor.get(f"/admin/accounts/details/?id={people.foreign.id}").status_code == 404
    assert visitor.get(f"/admin/records/customers/details/?id={people.foreign.customer_id}").status_code == 404


def test_rows_that_hang_on_a_foreign_account_are_not_listed(people: Cast, enter: Enter, session: Session) -> None:
    session.add_all(
        Note(account_id=account.id, body=f"About {account.account_number}", created_at=factories.NOW)
        for account in (people.own, people.foreign)
    )
    session.flush()
    page = enter(people.collector).get("/admin/records/notes/").text
    assert f"About {people.own.account_number}" in page
    assert people.foreign.account_number not in page
    schedule = enter(people.collector).get("/admin/records/installments/").text
    assert people.own.account_number in schedule
    assert people.foreign.account_number not in schedule


def test_exports_hold_only_the_own_book_even_when_a_foreign_row_is_named(people: Cast, enter: Enter) -> None:
    visitor = enter(people.collector)
    everything = visitor.get("/admin/accounts/export/csv", buffered=True).text
    assert "Jordan Ellison" in everything
    assert "Marcy" not in everything
    ticked = visitor.get(f"/admin/accounts/export/csv?ids={people.own.id}.{people.foreign.id}", buffered=True).text
    assert "Marcy" not in ticked
    every_field = visitor.get("/admin/accounts/export/xlsx?fields=all").data
    sheet = openpyxl.load_workbook(io.BytesIO(every_field)).active
    assert sheet is not None
    assert [row[3] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["Ellison"]


def test_a_bulk_action_on_a_foreign_row_changes_nothing(people: Cast, enter: Enter, session: Session) -> None:
    form = [("scope", "ids"), ("ids", people.own.id), ("ids", people.foreign.id), ("body", "Left a message")]
    enter(people.collector).post("/admin/accounts/bulk/note", form)
    assert session.scalars(select(Note.account_id)).all() == [people.own.id]


def test_a_bulk_action_on_a_filter_stays_in_the_own_book(people: Cast, enter: Enter, session: Session) -> None:
    enter(people.collector).post("/admin/accounts/bulk/note", {"scope": "filter", "filter": "", "body": "Hello"})
    assert session.scalars(select(Note.account_id)).all() == [people.own.id]


def test_a_preview_counts_only_the_own_book(people: Cast, enter: Enter) -> None:
    told = enter(people.collector).post("/admin/accounts/bulk/note/preview", {"scope": "filter", "filter": ""}).get_json()
    assert told["count"] == 1
    assert told["sample"] == ["Jordan Ellison"]


def test_a_collector_cannot_assign(people: Cast, enter: Enter, session: Session) -> None:
    form = {"scope": "ids", "ids": people.own.id, "staff_id": people.colleague.id, "reason": "Holiday"}
    assert enter(people.collector).post("/admin/accounts/bulk/assign", form).status_code == 403
    session.expire_all()
    assert session.get_one(Account, people.own.id).assigned_to_id == people.collector.id


def test_only_an_admin_opens_the_organisation(people: Cast, enter: Enter, session: Session) -> None:
    manager = factories.staff(session, Role.MANAGER)
    assert enter(manager).get("/admin/org/dealers/").status_code == 403
    assert enter(people.admin).get("/admin/org/dealers/").status_code == 200


def test_somebody_without_the_role_looks_but_does_not_change(people: Cast, enter: Enter) -> None:
    address = f"/admin/records/customers/edit/?id={people.own.customer_id}"
    assert enter(people.collector).get(address).status_code == 403
    assert "Change" not in enter(people.collector).get(address.replace("edit", "details")).text
    assert enter(people.supervisor).get(address).status_code == 200
