"""The program's ledger beside a second reckoning that was written from the rules alone (`second_opinion`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.allocation import Charge, Policy
from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.ledger import AutoFee, Ledger, Received, due_lines
from app.domain.payments.replay import replay
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.delinquency import age
from app.domain.servicing.fees import Combiner, FeeRule, assessed_on
from app.domain.servicing.frequency import Frequency
from app.models import Fee, Payment, Portfolio, Staff
from app.services.collections import end_of_day
from app.services.payments import posting
from tests import factories
from tests.payments.second_opinion import DAY, Opinion, opinion

ACCOUNTS = 5_000
LIVED = 20
ON = dt.date(2026, 11, 20)


def _percent(cents: int, percent: int) -> int:
    return int((Decimal(cents) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


# The fees of the states as domain.md part 5 has them, in our own arithmetic.
FEES: Mapping[str, Callable[[int], int]] = {
    "CA": lambda unpaid: max(200, min(_percent(unpaid, 5), 500)),
    "NY": lambda unpaid: max(_percent(unpaid, 10), 300),
    "CT": lambda unpaid: max(100, min(_percent(unpaid, 5), 500)),
    "WV": lambda unpaid: min(_percent(unpaid, 5), 1_500),
}
GRACE_WEEKLY = 3
RULES = {
    "CA": FeeRule("CA", percent=Decimal(5), flat_cents=500, combiner=Combiner.LESSER, floor_cents=200),
    "NY": FeeRule("NY", percent=Decimal(10), flat_cents=300, combiner=Combiner.GREATER),
    "CT": FeeRule("CT", percent=Decimal(5), flat_cents=500, combiner=Combiner.LESSER, floor_cents=100),
    "WV": FeeRule("WV", percent=Decimal(5), flat_cents=1_500, combiner=Combiner.LESSER),
}


def by_the_program(
    due: Mapping[int, tuple[dt.date, int]],
    payments: list[tuple[dt.date, int]],
    waived: Mapping[int, int],
    state: str,
) -> Opinion:
    """The same question to the program's own replay and aging."""
    charges = tuple(Charge(ChargeKind.INSTALLMENT, number, date, cents) for number, (date, cents) in due.items())
    fees = tuple(
        AutoFee(1_000 + number, number, date, assessed_on(date, GRACE_WEEKLY), RULES[state], waived.get(number, 0))
        for number, (date, _) in due.items()
        if assessed_on(date, GRACE_WEEKLY) < ON
    )
    received = tuple(Received(place, on, cents) for place, (on, cents) in enumerate(payments, start=1))
    policy = Policy.NEWEST_FIRST if state == "CT" else Policy.FEES_FIRST
    ledger = replay(Ledger(charges, received, late_fees=fees), today=ON, policy=policy)
    aged = age(due_lines(ledger.owed_charges), ON)
    return Opinion(
        balance=ledger.balance_cents,
        past_due=aged.past_due_cents,
        days_past_due=aged.days_past_due,
        next_due=aged.next_due_on,
        fees_assessed=sum(fee.cents for fee in ledger.late_fees),
        fees_open=sum(charge.unpaid_cents for charge in ledger.open_charges if charge.kind is ChargeKind.FEE),
        credit=ledger.unapplied_cents,
        payoff=max(0, ledger.balance_cents - ledger.unapplied_cents),
    )


