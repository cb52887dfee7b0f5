"""What if: the real engine, before anything is saved."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.kinds import PaymentMethod
from app.domain.servicing.charges import FeeKind
from app.models import Account, Fee
from app.queries.payments.fee_policies import kept, policy_of, rule_of
from app.services.payments import posting
from app.services.payments.what_if import what_if
from app.services.servicing import standing
from tests import factories
from tests.factories import NOW, TODAY

DUE = [dt.date(2026, 11, 6), TODAY, dt.date(2026, 12, 4)]


@pytest.fixture
def account(session: Session) -> Account:
    """Three biweekly installments of 54.00; the first is 14 days late and has a late fee of 2.70 since November 14."""
    row = factories.account(session, lines=[(on, 5_400) for on in DUE])
    policy = policy_of(session, row)
    assert policy is not None
    fee = Fee(
        account_id=row.id,
        installment_number=1,
        kind=FeeKind.LATE,
        assessed_on=dt.date(2026, 11, 14),
        amount_cents=270,
        reason="5 %",
        policy_id=policy.id,
        rule=kept(rule_of(policy)),
        created_at=NOW,
    )
    session.add(fee)
    session.flush()
    standing.restate(session, [row.id], today=TODAY)
    return row


def told(session: Session, account: Account, cents: int, on: dt.date) -> list[tuple[str, int, int]]:
    outcome = what_if(session, account.id, amount_cents=cents, on=on, today=TODAY)
    return [(each.what, each.cents, each.left_cents) for each in outcome.covers]


def test_money_of_today_covers_fees_first_and_cures(session: Session, account: Account) -> None:
    outcome = what_if(session, account.id, amount_cents=6_000, on=TODAY, today=TODAY)
    assert told(session, account, 6_000, TODAY) == [
        ("Late fee", 270, 0),
        ("Installment 1", 5_400, 0),
        ("Installment 2", 330, 5_070),
    ]
    assert (outcome.before.days_past_due, outcome.after.days_past_due, outcome.cures) == (14, 0, True)
    assert (outcome.after.next_due_on, outcome.after.next_due_cents) == (TODAY, 5_070)
    assert (outcome.payoff_before_cents, outcome.payoff_after_cents) == (16_470, 10_470)
    assert outcome.fees == ()


def test_money_from_inside_grace_takes_the_late_fee_back(session: Session, account: Account) -> None:
    outcome = what_if(session, account.id, amount_cents=6_000, on=dt.date(2026, 11, 10), today=TODAY)
    assert [(fee.installment_number, fee.before_cents, fee.after_cents) for fee in outcome.fees] == [(1, 270, 0)]
    assert outcome.fees_reversed_cents == 270
    assert outcome.payoff_after_cents == 3 * 5_400 - 6_000


def test_money_of_a_day_to_come_is_seen_on_its_day(session: Session, account: Account) -> None:
    outcome = what_if(session, account.id, amount_cents=5_670, on=dt.date(2026, 11, 25), today=TODAY)
    # By then the second installment is five days late; the money pays the fee and the first one.
    assert (outcome.before.days_past_due, outcome.after.days_past_due, outcome.cures) == (19, 5, False)


def test_a_day_to_come_reckons_with_the_late_fees_until_then(session: Session, account: Account) -> None:
    # Installment 2 is due today; seven days of grace: its 5 % of 54.00 comes at the end of November 28.
    eve = what_if(session, account.id, amount_cents=6_000, on=dt.date(2026, 11, 28), today=TODAY)
    assert (eve.coming_fees_cents, eve.before.balance_cents) == (0, 16_470)
    later = what_if(session, account.id, amount_cents=6_000, on=dt.date(2026, 11, 29), today=TODAY)
    assert (later.coming_fees_cents, later.before.balance_cents, later.after.balance_cents) == (270, 16_740, 10_740)
    assert [(each.what, each.cents) for each in later.covers][:2] == [("Late fee", 270), ("Late fee", 270)]
    paid = what_if(session, account.id, amount_cents=11_070, on=TODAY, today=TODAY)
    assert (paid.coming_fees_cents, len(session.scalars(select(Fee.id).where(Fee.account_id == account.id)).all())) == (0, 1)


def test_what_is_left_over_is_told(session: Session, account: Account) -> None:
    outcome = what_if(session, account.id, amount_cents=20_000, on=TODAY, today=TODAY)
    assert (outcome.unapplied_cents, outcome.payoff_after_cents) == (20_000 - 16_470, 0)


@pytest.mark.parametrize("on", [dt.date(2026, 11, 10), TODAY])
def test_the_payment_that_is_then_made_does_what_was_told(session: Session, account: Account, on: dt.date) -> None:
    outcome = what_if(session, account.id, amount_cents=7_777, on=on, today=TODAY)
    assert session.scalars(select(Fee.paid_cents).where(Fee.account_id == account.id)).all() == [0], "nothing is saved"
    posting.post(
        session,
        account.id,
        method=PaymentMethod.CASH,
        amount_cents=7_777,
        effective_on=on,
        today=TODAY,
        now=NOW,
        actor=factories.actor(),
    )
    assert (account.days_past_due, account.balance_cents) == (outcome.after.days_past_due, outcome.after.balance_cents)
    assert (account.next_due_on, account.next_due_cents) == (outcome.after.next_due_on, outcome.after.next_due_cents)
    assert account.balance_cents - account.credit_cents == outcome.payoff_after_cents


@pytest.mark.parametrize(
    ("cents", "on", "field"),
    [(0, TODAY, "amount"), (10**9, TODAY, "amount"), (100, dt.date(2020, 1, 1), "on"), (100, dt.date(2028, 1, 1), "on")],
)
def test_what_cannot_be_is_refused(session: Session, account: Account, cents: int, on: dt.date, field: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        what_if(session, account.id, amount_cents=cents, on=on, today=TODAY)
    assert refused.value.field == field
