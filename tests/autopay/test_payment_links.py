"""A page at Square on which a customer pays: made once, and what is paid on it is booked once."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.payment_links import MOST_TRIES, PaymentLinkState
from app.domain.staff.roles import Role
from app.models import Account, Payment, PaymentLink, SquareBreak
from app.queries.payments.invariants import findings
from app.services.payments import payment_links
from app.services.staff.audit import SYSTEM
from tasks import autopay, square_events
from tasks import payment_links as at_square
from tests import factories
from tests.autopay.conftest import Clock
from tests.autopay.processor import Processor
from tests.factories import TODAY
from tests.square_notes import body_of, bring, listening
from tests.visitor import signed_in

S = PaymentLinkState


def owing(session: Session) -> Account:
    """An account of $1,404.00 whose first installment of $54.00 falls due today."""
    return factories.account(session, first_due_on=TODAY)


def made(session: Session, account: Account, cents: int = 5_400) -> PaymentLink:
    link_id = at_square.make(account.id, amount_cents=cents, actor=SYSTEM)
    session.expire_all()
    return session.get_one(PaymentLink, link_id)


def payments(session: Session) -> list[Payment]:
    return list(session.scalars(select(Payment).order_by(Payment.id)))


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_a_link_is_made_and_takes_no_money(session: Session, square: Processor) -> None:
    link = made(session, owing(session))
    assert (link.state, link.url, link.tries) == (S.OPEN, "https://pay.test/1", 1)
    assert payments(session) == []


def test_what_is_paid_arrives_by_webhook_and_is_booked_once(
    app: Flask, client: FlaskClient, session: Session, square: Processor, time: Clock
) -> None:
    account = owing(session)
    link = made(session, account)
    paid = square.pay_link(link.order_id or "", 5_400)
    with listening(app, session):
        for number in range(3):
            bring(client, body_of("payment.updated", paid.id, f"ev-{number}"))
            square_events.apply()
    autopay.reconcile(3, actor=SYSTEM)
    session.expire_all()
    (posted,) = payments(session)
    assert (posted.amount_cents, posted.method, posted.square_payment_id) == (5_400, PaymentMethod.CARD, paid.id)
    assert (link.state, link.payment_id) == (S.PAID, posted.id)
    assert account.balance_cents == 140_400 - 5_400
    assert session.scalar(select(func.count()).select_from(SquareBreak)) == 0
    assert broken(session) == []


def test_a_lost_notification_is_found_by_reconciliation(session: Session, square: Processor) -> None:
    link = made(session, owing(session))
    square.pay_link(link.order_id or "", 5_400)
    autopay.reconcile(3, actor=SYSTEM)
    session.expire_all()
    assert (link.state, len(payments(session))) == (S.PAID, 1)
    assert session.scalar(select(func.count()).select_from(SquareBreak)) == 0


def test_a_second_payment_of_the_same_order_is_a_break_and_not_booked(session: Session, square: Processor) -> None:
    link = made(session, owing(session))
    for _ in range(2):
        square.pay_link(link.order_id or "", 5_400)
    autopay.reconcile(3, actor=SYSTEM)
    assert len(payments(session)) == 1
    assert [row.kind.value for row in session.scalars(select(SquareBreak))] == ["orphan"]


@pytest.mark.parametrize("step", ["lost before", "lost after"])
def test_an_address_that_was_lost_is_asked_for_again_with_the_same_key(
    session: Session, square: Processor, time: Clock, step: str
) -> None:
    square.script = [step]
    link = made(session, owing(session))
    assert (link.state, link.url) == (S.PLANNED, None)
    time.forward(minutes=3)
    assert at_square.needed()
    for link_id in payment_links.due(session, now=time.now):
        at_square.ask(square, link_id)
    session.expire_all()
    assert (link.state, len(square.links)) == (S.OPEN, 1)


def test_after_some_tries_a_link_is_given_up(session: Session, square: Processor, time: Clock) -> None:
    square.script = ["lost before"] * MOST_TRIES
    link = made(session, owing(session))
    for _ in range(MOST_TRIES - 1):
        time.forward(minutes=40)
        for link_id in payment_links.due(session, now=time.now):
            at_square.ask(square, link_id)
    session.expire_all()
    assert (link.state, link.look_at) == (S.FAILED, None)


def test_a_closed_link_that_was_paid_in_the_last_moment_is_booked(session: Session, square: Processor) -> None:
    link = made(session, owing(session))
    at_square.close(link.id, actor=SYSTEM)
    session.expire_all()
    assert (link.state, square.closed_links) == (S.CLOSED, [link.square_link_id])
    with pytest.raises(RuleViolation, match="only an open one"):
        at_square.close(link.id, actor=SYSTEM)
    square.pay_link(link.order_id or "", 5_400)
    autopay.reconcile(3, actor=SYSTEM)
    session.expire_all()
    assert (link.state, len(payments(session))) == (S.PAID, 1)


def test_a_link_stays_open_when_square_does_not_answer(session: Session, square: Processor) -> None:
    link = made(session, owing(session))
    square.is_deaf = True
    with pytest.raises(RuleViolation, match="stays open"):
        at_square.close(link.id, actor=SYSTEM)
    session.expire_all()
    assert link.state is S.OPEN


@pytest.mark.parametrize("cents", [0, 140_401])
def test_more_than_is_owed_is_refused(session: Session, square: Processor, cents: int) -> None:
    with pytest.raises(RuleViolation, match="The balance is"):
        made(session, owing(session), cents)
    assert square.links == {}


def test_the_account_makes_shows_and_closes_a_link(client: FlaskClient, session: Session, square: Processor) -> None:
    account = owing(session)
    office = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    where = f"/admin/accounts/{account.id}"
    assert "Payment link</" in office.get(where).text
    assert "Payment links of" not in office.get(where).text
    assert office.post(f"{where}/payment-link", {"amount": "9999.00"}).status_code == 422
    office.post(f"{where}/payment-link", {"amount": "20.00"})
    assert "https://pay.test/1" in office.get(where).text
    link = session.scalars(select(PaymentLink)).one()
    compose = office.post(f"{where}/message/text/preview", {"body": "Pay here: {pay_link}"})
    assert "https://pay.test/1" in compose.text
    other = owing(session)
    assert office.post(f"/admin/accounts/{other.id}/payment-links/{link.id}/close", {}).status_code == 404
    office.post(f"{where}/payment-links/{link.id}/close", {})
    session.expire_all()
    assert link.state is S.CLOSED
