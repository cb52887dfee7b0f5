"""The schedule that a new contract would have: whatever was typed, its lines sum to its total."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.servicing import numbering
from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.income import payment_to_income
from app.domain.servicing.opening import Money, Terms, first_due, propose, refuse_impossible_days

TODAY = dt.date(2026, 11, 20)
starts = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


@given(st.sampled_from(Frequency), starts, st.integers(1, 50_000), st.integers(1, 200))
def test_payment_times_number_is_the_total_of_a_lease(frequency: Frequency, start: dt.date, payment: int, count: int) -> None:
    plan = propose(Money(frequency, start, payment_cents=payment, payments=count))
    assert len(plan.lines) == count
    assert plan.total_cents == payment * count == sum(line.amount_cents for line in plan.lines)
    days = [line.due_on for line in plan.lines]
    assert days == sorted(set(days)) and days[0] > start


@given(st.sampled_from(Frequency), starts, st.integers(1, 50_000), st.integers(1, 5_000_000))
def test_a_total_is_paid_to_the_cent_and_the_last_line_is_never_more(
    frequency: Frequency, start: dt.date, payment: int, total: int
) -> None:
    money = Money(frequency, start, payment_cents=payment, total_cents=total)
    if -(-total // payment) > 1_040:
        with pytest.raises(RuleViolation):
            propose(money)
        return
    plan = propose(money)
    assert sum(line.amount_cents for line in plan.lines) == total
    assert {line.amount_cents for line in plan.lines[:-1]} <= {payment}
    assert 0 < plan.lines[-1].amount_cents <= payment


@given(st.integers(100, 500_000), st.decimals(0, 60, places=2), st.integers(1, 60), st.sampled_from(Frequency))
def test_an_installment_contract_pays_its_principal_and_its_interest(
    principal: int, rate: Decimal, count: int, frequency: Frequency
) -> None:
    plan = propose(
        Money(
            frequency,
            TODAY,
            contract_type=ContractType.INSTALLMENT,
            principal_cents=principal,
            interest_rate=rate,
            payments=count,
        )
    )
    assert plan.total_cents == principal + plan.interest_cents == sum(line.amount_cents for line in plan.lines)
    assert len(plan.lines) <= count


@pytest.mark.parametrize(
    ("frequency", "day"),
    [
        (Frequency.WEEKLY, dt.date(2026, 11, 27)),
        (Frequency.BIWEEKLY, dt.date(2026, 12, 4)),
        (Frequency.SEMIMONTHLY, dt.date(2026, 12, 1)),
        (Frequency.MONTHLY, dt.date(2026, 12, 20)),
    ],
)
def test_the_first_due_date_is_one_period_after_the_start(frequency: Frequency, day: dt.date) -> None:
    assert first_due(Money(frequency, TODAY)) == day


def test_a_monthly_contract_of_a_months_last_day_stays_on_last_days() -> None:
    plan = propose(Money(Frequency.MONTHLY, dt.date(2026, 1, 31), payment_cents=1, payments=3))
    assert [line.due_on.isoformat()[5:] for line in plan.lines] == ["02-28", "03-31", "04-30"]
    plan = propose(Money(Frequency.SEMIMONTHLY, dt.date(2026, 1, 31), payment_cents=1, payments=3))
    assert [line.due_on.isoformat()[5:] for line in plan.lines] == ["02-15", "02-28", "03-15"]


@pytest.mark.parametrize("rescission_on", [TODAY, TODAY + dt.timedelta(days=3)])
def test_a_customer_may_cancel_from_the_day_of_signing_on(rescission_on: dt.date) -> None:
    refuse_impossible_days(Money(Frequency.WEEKLY, TODAY), Terms(rescission_on=rescission_on), today=TODAY)


def test_payments_to_income_by_hand() -> None:
    # 29.99 a week is 129.956… a month; with 100.00 a month, 229.96 of 2,000.00.
    payments = [(Frequency.WEEKLY, 2_999), (Frequency.MONTHLY, 10_000)]
    assert payment_to_income(payments, 200_000) == Decimal("0.1150")
    assert payment_to_income([(Frequency.BIWEEKLY, 6_000)], 130_000) == Decimal("0.1000")
    assert payment_to_income([(Frequency.SEMIMONTHLY, 5_000)], 100_000) == Decimal("0.1000")
    assert payment_to_income(payments, 0) is None


def test_a_holder_has_room_for_ninety_nine_contracts() -> None:
    assert numbering.contract_number("K7MPQ2X", 99) == "K7MPQ2XLOA99"
    with pytest.raises(RuleViolation):
        numbering.contract_number("K7MPQ2X", 100)
