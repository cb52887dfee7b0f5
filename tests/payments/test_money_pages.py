"""Corrections on the Account page: who sees which action, what a form does, and what it says when a rule refuses."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import FeeKind
from app.domain.staff.roles import Role
from app.models import Account, Fee, FeePolicy, Payment
from app.services.payments import posting
from tests import factories
from tests.factories import NOW, TODAY
from tests.visitor import Visitor, signed_in

REFUND = {"key": "a refund", "amount": "54.00", "reason": "Changed their mind"}


@pytest.fixture(autouse=True)
def _friday() -> object:
    clock.set_clock(pinned_on=TODAY)
    yield None
    clock.set_clock(pinned_on=None)


@pytest.fixture
def account(session: Session) -> Account:
    due = [dt.date(2026, 10, 9), dt.date(2026, 10, 23), dt.date(2026, 11, 6), TODAY, dt.date(2026, 12, 4)]
    return factories.account(session, lines=[(on, 5_400) for on in due])


def enter(client: FlaskClient, session: Session, role: Role, account: Account) -> Visitor:
    person = factories.staff(session, role)
    if role is Role.COLLECTOR:
        account.assigned_to_id = person.id
        session.flush()
    return signed_in(client, session, person, stepped_up=True)


def a_fee(session: Session, account: Account, cents: int) -> Fee:
    fee = Fee(
        account_id=account.id, kind=FeeKind.OTHER, assessed_on=TODAY, amount_cents=cents, reason="Locksmith", created_at=NOW
    )
    session.add(fee)
    session.flush()
    return fee


def test_a_supervisor_adds_a_fee_and_waives_a_part_of_it(client: FlaskClient, session: Session, account: Account) -> None:
    visitor = enter(client, session, Role.SUPERVISOR, account)
    page = f"/admin/accounts/{account.id}"
    answer = visitor.post(f"{page}/fee", {"amount": "25.00", "kind": "other", "reason": "Locksmith"})
    assert answer.status_code == 302
    session.expire_all()
    fee = session.scalars(select(Fee).where(Fee.account_id == account.id)).one()
    assert (fee.amount_cents, account.balance_cents) == (2_500, 29_500)
    assert "Locksmith" in visitor.get(page).text
    assert visitor.post(f"{page}/fees/{fee.id}/waive", {"amount": "10.00", "reason": "Goodwill"}).status_code == 302
    session.expire_all()
    assert (fee.waived_cents, account.balance_cents) == (1_000, 28_500)
    refused = visitor.post(f"{page}/fees/{fee.id}/waive", {"amount": "15.01", "reason": "Goodwill"})
    assert refused.status_code == 422 and "$15.00 of this fee is unpaid" in refused.text


def test_a_collector_waives_a_little_and_is_told_who_may_waive_more(
    client: FlaskClient, session: Session, account: Account
) -> None:
    visitor, fee = enter(client, session, Role.COLLECTOR, account), a_fee(session, account, 5_000)
    page = f"/admin/accounts/{account.id}"
    refused = visitor.post(f"{page}/fees/{fee.id}/waive", {"amount": "50.00", "reason": "Goodwill"})
    assert refused.status_code == 422 and "A collector may waive up to $10.00" in refused.text
    assert visitor.post(f"{page}/fees/{fee.id}/waive", {"amount": "10.00", "reason": "Goodwill"}).status_code == 302
    assert visitor.get(f"{page}/fee").status_code == 403
    assert visitor.get(f"{page}/adjust").status_code == 403
    assert "Adjust balance" not in visitor.get(page).text


def test_a_balance_is_adjusted_and_a_payment_refunded(client: FlaskClient, session: Session, account: Account) -> None:
    visitor = enter(client, session, Role.MANAGER, account)
    page = f"/admin/accounts/{account.id}"
    given = {"direction": "credit", "fees": "0.00", "principal": "20.00", "reason": "Broken screen"}
    assert visitor.post(f"{page}/adjust", given).status_code == 302
    session.expire_all()
    assert account.balance_cents == 25_000
    wrong = visitor.post(f"{page}/adjust", given | {"principal": "9,000.00"})
    assert wrong.status_code == 422 and "of rent is owed" in wrong.text
    payment = posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=5_400,
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )
    session.commit()
    assert "/refund" in visitor.get(page).text
    assert visitor.post(f"{page}/payments/{payment.id}/refund", REFUND).status_code == 302
    session.expire_all()
    row = session.scalars(select(Payment).where(Payment.reverses_id == payment.id)).one()
    assert (row.kind, account.balance_cents) == (PaymentKind.REFUND, 25_000)


def test_a_post_dated_payment_is_shown_and_cancelled(client: FlaskClient, session: Session, account: Account) -> None:
    visitor = enter(client, session, Role.COLLECTOR, account)
    page = f"/admin/accounts/{account.id}"
    friday = TODAY + dt.timedelta(days=7)
    given = {"key": "k", "amount": "54.00", "method": "cash", "effective_on": friday.isoformat(), "reference": "", "note": ""}
    assert visitor.post(f"{page}/payment", given).status_code == 302
    session.expire_all()
    payment = session.scalars(select(Payment).where(Payment.account_id == account.id)).one()
    assert (payment.state, account.balance_cents) == (PaymentState.PENDING, 27_000)
    shown = visitor.get(page).text
    assert "Post-dated" in shown and f"/payments/{payment.id}/cancel" in shown
    assert visitor.post(f"{page}/payments/{payment.id}/cancel", {"reason": "Lost the job"}).status_code == 302
    session.expire_all()
    assert (payment.state, "Cancelled" in visitor.get(page).text) == (PaymentState.DECLINE, True)


def test_an_admin_edits_fee_policies_and_sees_what_each_charges(client: FlaskClient, session: Session, account: Account) -> None:
    visitor = enter(client, session, Role.ADMIN, account)
    shown = visitor.get("/admin/settings/fee-policies/").text
    assert "New York, weekly" in shown and "$3.00 · $15.00 · $40.00" in shown
    given = {
        "name": "Ohio, weekly",
        "state": "oh",
        "contract_from_on": "2026-01-01",
        "frequency_class": "weekly",
        "grace_days": "5",
        "combiner": "lesser",
        "floor_cents": "0.00",
        "allocation": "rent_first",
        "returned_payment_cents": "25.00",
        "citation": "House rule",
        "is_active": "y",
    }
    wrong = visitor.post("/admin/settings/fee-policies/new/", given)
    assert wrong.status_code == 422 and "Enter a percentage, a flat amount, or both" in wrong.text
    assert visitor.post("/admin/settings/fee-policies/new/", given | {"percent": "4.5"}).status_code == 303
    row = session.scalars(select(FeePolicy).where(FeePolicy.state == "OH")).one()
    assert (row.grace_days, str(row.percent), row.returned_payment_cents) == (5, "4.500", 2_500)
