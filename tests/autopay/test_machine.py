"""The life of a charge: claimed once, called outside of transactions, settled once, whatever the network does."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeState
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentState
from app.gateways.cards import Declined, Unknown
from app.models import Account, Charge, ChargeEvent, FollowUp, Payment
from app.queries.payments.invariants import findings
from app.services.autopay import claiming, planning, settling
from app.services.autopay.timeline import Source
from app.services.staff.audit import SYSTEM
from tasks import autopay
from tests.autopay.conftest import Clock, enrolled
from tests.autopay.processor import LOCATION, Processor

S = ChargeState


def charged(session: Session, account: Account, card_id: int, cents: int = 5_400) -> Charge:
    charge_id = autopay.charge_now(account.id, card_id=card_id, amount_cents=cents, actor=SYSTEM)
    session.expire_all()
    return session.get_one(Charge, charge_id)


def payments(session: Session, account: Account, state: PaymentState = PaymentState.COMPLETE) -> list[Payment]:
    query = select(Payment).where(Payment.account_id == account.id, Payment.state == state)
    return list(session.scalars(query.order_by(Payment.id)))


def broken(session: Session) -> list[str]:
    return [finding.invariant.name for finding in findings(session) if finding.broken]


def planned(session: Session, account: Account, card_id: int, time: Clock, cents: int = 5_400) -> Charge:
    return planning.plan(
        session,
        account.id,
        card_id=card_id,
        amount_cents=cents,
        location_id=LOCATION,
        today=time.today,
        now=time.now,
        actor=SYSTEM,
    )


def test_a_card_is_charged_and_the_money_is_booked_at_once(session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    charge = charged(session, account, card.id)
    assert charge.state is S.SUCCEEDED
    (payment,) = payments(session, account)
    assert (payment.amount_cents, payment.square_payment_id, payment.card_id) == (5_400, "P1", card.id)
    assert charge.payment_id == payment.id
    assert account.balance_cents == 140_400 - 5_400
    assert card.card_type == "DEBIT"
    assert settling.words_for(charge) == f"$54.00 charged to {card}."
    said = session.scalars(select(ChargeEvent.to_state).order_by(ChargeEvent.id)).all()
    assert said == [S.PLANNED, S.SENDING, S.SUCCEEDED]
    assert broken(session) == []


def test_a_decline_is_written_down_and_touches_no_balance(session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    square.cards[card.square_card_id] = "INSUFFICIENT_FUNDS"
    charge = charged(session, account, card.id)
    assert (charge.state, charge.decline_code, charge.retry_why) == (S.DECLINED, "INSUFFICIENT_FUNDS", "funds")
    (declined,) = payments(session, account, PaymentState.DECLINE)
    assert (declined.decline_code, declined.tot_status) == ("INSUFFICIENT_FUNDS", "Active")
    assert account.balance_cents == 140_400
    assert "insufficient funds" in settling.words_for(charge)
    assert broken(session) == []


@pytest.mark.parametrize("step", ["lost before", "lost after"])
def test_a_lost_answer_is_never_a_decline_and_ends_with_one_payment(
    session: Session, square: Processor, time: Clock, step: str
) -> None:
    account, card = enrolled(session)
    square.script = [step]
    charge = charged(session, account, card.id)
    assert charge.state is S.UNKNOWN
    assert "Do not charge it again" in settling.words_for(charge)
    with pytest.raises(RuleViolation, match="not decided yet"):
        planned(session, account, card.id, time)
    for minutes in (1, 5):
        time.forward(minutes=minutes)
        autopay.look_after()
    session.expire_all()
    assert charge.state is S.SUCCEEDED
    assert len(square.taken()) == 1
    assert len(payments(session, account)) == 1
    assert {request.body for request in square.sent} == {charge.request}
    assert broken(session) == []


def test_a_worker_that_dies_after_the_claim_leaves_an_unknown_charge_that_is_sent_again(
    session: Session, square: Processor, time: Clock
) -> None:
    account, card = enrolled(session)
    charge = planned(session, account, card.id, time)
    request = claiming.claim(session, charge.id, today=time.today, now=time.now)
    assert request is not None
    assert claiming.claim(session, charge.id, today=time.today, now=time.now) is None, "another worker got there first"
    time.forward(seconds=61)
    assert autopay.look_after()["expired"] == 1
    assert charge.state is S.UNKNOWN
    time.forward(minutes=5)
    autopay.look_after()
    assert charge.state is S.SUCCEEDED
    assert (charge.sends, len(square.sent), len(square.taken())) == (2, 1, 1)
    # The first worker wakes up at last: nothing is booked twice.
    settling.settle(session, charge.id, square.arrive(request), today=time.today, now=time.now, send=request.send)
    assert len(payments(session, account)) == 1


def test_what_an_earlier_sending_learns_late_counts_only_when_it_is_a_success(
    session: Session, square: Processor, time: Clock
) -> None:
    account, card = enrolled(session)
    charge = planned(session, account, card.id, time)
    first = claiming.claim(session, charge.id, today=time.today, now=time.now)
    assert first is not None
    time.forward(seconds=61)
    settling.settle(session, charge.id, Unknown("x"), today=time.today, now=time.now)
    time.forward(minutes=3)
    second = claiming.claim_again(session, charge.id, now=time.now)
    assert second is not None
    declined = Declined("GENERIC_DECLINE", "no")
    settling.settle(session, charge.id, declined, today=time.today, now=time.now, send=first.send)
    assert charge.state is S.SENDING
    settling.settle(session, charge.id, square.arrive(first), today=time.today, now=time.now, send=first.send)
    assert charge.state is S.SUCCEEDED


def test_a_late_success_wins_over_a_decline(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    square.cards[card.square_card_id] = "GENERIC_DECLINE"
    charge = charged(session, account, card.id)
    assert charge.state is S.DECLINED
    taken = square.decide(charge.key, "COMPLETED")
    for _ in range(3):
        settling.resolve(session, charge.id, taken, today=time.today, now=time.now, source=Source.WEBHOOK)
    assert charge.state is S.SUCCEEDED
    assert len(payments(session, account)) == 1
    assert broken(session) == []


def test_an_answer_with_another_amount_is_for_a_supervisor(session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    square.script = ["wrong amount"]
    charge = charged(session, account, card.id)
    assert charge.state is S.NEEDS_REVIEW
    assert charge.error is not None
    assert "$54.01 instead of $54.00" in charge.error
    assert payments(session, account) == []
    note = session.scalars(select(FollowUp.note).where(FollowUp.account_id == account.id)).one()
    assert note is not None
    assert note.startswith("Card charge to review:")


def test_a_wrong_token_is_no_decline_of_the_customer(session: Session, square: Processor) -> None:
    account, card = enrolled(session)
    square.script = ["unauthorized"]
    charge = charged(session, account, card.id)
    assert (charge.state, charge.retry_why) == (S.REJECTED, "configuration")
    assert payments(session, account, PaymentState.DECLINE) == []
    assert charged(session, account, card.id).state is S.SUCCEEDED, "a certain no lets a new charge be made"


def test_a_refusal_after_an_unknown_sending_decides_nothing(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    square.script = ["lost after", "unauthorized"]
    charge = charged(session, account, card.id)
    square.is_deaf = True
    time.forward(minutes=5)
    autopay.look_after()
    assert charge.state is S.UNKNOWN
    square.is_deaf = False
    time.forward(minutes=15)
    autopay.look_after()
    assert charge.state is S.SUCCEEDED
    assert len(square.taken()) == 1


def test_after_a_day_of_silence_a_person_decides(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    square.script = ["lost after"]
    charge = charged(session, account, card.id)
    square.is_deaf = True
    for hours in (0.1, 0.5, 3, 3, 10, 8):
        time.forward(hours=hours)
        autopay.look_after()
    assert charge.state is S.NEEDS_REVIEW
    assert len(square.sent) == 1, "nothing is sent while Square does not answer"


def test_nothing_is_sent_again_once_the_key_is_six_hours_old(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    square.script = ["lost before"]
    charge = charged(session, account, card.id)
    time.forward(hours=7)
    autopay.look_after()
    assert (len(square.sent), charge.state) == (1, S.UNKNOWN)


def test_the_decline_of_a_charge_that_was_unknown_is_confirmed_before_another_is_made(
    session: Session, square: Processor, time: Clock
) -> None:
    account, card = enrolled(session)
    square.cards[card.square_card_id] = "INSUFFICIENT_FUNDS"
    square.script = ["lost before"]
    charge = charged(session, account, card.id)
    time.forward(minutes=5)
    autopay.look_after()
    assert (charge.state, charge.cleared_at) == (S.DECLINED, None)
    with pytest.raises(RuleViolation, match="not decided yet"):
        planned(session, account, card.id, time)
    time.forward(minutes=3)
    autopay.look_after()
    assert charge.cleared_at is not None
    assert planned(session, account, card.id, time).state is S.PLANNED


def test_money_that_came_meanwhile_is_not_charged_once_more(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    charge = planned(session, account, card.id, time)
    account.balance_cents = 5_000
    session.flush()
    assert claiming.claim(session, charge.id, today=time.today, now=time.now) is None
    assert (charge.state, charge.skip_reason) == (S.SKIPPED, "paid_meanwhile")
    assert square.sent == []


def test_a_pending_payment_is_followed_until_it_is_decided(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    square.cards[card.square_card_id] = "PENDING"
    charge = charged(session, account, card.id)
    assert charge.state is S.PENDING
    square.decide(charge.key, "COMPLETED")
    time.forward(minutes=2)
    autopay.look_after()
    assert charge.state is S.SUCCEEDED
    assert len(payments(session, account)) == 1


@pytest.mark.parametrize("column", ["request", "key", "amount_cents"])
def test_what_a_charge_was_planned_with_never_changes(session: Session, square: Processor, time: Clock, column: str) -> None:
    account, card = enrolled(session)
    charge = planned(session, account, card.id, time)
    with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
        session.execute(text(f"update charge set {column} = {column} where id = :id"), {"id": charge.id})


def test_a_payment_of_square_belongs_to_one_charge(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    other, others_card = enrolled(session)
    first = charged(session, account, card.id)
    second = planned(session, other, others_card.id, time)
    taken = square.by_key[first.key]
    settling.resolve(session, second.id, taken, today=time.today, now=time.now, source=Source.WEBHOOK)
    assert second.state is S.NEEDS_REVIEW
    assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_a_disabled_card_a_strange_card_and_too_much_money_are_refused(session: Session, square: Processor, time: Clock) -> None:
    account, card = enrolled(session)
    _, strange = enrolled(session)
    with pytest.raises(RuleViolation, match="customer's own cards"):
        planned(session, account, strange.id, time)
    with pytest.raises(RuleViolation, match="never charged more"):
        planned(session, account, card.id, time, 140_401)
    card.is_enabled = False
    with pytest.raises(RuleViolation, match="disabled"):
        planned(session, account, card.id, time)
