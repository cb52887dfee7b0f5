"""Flask-Admin's traps (reliability.md part 3), one by one: each was open in its own defaults."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_admin.contrib.sqla import ModelView
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.base import EditableView, ReadOnlyView
from admin_views.gate import Gated
from app.domain.staff.roles import Role
from app.models import Account, Customer, Dealer, Portfolio
from app.queries.portfolio.organization import DEALERS
from tests import factories
from tests.admin_views.grid.cast import Cast, ids_on, lease
from tests.admin_views.grid.conftest import Enter

GENERATED = [
    "/admin/accounts/",
    "/admin/org/portfolios/",
    "/admin/org/dealers/",
    "/admin/records/customers/",
    "/admin/records/ledger/",
    "/admin/records/installments/",
]


def dealer(session: Session, book: Portfolio, **given: Any) -> Dealer:
    row = Dealer(**{"portfolio_id": book.id, "code": "D1", "name": "Main Street"} | given)
    session.add(row)
    session.flush()
    return row


def rules(app: Flask) -> list[str]:
    return [rule.rule for rule in app.url_map.iter_rules()]


# 1. get_query scopes only the list.
def test_edit_and_delete_of_a_foreign_row_are_not_found(people: Cast, enter: Enter, session: Session) -> None:
    other = factories.portfolio(session)
    people.admin.portfolios = [people.book]
    theirs = dealer(session, other)
    visitor = enter(people.admin)
    for route in ("details", "edit", "delete"):
        assert visitor.get(f"/admin/org/dealers/{route}/?id={theirs.id}").status_code == 404
    assert visitor.post(f"/admin/org/dealers/edit/?id={theirs.id}", {"name": "Mine now"}).status_code == 404
    assert visitor.post(f"/admin/org/dealers/delete/?id={theirs.id}").status_code == 404
    session.expire_all()
    assert session.get_one(Dealer, theirs.id).name == "Main Street"


# 2. /ajax/lookup/ ignores scope and has no cap.
def test_no_screen_answers_ajax_look_ups(app: Flask) -> None:
    assert [rule for rule in rules(app) if "ajax" in rule] == []


def test_a_form_offers_only_related_rows_in_scope_and_refuses_others(people: Cast, enter: Enter, session: Session) -> None:
    other = factories.portfolio(session, name="Texas")
    people.admin.portfolios = [people.book]
    session.flush()
    visitor = enter(people.admin)
    form = visitor.get("/admin/org/dealers/new/").text
    assert "Ohio Valley" in form
    assert "Texas" not in form
    answer = visitor.post("/admin/org/dealers/new/", {"portfolio": other.id, "code": "D9", "name": "Sneaky", "office": "__None"})
    assert answer.status_code == 422
    assert session.scalar(select(Dealer).where(Dealer.code == "D9")) is None


# 3. Actions take any row id: see test_scope. Flask-Admin's own action route is gone.
def test_no_screen_has_flask_admins_own_actions(app: Flask) -> None:
    assert [rule for rule in rules(app) if rule.endswith("/action/")] == []
    for view in app.extensions["admin"][0]._views:
        assert getattr(view, "_actions", []) == []


# 4. column_editable_list writes even with can_edit=False.
def test_no_screen_can_be_edited_in_its_list(app: Flask) -> None:
    for view in app.extensions["admin"][0]._views:
        assert not getattr(view, "column_editable_list", None)


def test_lists_of_money_and_status_have_no_forms(app: Flask) -> None:
    read_only = [view for view in app.extensions["admin"][0]._views if isinstance(view, ReadOnlyView)]
    assert len(read_only) > 10
    for view in read_only:
        writing = [rule for rule in rules(app) if rule.startswith(f"{view.url}/") and re.search(r"/(new|edit|delete)/$", rule)]
        assert writing == []


def test_no_two_columns_of_a_list_stand_in_the_same_place_on_a_phone(app: Flask) -> None:
    for view in app.extensions["admin"][0]._views:
        placed = [column.card for column in getattr(view, "columns", ()) if column.card in ("figure", "detail", "state")]
        assert sorted(set(placed)) == sorted(placed), view.endpoint


# 5. Default form and list expose every column.
def test_an_editable_screen_without_form_columns_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="form_columns"):
        type("Careless", (EditableView,), {"minimum_role": Role.ADMIN, "model": Dealer, "listing": DEALERS})


def test_a_posted_field_that_is_not_on_the_form_is_not_written(people: Cast, enter: Enter, session: Session) -> None:
    customer = session.get_one(Customer, people.own.customer_id)
    other = factories.portfolio(session)
    posted = {
        "first_name": "Jordan",
        "last_name": "Ellison",
        "version": customer.version,
        "portfolio_id": other.id,
        "portfolio": other.id,
        "is_test": "y",
        "square_customer_id": "CUST",
    }
    assert enter(people.supervisor).post(f"/admin/records/customers/edit/?id={customer.id}", posted).status_code == 303
    session.expire_all()
    changed = session.get_one(Customer, customer.id)
    assert (changed.portfolio_id, changed.is_test, changed.square_customer_id) == (people.book.id, False, None)


def test_no_generated_form_or_list_shows_a_secret(app: Flask) -> None:
    for view in app.extensions["admin"][0]._views:
        shown = {key for column in getattr(view, "columns", ()) for key in (column.key, *column.needs)}
        filters = set(view.listing.filters) if hasattr(view, "listing") else set()
        assert not (shown | filters | set(getattr(view, "form_columns", None) or ())) & {"pin_hash", "token_hash"}


# 6. No CSRF by default.
def test_a_form_without_its_token_is_refused_and_with_it_goes_through_once(people: Cast, enter: Enter, session: Session) -> None:
    visitor = enter(people.admin)
    posted = {"portfolio": people.book.id, "office": "__None", "code": "D2", "name": "Second Street", "is_active": "y"}
    assert visitor.client.post("/admin/org/dealers/new/", data=posted).status_code == 400
    assert session.scalar(select(Dealer).where(Dealer.code == "D2")) is None
    assert visitor.post("/admin/org/dealers/new/", posted).status_code == 303
    assert session.scalars(select(Dealer.name).where(Dealer.code == "D2")).all() == ["Second Street"]


# 7. Inline handlers die under a CSP, and the delete button submits without its confirmation.
@pytest.mark.parametrize("path", GENERATED)
def test_a_generated_page_has_nothing_inline(people: Cast, enter: Enter, path: str) -> None:
    page = enter(people.admin).get(path).text
    assert re.findall(r"<[^>]+\son\w+\s*=", page) == []
    assert re.findall(r"<[^>]+\sstyle\s*=", page) == []
    assert "<style" not in page
    assert [tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag] == []
    assert "javascript:" not in page


def test_deleting_asks_first_and_only_a_post_deletes(people: Cast, enter: Enter, session: Session) -> None:
    row_id = dealer(session, people.book).id
    visitor = enter(people.admin)
    question = visitor.get(f"/admin/org/dealers/delete/?id={row_id}")
    assert "Remove Main Street?" in question.text
    assert session.scalar(select(Dealer.id).where(Dealer.id == row_id)) == row_id
    assert visitor.post(f"/admin/org/dealers/delete/?id={row_id}").status_code == 303
    assert session.scalar(select(Dealer.id).where(Dealer.id == row_id)) is None


# 8. Exports write live formulas.
def test_exports_defuse_formulas(people: Cast, enter: Enter, session: Session) -> None:
    customer = session.get_one(Customer, people.own.customer_id)
    customer.first_name, customer.last_name = '=HYPERLINK("http://evil")', "@SUM(A1)"
    session.flush()
    visitor = enter(people.admin)
    text = visitor.get("/admin/accounts/export/csv?fields=all", buffered=True).text
    assert "'=HYPERLINK" in text
    assert "'@SUM(A1)" in text
    assert not re.search(r'(^|,)"?[=@]', text, re.M)
    book = openpyxl.load_workbook(io.BytesIO(visitor.get("/admin/accounts/export/xlsx").data))
    assert book.active is not None
    assert [cell.data_type for cell in book.active["A"]] == ["s"] * 3


# 9. ?id=1,2 answers 500.
@pytest.mark.parametrize("row_id", ["1,2", "abc", "", "-1", "1.2", "99999999999999999999", "1'", "1&id=2"])
def test_an_id_that_is_none_is_not_found(people: Cast, enter: Enter, row_id: str) -> None:
    answer = enter(people.admin).get(f"/admin/org/dealers/details/?id={row_id}")
    assert answer.status_code == 404


# 10. Filters on hidden columns are an oracle.
def test_a_filter_that_is_not_declared_filters_nothing(people: Cast, enter: Enter) -> None:
    visitor = enter(people.admin)
    everything = ids_on(visitor.get("/admin/accounts/").text)
    assert len(everything) == 2
    for query in ("monthly_income_cents_from=1", "flt0_0=x", "uuid=a", "pin_hash=a", "assigned_to_id=1"):
        assert ids_on(visitor.get(f"/admin/accounts/?{query}").text) == everything


def test_a_bulk_action_with_a_filter_that_is_not_understood_is_refused(people: Cast, enter: Enter) -> None:
    form = {"scope": "filter", "filter": "stauts=default", "body": "Oops"}
    assert enter(people.admin).post("/admin/accounts/bulk/note", form).status_code == 400


# 11. jQuery 3.5.1, Select2 3.5.2 and Bootstrap 4 are bundled.
def test_nothing_that_flask_admin_bundles_is_served_or_asked_for(app: Flask, people: Cast, enter: Enter) -> None:
    static = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.endswith("static")}
    assert static == {"assets.static", "bootstrap.static"}
    visitor = enter(people.admin)
    for path in GENERATED:
        page = visitor.get(path).text.lower()
        assert not [name for name in ("jquery", "select2", "bootstrap4", "x-editable", "moment.js") if name in page]
    row = visitor.get("/admin/org/dealers/new/").text
    assert 'data-role="' not in row


# 12. 1,000 form parts at most.
def test_everything_that_matches_is_changed_by_posting_the_filter(people: Cast, enter: Enter, session: Session) -> None:
    for number in range(60):
        lease(session, people.book, "Many", f"Row{number:03d}")
    visitor = enter(people.supervisor)
    form = {"scope": "filter", "filter": "q=many", "staff_id": people.colleague.id, "reason": "New book"}
    assert visitor.post("/admin/accounts/bulk/assign", form).status_code == 409
    assert visitor.post("/admin/accounts/bulk/assign", form | {"confirmed_count": "60"}).status_code == 303
    session.expire_all()
    theirs = select(Account.id).where(Account.assigned_to_id == people.colleague.id)
    assert len(session.scalars(theirs).all()) == 61


def test_more_ticked_ids_than_a_page_has_rows_are_refused(people: Cast, enter: Enter) -> None:
    form = [("scope", "ids"), ("body", "x"), *(("ids", number) for number in range(1, 600))]
    assert enter(people.admin).post("/admin/accounts/bulk/note", form).status_code == 400


def test_every_model_view_is_one_of_ours(app: Flask) -> None:
    for view in app.extensions["admin"][0]._views:
        assert isinstance(view, Gated)
        if isinstance(view, ModelView):
            assert isinstance(view, (ReadOnlyView, EditableView))
