"""New Lease and Quick Lease: the preview, what is asked before, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.servicing.status import AccountStatus
from app.domain.staff.roles import Role
from app.models import Account, AccountParty, ContractTerms, Customer, Portfolio, Staff
from tests import factories
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in

NEW, QUICK = "/admin/new-lease/", "/admin/quick-lease/"


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    clock.set_clock(pinned_on=TODAY)
    yield
    clock.set_clock(pinned_on=None)


@pytest.fixture
def book(session: Session) -> Portfolio:
    return session.scalars(select(Portfolio)).one()


@pytest.fixture
def collector(session: Session) -> Staff:
    return factories.staff(session)


@pytest.fixture
def visitor(client: FlaskClient, session: Session, collector: Staff) -> Visitor:
    return signed_in(client, session, collector)


def filled(book: Portfolio, **given: Any) -> dict[str, Any]:
    return {
        "key": "one-form",
        "portfolio": book.id,
        "first_name": "Maria",
        "last_name": "Delgado",
        "phone": "(614) 555-0148",
        "model": "iPhone 13",
        "imei": "356415207490483",
        "cost": "300.00",
        "contract_type": "lease",
        "second_role": "co_applicant",
        "frequency": "biweekly",
        "start_on": "2026-11-20",
        "payment": "54.00",
        "do": "open",
    } | given


def spoken(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def accounts(session: Session) -> list[Account]:
    return list(session.scalars(select(Account).order_by(Account.id)))


def test_a_collector_opens_a_lease_and_stands_on_its_page_with_it_in_their_book(
    visitor: Visitor, session: Session, book: Portfolio, collector: Staff
) -> None:
    answer = visitor.post(NEW, filled(book, second_first_name="Luis", program="LTO 52", rescission_on="2026-11-23"))
    (account,) = accounts(session)
    assert answer.status_code == 302 and answer.location == f"/admin/accounts/{account.id}"
    assert (account.status, account.total_cents, account.assigned_to_id) == (AccountStatus.ACTIVE, 140_400, collector.id)
    assert session.get_one(ContractTerms, account.id).program == "LTO 52"
    assert session.scalars(select(AccountParty)).one().customer.first_name == "Luis"
    assert visitor.get(answer.location).status_code == 200


def test_a_form_that_is_sent_twice_opens_one_account(visitor: Visitor, session: Session, book: Portfolio) -> None:
    first = visitor.post(NEW, filled(book))
    again = visitor.post(NEW, filled(book))
    assert (again.status_code, again.location) == (302, first.location)
    assert len(accounts(session)) == 1


def test_a_supervisors_lease_is_in_nobodys_book(client: FlaskClient, session: Session, book: Portfolio) -> None:
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert supervisor.post(QUICK, filled(book)).status_code == 302
    assert accounts(session)[0].assigned_to_id is None


def test_a_quick_lease_without_imei_waits_for_review_with_the_default_number(
    visitor: Visitor, session: Session, book: Portfolio
) -> None:
    page = visitor.get(QUICK)
    assert "Leave blank to use frequency default" in page.text
    answer = visitor.post(QUICK, filled(book, imei="", cost=""))
    (account,) = accounts(session)
    assert answer.location == f"/admin/accounts/{account.id}"
    assert account.status is AccountStatus.PENDING_REVIEW
    assert account.total_cents == 26 * 5_400


def test_the_preview_tells_the_schedule_and_writes_nothing(visitor: Visitor, session: Session, book: Portfolio) -> None:
    form = filled(book, imei="", monthly_income="2,400.00", cash_price="799.00", payments="10", first_name="")
    told = spoken(visitor.post(NEW + "preview", form).text)
    assert "10 × $54.00 2 wk" in told
    assert "$540.00" in told and "Dec 4, 2026" in told
    assert "Payments to income 4.9%" in told  # 54.00 × 26 / 12 = 117.00 of 2,400.00.
    assert "All payments together ($540.00) are less than the cash price ($799.00)." in told
    assert "Goes to Pending Review: IMEI or serial is missing." in told
    assert accounts(session) == []
    assert "Payment: “abc” is not an amount" in spoken(visitor.post(NEW + "preview", form | {"payment": "abc"}).text)
    assert "No schedule yet" in spoken(visitor.post(NEW + "preview", form | {"payment": "", "cash_price": ""}).text)


def test_the_preview_works_without_a_script_and_keeps_what_was_typed(visitor: Visitor, session: Session, book: Portfolio) -> None:
    page = visitor.post(NEW, filled(book, do="preview", last_name=""))
    assert page.status_code == 200
    assert "26 × $54.00" in spoken(page.text)
    assert 'value="Maria"' in page.text
    assert accounts(session) == []


def test_what_cannot_be_is_said_beside_its_field(visitor: Visitor, session: Session, book: Portfolio) -> None:
    answer = visitor.post(NEW, filled(book, payments="25", total="1,404.00"))
    assert answer.status_code == 422
    assert 'id="payments-error"' in answer.text
    assert "that takes 26" in answer.text
    assert visitor.post(NEW, filled(book, phone="555")).status_code == 422
    assert visitor.post(NEW, filled(book, portfolio="999")).status_code == 422
    assert accounts(session) == []


def test_doubts_are_asked_about_once_and_new_ones_again(visitor: Visitor, session: Session, book: Portfolio) -> None:
    mistyped = filled(book, imei="356415207490484")
    asked = visitor.post(NEW, mistyped)
    assert asked.status_code == 422
    assert "probably mistyped" in asked.text and "Open anyway" in asked.text
    found = re.search(r'name="certain"[^>]*value="(\w+)"', asked.text)
    assert found is not None
    again = visitor.post(NEW, mistyped | {"certain": found[1], "cash_price": "9,000.00"})
    assert again.status_code == 422  # A second doubt that nobody has read.
    assert visitor.post(NEW, mistyped | {"certain": found[1]}).status_code == 302


def test_somebody_with_a_known_phone_number_is_asked_about(client: FlaskClient, session: Session, book: Portfolio) -> None:
    supervisor = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    supervisor.post(NEW, filled(book))
    second = filled(book, key="another-form", imei="", first_name="M.")
    asked = supervisor.post(NEW, second)
    assert asked.status_code == 422
    assert "Maria Delgado, 1 account" in spoken(asked.text)
    known = session.scalars(select(Customer)).one()
    assert supervisor.post(NEW, second | {"customer": known.id}).status_code == 302
    first, other = accounts(session)
    assert first.customer_id == other.customer_id == known.id
    assert other.account_number == f"{first.account_number}LOA02"
    assert known.first_name == "Maria"
    assert supervisor.post(NEW, second | {"customer": "new", "key": "third"}).status_code == 302
    assert session.scalar(select(func.count(Customer.id))) == 2


def test_a_stranger_to_the_customer_is_told_nothing_of_them(visitor: Visitor, session: Session, book: Portfolio) -> None:
    theirs = factories.account(session, book).customer
    form = filled(book, phone=theirs.phones[0].e164, imei="")
    assert theirs.last_name not in visitor.post(NEW + "preview", form).text
    assert visitor.post(NEW, form | {"customer": theirs.id}).status_code == 404
    assert visitor.get(f"{NEW}?customer={theirs.id}").status_code == 404


def test_staff_of_one_portfolio_open_accounts_there_only(client: FlaskClient, session: Session, book: Portfolio) -> None:
    own = factories.portfolio(session)
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER, portfolios=[own]))
    page = manager.get(QUICK).text
    assert f'value="{own.id}"' in page and book.name not in page
    assert manager.post(QUICK, filled(book)).status_code == 422
    assert accounts(session) == []
    assert manager.post(QUICK, filled(own)).status_code == 302


def test_the_account_page_tells_what_was_agreed_and_who_signed(visitor: Visitor, session: Session, book: Portfolio) -> None:
    given = filled(book, program="LTO 52", rescission_on="2026-11-23", cash_price="799.00", second_first_name="Luis")
    told = spoken(visitor.get(visitor.post(NEW, given).location).text)
    (account,) = accounts(session)
    assert f"Contract number {account.account_number}LOA01" in told
    assert f"UUID {account.uuid}" in told
    assert "Program LTO 52" in told and "May cancel until Nov 23, 2026" in told and "Cash price $799.00" in told
    assert "Co-applicant Luis" in told
