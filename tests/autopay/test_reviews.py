"""A charge of which Square took something else than was asked for: a supervisor sees what booking does, and decides."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.autopay.batches import BatchKind
from app.domain.autopay.charges import ChargeState
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentKind
from app.domain.staff.roles import Role
from app.models import AutopayBatch, Charge, FollowUp, Payment
from app.queries.payments.invariants import findings
from app.services.autopay import settling
from app.services.staff.audit import SYSTEM
from tasks import autopay
from tests import factories
from tests.autopay.conftest import Clock, enrolled
from tests.autopay.processor import Processor
from tests.autopay.test_machine import planned
from tests.factories import TODAY
from tests.visitor import Visitor, signed_in


def other(session: Session, square: Processor, cents: int, *, in_batch: bool = False) -> Charge:
    """A charge of $54.00 of which Square took another amount."""
    account, card = enrolled(session)
    if in_batch:
        batch_id, _ = autopay.start_batch(BatchKind.DAILY, on=TODAY, actor=SYSTEM, in_background=False)
        square.take_cents = cents
        autopay.send(batch_id)
    else:
        square.take_cents = cents
        autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    square.take_cents = None
    session.expire_all()
    charge = session.scalars(select(Charge).where(Charge.account_id == account.id)).one()
    assert charge.state is ChargeState.NEEDS_REVIEW
    return charge


def supervisor(client: FlaskClient, session: Session) -> Visitor:
    return signed_in(client, session, factories.staff(session, Role.SUPERVISOR), stepped_up=True)


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def ledger(session: Session, charge: Charge) -> list[tuple[PaymentKind, int]]:
    rows = session.scalars(select(Payment).where(Payment.account_id == charge.account_id).order_by(Payment.id))
    return [(row.kind, row.amount_cents) for row in rows]


@pytest.mark.parametrize("cents", [5_300, 5_500])
def test_what_square_took_is_shown_and_booked(client: FlaskClient, session: Session, square: Processor, cents: int) -> None:
    charge = other(session, square, cents, in_batch=True)
    office, where = supervisor(client, session), f"/admin/autopay/charges/{charge.id}"
    assert "Book what Square took" in office.get(where).text
    page = office.get(f"{where}/as-taken").text
    assert f"${cents / 100:.2f}" in page
    assert office.post(f"{where}/as-taken", {"seen": str(cents), "then": "keep", "reason": ""}).status_code == 422
    office.post(f"{where}/as-taken", {"seen": str(cents), "then": "keep", "reason": "Square's fault; customer agrees"})
    session.expire_all()
    assert (charge.state, charge.taken_cents, charge.amount_cents) == (ChargeState.SUCCEEDED, cents, 5_400)
    assert ledger(session, charge) == [(PaymentKind.PAYMENT, cents)]
    assert charge.account.balance_cents == 140_400 - cents
    assert session.scalars(select(AutopayBatch.charged_cents)).one() == cents
    assert not session.scalars(select(FollowUp).where(FollowUp.status == "open")).all()
    assert broken(session) == []


def test_what_is_too_much_goes_back_to_the_card(client: FlaskClient, session: Session, square: Processor) -> None:
    charge = other(session, square, 6_400)
    office, where = supervisor(client, session), f"/admin/autopay/charges/{charge.id}/as-taken"
    office.post(where, {"seen": "6400", "then": "refund", "reason": "Ten dollars too much"})
    session.expire_all()
    assert ledger(session, charge) == [(PaymentKind.PAYMENT, 6_400), (PaymentKind.REFUND, 1_000)]
    assert charge.account.balance_cents == 140_400 - 5_400
    assert [refund.amount_cents for refund in square.refunded] == [1_000]
    assert broken(session) == []


def test_what_changed_since_it_was_looked_at_is_not_booked(client: FlaskClient, session: Session, square: Processor) -> None:
    charge = other(session, square, 5_500)
    refused = supervisor(client, session).post(
        f"/admin/autopay/charges/{charge.id}/as-taken", {"seen": "5400", "then": "keep", "reason": "x"}
    )
    assert refused.status_code == 422
    assert "has changed meanwhile" in refused.text
    assert ledger(session, charge) == []


def test_square_may_be_silent_and_nothing_is_booked(client: FlaskClient, session: Session, square: Processor) -> None:
    charge = other(session, square, 5_500)
    square.is_deaf = True
    where = f"/admin/autopay/charges/{charge.id}/as-taken"
    assert "Square does not answer" in supervisor(client, session).get(where).text
    with pytest.raises(RuleViolation, match="does not answer"):
        autopay.book_as_taken(charge.id, seen_cents=5_500, reason="x", actor=SYSTEM)


def test_a_payment_that_is_anothers_is_not_booked_and_the_charge_can_be_closed(
    client: FlaskClient, session: Session, square: Processor, time: Clock
) -> None:
    charge = other(session, square, 5_500)
    taken = next(iter(square.by_key.values()))
    account, card = enrolled(session)
    autopay.charge_now(account.id, card_id=card.id, amount_cents=5_400, actor=SYSTEM)
    session.expire_all()
    row = session.scalars(select(Payment).where(Payment.account_id == account.id)).one()
    booked = session.scalars(select(Charge).where(Charge.account_id == account.id)).one()
    booked.square_payment_id = row.square_payment_id = taken.id
    session.flush()
    with pytest.raises(RuleViolation, match="booked already"):
        settling.book_as_taken(session, charge.id, taken, reason="x", today=time.today, now=time.now, actor=SYSTEM)
    office = supervisor(client, session)
    office.post(f"/admin/autopay/charges/{charge.id}/not-charged", {"reason": "It is the other account's payment"})
    session.expire_all()
    assert charge.state is ChargeState.REJECTED


def test_a_charge_whose_process_ended_before_it_was_sent_is_over(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    charge = planned(session, account, card.id, time)
    time.forward(seconds=61)
    autopay.look_after()
    session.expire_all()
    assert (charge.state, charge.skip_reason, square.sent) == (ChargeState.SKIPPED, "never_sent", [])
    assert planned(session, account, card.id, time).state is ChargeState.PLANNED
