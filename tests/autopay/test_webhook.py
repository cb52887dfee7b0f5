"""What Square tells of payments and disputes: asked again there, written down once, in whatever order it comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeState
from app.domain.payments.kinds import PaymentState
from app.domain.payments.square_events import EventState
from app.domain.servicing.disputes import DisputeReason, DisputeState
from app.gateways.cards import CardDispute
from app.models import Charge, Dispute, Payment, SquareEvent
from app.services.payments import card_disputes
from app.services.staff.audit import SYSTEM
from tasks import autopay, square_events
from tests.autopay.conftest import Clock, enrolled
from tests.autopay.processor import Processor
from tests.square_notes import body_of, bring, listening


@pytest.fixture
def is_listening(app: Flask, client: FlaskClient, session: Session) -> Iterator[None]:
    with listening(app, session):
        yield


def charged(session: Session) -> Charge:
    """A card was charged by hand, with whatever the processor's script does."""
    account, card = enrolled(session)
    charge_id = autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    session.expire_all()
    return session.get_one(Charge, charge_id)


def test_a_lost_answer_is_resolved_by_the_webhook_and_booked_once(
    client: FlaskClient, session: Session, square: Processor, is_listening: None
) -> None:
    square.script = ["lost after"]
    charge = charged(session)
    assert charge.state is ChargeState.UNKNOWN
    (made,) = square.taken()
    for number, type in enumerate(["payment.updated", "payment.created", "payment.updated"]):
        bring(client, body_of(type, made.id, f"ev-{number}"))
    assert square_events.apply() == {"looked_up": 1, "unanswered": 0}
    bring(client, body_of("payment.updated", made.id, "ev-late"))
    square_events.apply()
    session.expire_all()
    assert charge.state is ChargeState.SUCCEEDED
    booked = session.scalars(select(Payment).where(Payment.square_payment_id == made.id)).all()
    assert [(row.amount_cents, row.state) for row in booked] == [(5_400, PaymentState.COMPLETE)]
    assert {row.state for row in session.scalars(select(SquareEvent))} == {EventState.DONE}


def test_a_payment_that_is_not_ours_or_not_known_changes_nothing(
    client: FlaskClient, session: Session, square: Processor, is_listening: None
) -> None:
    bring(client, body_of("payment.updated", "nobody-knows-it"))
    square_events.apply()
    row = session.scalars(select(SquareEvent)).one()
    assert row.state is EventState.IGNORED
    assert session.query(Payment).count() == 0


def test_a_dispute_at_the_bank_becomes_one_of_ours_once_with_its_deadline(
    session: Session, square: Processor, time: Clock
) -> None:
    charge = charged(session)
    told = CardDispute(
        "DP-1", charge.square_payment_id or "", "EVIDENCE_REQUIRED", 5_400, "NO_KNOWLEDGE", time.now + dt.timedelta(14)
    )
    for _ in range(2):
        card_disputes.take_in(session, [told], today=time.today, now=time.now)
    (dispute,) = session.scalars(select(Dispute)).all()
    assert (dispute.account_id, dispute.amount_cents, dispute.reason, dispute.state) == (
        charge.account_id,
        5_400,
        DisputeReason.CHARGE,
        DisputeState.OPEN,
    )
    assert dispute.payment_id == charge.payment_id
    assert dispute.deadline_on == time.today + dt.timedelta(14)
    assert "DP-1" in (dispute.statement or "")
    lost = CardDispute("DP-1", told.payment_id, "LOST", 5_400, "NO_KNOWLEDGE", None)
    card_disputes.take_in(session, [lost], today=time.today, now=time.now)
    assert dispute.bank_state == "LOST"
    other = CardDispute("DP-2", told.payment_id, "WON", 5_400, "NO_KNOWLEDGE", None)
    stranger = CardDispute("DP-3", "not-ours", "EVIDENCE_REQUIRED", 5_400, "NO_KNOWLEDGE", None)
    assert card_disputes.take_in(session, [other, stranger], today=time.today, now=time.now) == 0
    assert session.query(Dispute).count() == 1