def _history(chance: Random) -> tuple[dict[int, tuple[dt.date, int]], list[tuple[dt.date, int]]]:
    """A weekly schedule that began some weeks ago, and what came in since, in no particular order."""
    first_on = ON - chance.randint(0, 15) * 7 * DAY - chance.randint(0, 6) * DAY
    payment = chance.choice([2_999, 5_400, 15_000, 40_000])
    due = {n: (first_on + 7 * (n - 1) * DAY, payment) for n in range(1, chance.randint(2, 14))}
    payments = [
        (
            first_on + chance.randint(-7, max(0, (ON - first_on).days)) * DAY,
            chance.choice([payment, payment, payment, payment // 2, chance.randint(1, 3 * payment)]),
        )
        for _ in range(chance.randint(0, 12))
    ]
    return due, [(on, cents) for on, cents in payments if on <= ON]


@pytest.mark.parametrize("state", FEES)
def test_both_reckonings_agree_on_thousands_of_accounts(state: str) -> None:
    chance = Random(f"second opinion {state}")
    kinds: set[str] = set()
    for _ in range(ACCOUNTS // len(FEES)):
        due, payments = _history(chance)
        waived = {n: chance.randint(1, 500) for n in due if chance.random() < 0.1}
        expected = opinion(
            due, payments, waived=waived, grace=GRACE_WEEKLY, fee_of=FEES[state], on=ON, newest_first=state == "CT"
        )
        assert by_the_program(due, payments, waived, state) == expected, (due, payments, waived)
        kinds |= {
            "late" if expected.days_past_due else "current",
            "credit" if expected.credit else "no credit",
            "fee" if expected.fees_open else "no fee",
        }
    assert kinds == {"late", "current", "credit", "no credit", "fee", "no fee"}


class _Life:
    """One account with what is going to be entered on it: late, out of order, and once by mistake."""

    def __init__(self, session: Session, book: Portfolio, number: int) -> None:
        chance = Random(f"lived {number}")
        self.state = list(FEES)[number % len(FEES)]
        self.due, payments = _history(chance)
        total = sum(cents for _, cents in self.due.values())
        self.payments = [(on, cents) for on, cents in payments if cents < total // 3]
        first_due_on = min(date for date, _ in self.due.values())
        begun = first_due_on - 14 * DAY
        self.account = factories.account(
            session,
            book,
            customer=factories.customer(session, book, state=self.state),
            lines=list(self.due.values()),
            frequency=Frequency.WEEKLY,
            payment_cents=self.due[1][1],
            start_on=begun,
            opened_at=dt.datetime.combine(begun, dt.time(12), dt.UTC),
        )
        self.entered = sorted((min(ON, on + chance.choice([0, 0, 1, 5, 12]) * DAY), on, cents) for on, cents in self.payments)
        self.wrong_on = first_due_on + chance.randint(0, max(0, (ON - first_due_on).days)) * DAY
        self.wrong: Payment | None = None

    def live(self, session: Session, day: dt.date, clerk: Staff) -> None:
        """What people do with the account on a day."""
        now = dt.datetime.combine(day, dt.time(15), dt.UTC)
        actor = factories.actor(clerk)
        cash = PaymentMethod.CASH
        for _, on, cents in (one for one in self.entered if one[0] == day):
            posting.post(
                session, self.account.id, method=cash, amount_cents=cents, effective_on=on, today=day, now=now, actor=actor
            )
        if day == self.wrong_on and self.account.balance_cents > 0:
            cents = self.account.payment_cents
            self.wrong = posting.post(session, self.account.id, method=cash, amount_cents=cents, today=day, now=now, actor=actor)
        if self.wrong is not None and day == min(ON, self.wrong_on + 9 * DAY):
            posting.reverse(session, self.wrong.id, reason="Somebody else's", may_be_older=True, today=day, now=now, actor=actor)

    def found(self, session: Session) -> Opinion:
        """How the account stands in its row and its fees."""
        account = self.account
        session.refresh(account)
        fees = session.scalars(select(Fee).where(Fee.account_id == account.id)).all()
        return Opinion(
            balance=account.balance_cents,
            past_due=account.past_due_cents,
            days_past_due=account.days_past_due,
            next_due=account.next_due_on,
            fees_assessed=sum(fee.amount_cents - fee.taken_back_cents for fee in fees),
            fees_open=account.fees_cents,
            credit=account.credit_cents,
            payoff=max(0, account.balance_cents - account.credit_cents),
        )


@pytest.mark.timeout(600)
def test_accounts_that_lived_through_their_days_stand_as_the_second_reckoning_says(session: Session) -> None:
    book, clerk = factories.portfolio(session), factories.staff(session)
    lives = [_Life(session, book, number) for number in range(LIVED)]
    day = min(life.account.start_on for life in lives)
    while day <= ON:
        for life in lives:
            life.live(session, day, clerk)
        now = dt.datetime.combine(day, dt.time(23), dt.UTC)
        if day < ON:
            run = end_of_day.open_run(session, on=day, now=now)
            while end_of_day.do_next(session, run.id, now=now) is not None:
                pass
            end_of_day.close_run(session, run.id, now=now)
        day += DAY
    end_of_day.open_day(session, on=ON, now=dt.datetime.combine(ON, dt.time(23), dt.UTC))
    for number, life in enumerate(lives):
        expected = opinion(
            life.due,
            life.payments,
            waived={},
            grace=GRACE_WEEKLY,
            fee_of=FEES[life.state],
            on=ON,
            newest_first=life.state == "CT",
        )
        assert life.found(session) == expected, f"account {number}"
