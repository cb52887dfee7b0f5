"""What a payment would do, shown before it is posted."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.payments.allocation import Charge, Policy
from app.domain.payments.effect import Covered, preview
from app.domain.servicing.charges import ChargeKind

TODAY = date(2026, 11, 20)

BOOK = (
    Charge(ChargeKind.INSTALLMENT, 1, date(2026, 10, 9), 5_400),
    Charge(ChargeKind.FEE, 8, date(2026, 10, 9), 270, date(2026, 10, 13)),
    Charge(ChargeKind.INSTALLMENT, 2, date(2026, 11, 13), 5_400),
    Charge(ChargeKind.INSTALLMENT, 3, date(2026, 11, 20), 5_400),
    Charge(ChargeKind.INSTALLMENT, 4, date(2026, 11, 27), 5_400),
)


@pytest.mark.parametrize(
    ("amount", "days_after", "past_due_after", "next_due", "next_cents", "balance", "unapplied"),
    [
        (270, 42, 10_800, "2026-10-09", 5_400, 21_600, 0),
        (5_669, 42, 5_401, "2026-10-09", 1, 16_201, 0),
        (5_670, 7, 5_400, "2026-11-13", 5_400, 16_200, 0),
        (11_070, 0, 0, "2026-11-20", 5_400, 10_800, 0),
        (16_470, 0, 0, "2026-11-27", 5_400, 5_400, 0),
        (21_870, 0, 0, None, 0, 0, 0),
        (22_000, 0, 0, None, 0, 0, 130),
    ],
)
def test_the_what_if_says_how_late_the_account_would_be_and_what_is_next(
    amount: int,
    days_after: int,
    past_due_after: int,
    next_due: str | None,
    next_cents: int,
    balance: int,
    unapplied: int,
) -> None:
    effect = preview(BOOK, amount, effective_on=TODAY, business_on=TODAY)
    assert (effect.before.days_past_due, effect.before.past_due_cents, effect.before.balance_cents) == (
        42,
        11_070,
        21_870,
    )
    after = effect.after
    assert (after.days_past_due, after.past_due_cents, after.balance_cents) == (days_after, past_due_after, balance)
    assert (after.next_due_on, after.next_due_cents) == (next_due and date.fromisoformat(next_due), next_cents)
    assert (effect.payoff_after_cents, effect.unapplied_cents) == (balance, unapplied)


def test_each_charge_that_is_covered_says_what_is_left_of_it() -> None:
    effect = preview(BOOK, 6_000, effective_on=TODAY, business_on=TODAY)
    assert effect.covers == (
        Covered(ChargeKind.FEE, 8, date(2026, 10, 9), 270, 0),
        Covered(ChargeKind.INSTALLMENT, 1, date(2026, 10, 9), 5_400, 0),
        Covered(ChargeKind.INSTALLMENT, 2, date(2026, 11, 13), 330, 5_070),
    )


def test_an_unpaid_late_fee_ages_with_its_installment() -> None:
    effect = preview(BOOK, 5_400, effective_on=TODAY, business_on=TODAY, policy=Policy.RENT_FIRST)
    assert (effect.after.days_past_due, effect.after.next_due_cents) == (42, 270)


def test_a_back_dated_payment_skips_the_fee_but_counts_days_from_today() -> None:
    effect = preview(BOOK, 5_400, effective_on=date(2026, 10, 12), business_on=TODAY)
    assert [(covered.kind, covered.key) for covered in effect.covers] == [(ChargeKind.INSTALLMENT, 1)]
    assert effect.after.days_past_due == 42


def test_credit_on_the_account_lowers_the_payoff_but_not_the_balance() -> None:
    effect = preview(BOOK, 21_000, effective_on=TODAY, business_on=TODAY, credit_cents=500)
    assert (effect.after.balance_cents, effect.payoff_after_cents) == (870, 370)
    assert preview(BOOK, 21_000, effective_on=TODAY, business_on=TODAY, credit_cents=900).payoff_after_cents == 0


@pytest.mark.parametrize("amount", [0, -100])
def test_a_payment_of_nothing_is_refused_at_its_field(amount: int) -> None:
    with pytest.raises(RuleViolation) as refusal:
        preview(BOOK, amount, effective_on=TODAY, business_on=TODAY)
    assert refusal.value.field == "amount"


@given(st.integers(1, 30_000), st.sampled_from(Policy), st.integers(0, 60))
def test_a_payment_never_makes_an_account_later(amount: int, policy: Policy, days_on: int) -> None:
    day = TODAY + timedelta(days=days_on)
    effect = preview(BOOK, amount, effective_on=day, business_on=day, policy=policy)
    assert effect.after.days_past_due <= effect.before.days_past_due
    covered = sum(each.cents for each in effect.covers)
    assert effect.before.balance_cents - effect.after.balance_cents == covered == amount - effect.unapplied_cents
