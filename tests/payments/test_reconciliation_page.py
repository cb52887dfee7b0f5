"""The Reconciliation page: what waits, why, and what a supervisor does with it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.remittances import RemittanceState
from app.domain.portfolio.imports import ImportFormat
from app.domain.staff.roles import Role
from app.models import Account, Portfolio, Remittance
from tests import factories
from tests.portfolio.importing import applied, opened, report
from tests.visitor import Visitor, signed_in

FILE = b"""Date,Amount,Sender,Memo,Method,Reference
2026-11-17,54.00,R. Garcia,,Zelle,Q1
2026-11-18,70.00,Bank of Ohio,interest,Zelle,Q2
"""


@pytest.fixture
def book(session: Session) -> Portfolio:
    """Rosa and Luis owe; two payments wait."""
    book = factories.portfolio(session)
    rosa = {"CUSTOMERFIRSTNAME": "Rosa", "CUSTOMERLASTNAME": "Garcia"}
    luis = {"CONTRACT#": "7000002-1", "CUSTOMERFIRSTNAME": "Luis", "CUSTOMERPHONE1": "6145550149"}
    applied(session, opened(session, book, report([rosa, luis])))
    applied(session, opened(session, book, FILE, "zelle.csv", kind=ImportFormat.REMITTANCES))
    return book


@pytest.fixture
def dana(client: FlaskClient, session: Session, book: Portfolio) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR, name="Dana Whitfield"))


def by_reference(session: Session, reference: str) -> Remittance:
    session.expire_all()
    return session.scalars(select(Remittance).where(Remittance.reference == reference)).one()


def test_a_supervisor_sees_why_money_waits_posts_it_and_takes_it_back(dana: Visitor, session: Session) -> None:
    page = dana.get("/admin/reconciliation/").text
    assert "R. Garcia" in page and "Bank of Ohio" in page and "similar name; amount is the payment" in page
    first = by_reference(session, "Q1")
    assert (dana.get("/admin/reconciliation/next").location or "").endswith(f"/{first.id}")
    second = by_reference(session, "Q2")
    assert (dana.get(f"/admin/reconciliation/next?after={first.id}").location or "").endswith(f"/{second.id}")
    page = dana.get(f"/admin/reconciliation/{first.id}").text
    assert "Rosa Garcia" in page and 'data-key="1"' in page

    rosa = session.scalars(select(Account).where(Account.approval_id == "7000001")).one()
    owed = rosa.balance_cents
    answer = dana.post(f"/admin/reconciliation/{first.id}/post", {"account_id": rosa.id, "learn": "1"})
    assert (answer.location or "").endswith(f"/{by_reference(session, 'Q2').id}")
    session.expire_all()
    assert (rosa.balance_cents, by_reference(session, "Q1").state) == (owed - 54_00, RemittanceState.POSTED)

    again = dana.post(f"/admin/reconciliation/{first.id}/post", {"account_id": rosa.id})
    assert again.status_code == 422 and "posted by now" in again.text
    refused = dana.post(f"/admin/reconciliation/{first.id}/undo", {"reason": ""})
    assert refused.status_code == 422 and "Say why" in refused.text
    assert dana.post(f"/admin/reconciliation/{first.id}/undo", {"reason": "Her brother's"}).status_code == 303
    session.expire_all()
    assert (rosa.balance_cents, by_reference(session, "Q1").state) == (owed, RemittanceState.QUEUED)


def test_money_is_split_to_the_cent_or_left_alone_with_a_reason(dana: Visitor, session: Session) -> None:
    second = by_reference(session, "Q2")
    address = f"/admin/reconciliation/{second.id}"
    wrong = dana.post(
        f"{address}/post", {"account_1": "7000001", "amount_1": "50.00", "account_2": "7000002", "amount_2": "10.00"}
    )
    assert wrong.status_code == 422 and "The parts make $60.00; $70.00 came in." in wrong.text
    for typed, sentence in (
        ({"account_1": "999"}, "No account has the number 999."),
        ({}, "Choose a suggestion, or type an account number."),
        ({"account_1": "7000001", "amount_1": "lots"}, "is not an amount of money"),
        ({"amount_2": "5"}, "Say which account this part is for."),
    ):
        answer = dana.post(f"{address}/post", typed)
        assert answer.status_code == 422 and sentence in answer.text
    assert by_reference(session, "Q2").state is RemittanceState.QUEUED
    right = {"account_1": "7000001", "amount_1": "50.00", "account_2": "7000002", "amount_2": "20.00"}
    assert dana.post(f"{address}/post", right).status_code == 303
    assert "7000002" in dana.get(address).text

    first = by_reference(session, "Q1")
    assert dana.post(f"/admin/reconciliation/{first.id}/ignore", {"reason": "A refund of the landlord"}).status_code == 303
    assert by_reference(session, "Q1").note == "A refund of the landlord"
    page = dana.get("/admin/reconciliation/").text
    assert "No money waits" in page or "R. Garcia" not in page


def test_a_manager_sets_from_which_score_on_money_is_posted(client: FlaskClient, session: Session, book: Portfolio) -> None:
    manager = signed_in(client, session, factories.staff(session, Role.MANAGER))
    for typed in ("", "abc", "49", "102"):
        assert manager.post("/admin/reconciliation/threshold", {"threshold": typed}).status_code == 422
    assert manager.post("/admin/reconciliation/threshold", {"threshold": "75"}).status_code == 303
    more = FILE.replace(b"Q", b"Z")
    assert opened(session, book, more, "more.csv", kind=ImportFormat.REMITTANCES).outcomes == {"posted": 1, "queued": 1}
