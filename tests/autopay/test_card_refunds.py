"""Card payments given back at Square: sent once, booked once, whatever the network does."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.card_refunds import CardRefundState
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.staff.roles import Role
from app.models import AuditEvent, CardRefund, CardRefundEvent, Charge, FollowUp, Payment, SquareBreak
from app.queries.payments.invariants import findings
from app.services.payments import card_refunds
from app.services.staff.audit import SYSTEM
from tasks import autopay, square_events
from tasks import card_refunds as at_square
from tests import factories
from tests.autopay.conftest import Clock, enrolled
from tests.autopay.processor import Processor
from tests.square_notes import body_of, bring, listening
from tests.visitor import signed_in

S = CardRefundState


def paid(session: Session, cents: int = 5_400) -> Payment:
    """A card payment of $54.00 on an account of $1,404.00."""
    account, card = enrolled(session)
    charge_id = autopay.charge_now(account.id, card_id=card.id, amount_cents=cents, actor=SYSTEM)
    session.expire_all()
    payment = session.get_one(Charge, charge_id).payment
    assert payment is not None
    return payment


def refunded(session: Session, payment: Payment, cents: int = 5_400, *, key: str | None = None) -> CardRefund:
    refund_id = at_square.refund_now(
        payment.id, amount_cents=cents, reason="Paid twice", form_key=key, role=Role.ADMIN, actor=SYSTEM
    )
    session.expire_all()
    return session.get_one(CardRefund, refund_id)


def planned(session: Session, payment: Payment, time: Clock) -> CardRefund:
    """A refund of $9.00 that nobody has sent yet."""
    return card_refunds.plan(
        session,
        payment.id,
        amount_cents=900,
        reason="x",
        form_key=None,
        role=Role.ADMIN,
        today=time.today,
        now=time.now,
        actor=SYSTEM,
    )


def booked(session: Session, payment: Payment) -> list[Payment]:
    query = select(Payment).where(Payment.account_id == payment.account_id, Payment.kind == PaymentKind.REFUND)
    return list(session.scalars(query.order_by(Payment.id)))


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def test_a_whole_payment_goes_back_and_the_account_owes_it_again(session: Session, square: Processor) -> None:
    payment = paid(session)
    refund = refunded(session, payment)
    assert (refund.state, refund.sends) == (S.COMPLETED, 1)
    (row,) = booked(session, payment)
    assert (row.amount_cents, row.reverses_id, row.reference) == (5_400, payment.id, refund.square_refund_id)
    assert (payment.state, payment.account.balance_cents) == (PaymentState.REFUNDED, 140_400)
    assert [made.amount_cents for made in square.refunded] == [5_400]
    assert card_refunds.words_for(refund) == "$54.00 refunded to the card."
    assert broken(session) == []


def test_parts_go_back_until_nothing_is_left(session: Session, square: Processor) -> None:
    payment = paid(session)
    refunded(session, payment, 2_000)
    assert (payment.state, payment.account.balance_cents) == (PaymentState.COMPLETE, 140_400 - 3_400)
    with pytest.raises(RuleViolation, match=r"\$34\.00 of this payment can be handed back"):
        refunded(session, payment, 3_401)
    refunded(session, payment, 3_400)
    assert (payment.state, payment.account.balance_cents) == (PaymentState.REFUNDED, 140_400)
    assert [row.amount_cents for row in booked(session, payment)] == [2_000, 3_400]
    with pytest.raises(RuleViolation, match="only once"):
        refunded(session, payment, 1)
    assert len(square.sent_refunds) == 2
    assert broken(session) == []


def test_pressing_twice_refunds_once(session: Session, square: Processor) -> None:
    payment = paid(session)
    assert refunded(session, payment, 1_000, key="once").id == refunded(session, payment, 1_000, key="once").id
    assert (len(square.refunded), len(booked(session, payment))) == (1, 1)


@pytest.mark.parametrize("step", ["lost before", "lost after"])
def test_a_lost_answer_is_found_out_and_ends_with_one_refund(session: Session, square: Processor, time: Clock, step: str) -> None:
    payment = paid(session)
    square.script = [step]
    refund = refunded(session, payment, 1_000)
    assert (refund.state, booked(session, payment)) == (S.UNKNOWN, [])
    assert "Do not refund it again" in card_refunds.words_for(refund)
    with pytest.raises(RuleViolation, match="not decided yet"):
        refunded(session, payment, 1_000)
    for minutes in (1, 5, 15):
        time.forward(minutes=minutes)
        at_square.look_after()
    session.expire_all()
    assert refund.state is S.COMPLETED
    assert [made.amount_cents for made in square.refunded] == [1_000]
    assert [row.amount_cents for row in booked(session, payment)] == [1_000]
    assert {request.body for request in square.sent_refunds} == {refund.request}
    assert broken(session) == []


def test_a_process_that_dies_after_the_claim_leaves_what_is_sent_again_with_the_same_key(
    session: Session, square: Processor, time: Clock
) -> None:
    payment = paid(session)
    refund = planned(session, payment, time)
    first = card_refunds.claim(session, refund.id, now=time.now)
    assert first is not None
    assert card_refunds.claim(session, refund.id, now=time.now) is None, "somebody else got there first"
    time.forward(minutes=2)
    at_square.look_after()
    assert refund.state is S.UNKNOWN
    time.forward(minutes=5)
    at_square.look_after()
    session.expire_all()
    assert refund.sends == 2
    # The first process wakes up at last, and the second answer is told by the list.
    card_refunds.settle(session, refund.id, square.arrive_refund(first), today=time.today, now=time.now, send=1)
    assert (refund.state, len(square.refunded), len(booked(session, payment))) == (S.COMPLETED, 1, 1)


def test_what_was_planned_and_never_sent_is_over(session: Session, square: Processor, time: Clock) -> None:
    payment = paid(session)
    refund = planned(session, payment, time)
    time.forward(minutes=2)
    at_square.look_after()
    assert (refund.state, square.sent_refunds) == (S.REFUSED, [])
    assert refunded(session, payment, 900).state is S.COMPLETED


@pytest.mark.parametrize("step", ["refused", "unauthorized"])
def test_squares_no_gives_nothing_back_and_lets_another_be_tried(session: Session, square: Processor, step: str) -> None:
    payment = paid(session)
    square.script = [step]
    refund = refunded(session, payment)
    assert (refund.state, booked(session, payment)) == (S.REFUSED, [])
    assert card_refunds.words_for(refund).startswith("Nothing was refunded. Square refused:")
    assert refunded(session, payment).state is S.COMPLETED


def test_a_no_after_an_unknown_sending_decides_nothing(session: Session, square: Processor, time: Clock) -> None:
    payment = paid(session)
    square.script = ["lost after", "refused"]
    refund = refunded(session, payment)
    square.refunded = []  # The list lags.
    time.forward(minutes=5)
    at_square.look_after()
    session.expire_all()
    assert (refund.state, len(square.sent_refunds)) == (S.UNKNOWN, 2)
    square.refunded = list(square.refund_by_key.values())
    time.forward(minutes=15)
    at_square.look_after()
    session.expire_all()
    assert (refund.state, len(booked(session, payment))) == (S.COMPLETED, 1)


def test_square_takes_its_time_and_the_webhook_books_it_once(
    app: Flask, client: FlaskClient, session: Session, square: Processor, time: Clock
) -> None:
    payment = paid(session)
    square.refund_outcome = "PENDING"
    refund = refunded(session, payment)
    assert (refund.state, booked(session, payment), payment.state) == (S.PENDING, [], PaymentState.COMPLETE)
    made = square.decide_refund(refund.square_refund_id or "", "COMPLETED")
    with listening(app, session):
        for number in range(3):
            bring(client, body_of("refund.updated", made.id, f"ev-{number}"))
            square_events.apply()
    session.expire_all()
    assert (refund.state, len(booked(session, payment))) == (S.COMPLETED, 1)
    assert session.scalars(select(CardRefundEvent.source).order_by(CardRefundEvent.id.desc())).first() == "webhook"


@pytest.mark.parametrize("word", ["REJECTED", "FAILED"])
def test_a_pending_refund_that_fails_leaves_the_ledger_as_it_was(
    session: Session, square: Processor, time: Clock, word: str
) -> None:
    payment = paid(session)
    square.refund_outcome = "PENDING"
    refund = refunded(session, payment)
    square.decide_refund(refund.square_refund_id or "", word)
    time.forward(minutes=2)
    at_square.look_after()
    session.expire_all()
    assert (refund.state, booked(session, payment), payment.state) == (S.REFUSED, [], PaymentState.COMPLETE)


def test_another_amount_is_for_a_supervisor_who_puts_it_right(
    client: FlaskClient, session: Session, square: Processor, time: Clock
) -> None:
    payment = paid(session)
    square.take_cents = 1_001
    refund = refunded(session, payment, 1_000)
    assert (refund.state, booked(session, payment)) == (S.NEEDS_REVIEW, [])
    assert "$10.01 instead of $10.00" in (refund.error or "")
    assert session.scalars(select(FollowUp.note)).one().startswith("Card refund to review:")  # type: ignore[union-attr]
    office = signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)
    where = f"/admin/autopay/refunds/{refund.id}"
    assert "Needs review" in office.get(where).text
    assert office.post(f"{where}/put-right", {"reason": ""}).status_code == 422
    office.post(f"{where}/put-right", {"reason": "Square gave the cent back by hand"})
    session.expire_all()
    assert refund.state is S.REFUSED
    assert "Put right by hand" in office.get(where).text
    assert broken(session) == []


def test_a_day_of_silence_ends_at_a_person_who_asks_square_once_more(
    client: FlaskClient, session: Session, square: Processor, time: Clock
) -> None:
    payment = paid(session)
    square.script = ["lost before"]
    refund = refunded(session, payment)
    square.is_deaf = True
    for hours in (0.1, 0.5, 3, 3, 10, 8):
        time.forward(hours=hours)
        at_square.look_after()
    session.expire_all()
    assert (refund.state, len(square.sent_refunds)) == (S.NEEDS_REVIEW, 1)
    office = signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)
    where = f"/admin/autopay/refunds/{refund.id}"
    refused = office.post(f"{where}/not-given", {"reason": "Square's dashboard shows none"})
    assert refused.status_code == 422
    assert "Square does not answer" in refused.text
    square.is_deaf = False
    office.post(f"{where}/not-given", {"reason": "Square's dashboard shows none"})
    session.expire_all()
    assert refund.state is S.REFUSED
    assert not session.scalars(select(FollowUp).where(FollowUp.status == "open")).all()


def test_money_that_left_after_the_ledgers_payment_was_gone_waits_for_a_person(
    session: Session, square: Processor, time: Clock
) -> None:
    payment = paid(session)
    square.refund_outcome = "PENDING"
    refund = refunded(session, payment)
    payment.state = PaymentState.REVERSED
    session.flush()
    square.decide_refund(refund.square_refund_id or "", "COMPLETED")
    time.forward(minutes=2)
    at_square.look_after()
    session.expire_all()
    assert (refund.state, booked(session, payment)) == (S.NEEDS_REVIEW, [])
    assert "the ledger cannot take it" in (refund.error or "")


def test_a_refund_under_way_and_one_in_parts_are_no_breaks(session: Session, square: Processor, time: Clock) -> None:
    payment = paid(session)
    refunded(session, payment, 1_000)
    square.refund_outcome = "PENDING"
    refunded(session, payment, 500)
    autopay.reconcile(3, actor=SYSTEM)
    assert session.scalars(select(SquareBreak)).all() == []
    square.decide_refund(square.refunded[-1].id, "COMPLETED")
    autopay.reconcile(3, actor=SYSTEM)
    assert [row.amount_cents for row in booked(session, payment)] == [1_000, 500], "reconciliation books it"
    square.decide_refund(square.refunded[-1].id, "FAILED")
    autopay.reconcile(3, actor=SYSTEM)
    assert "at Square the refund is failed" in session.scalars(select(SquareBreak.said)).one()


@pytest.mark.parametrize("column", ["request", "key", "amount_cents"])
def test_what_a_refund_was_planned_with_never_changes(session: Session, square: Processor, column: str) -> None:
    refund = refunded(session, paid(session), 100)
    with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
        session.execute(text(f"update card_refund set {column} = {column} where id = :id"), {"id": refund.id})


def test_the_account_refunds_a_card_payment_within_the_limit_of_the_role(
    client: FlaskClient, session: Session, square: Processor
) -> None:
    payment = paid(session, 60_000)
    where = f"/admin/accounts/{payment.account_id}"
    collector = signed_in(client, session, factories.staff(session, Role.COLLECTOR), stepped_up=True)
    assert collector.get(f"{where}/payments/{payment.id}/refund").status_code in (403, 404)
    office = signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)
    page = office.get(f"{where}/payments/{payment.id}/refund").text
    found = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert found is not None
    sent = {"key": found.group(1), "amount": "600.00", "reason": "Paid twice"}
    above = office.post(f"{where}/payments/{payment.id}/refund", sent)
    assert above.status_code == 422
    assert "up to $500.00" in above.text
    assert square.sent_refunds == []
    for _ in range(2):
        office.post(f"{where}/payments/{payment.id}/refund", {**sent, "amount": "500.00"})
    session.expire_all()
    assert [row.amount_cents for row in booked(session, payment)] == [50_000]
    assert "$500.00 refunded to the card." in office.get(where).text
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.action.contains("refund")))
    assert sorted(actions) == ["card refund planned", "part of payment refunded"]
    listed = office.get("/admin/autopay/refunds/").text
    assert "Paid twice" in listed


def test_an_uncertain_refund_is_said_on_the_account(client: FlaskClient, session: Session, square: Processor) -> None:
    payment = paid(session)
    square.script = ["lost after"]
    refunded(session, payment, 700)
    office = signed_in(client, session, factories.staff(session, Role.SUPERVISOR))
    assert "$7.00 may have been refunded" in office.get(f"/admin/accounts/{payment.account_id}").text
