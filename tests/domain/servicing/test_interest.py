"""Simple interest, assessed on payments and month ends, and the schedule that pays it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.servicing.interest import accrued, amortised, assessments, level_payment

START = date(2026, 1, 15)


def test_a_day_of_interest_is_the_principal_times_the_rate_over_365() -> None:
    assert accrued(365_000, Decimal(10), 1) == 100  # 3,650.00 x 0.10 / 365
    assert accrued(100_000, Decimal("24.99"), 30) == 2_054  # 20.5397...
    assert accrued(100_000, Decimal("18.25"), 1) == 50


def test_half_a_cent_of_interest_rounds_up() -> None:
    assert accrued(18_250, Decimal(1), 1) == 1  # 182.50 x 0.01 / 365 = half a cent.
    assert accrued(18_249, Decimal(1), 1) == 0


def test_interest_is_assessed_at_every_month_end_on_the_way() -> None:
    found = assessments(365_000, Decimal(10), date(2026, 1, 15), date(2026, 3, 10))
    assert [(each.assessed_on, each.days, each.cents) for each in found] == [
        (date(2026, 1, 31), 16, 1_600),
        (date(2026, 2, 28), 28, 2_800),
        (date(2026, 3, 10), 10, 1_000),
    ]
    assert assessments(365_000, Decimal(10), START, START) == []


def test_a_contract_without_interest_is_its_principal_in_equal_parts() -> None:
    lines = amortised(10_000, Decimal(0), START, [START + timedelta(days=7 * k) for k in (1, 2, 3)])
    assert [line.amount_cents for line in lines] == [3_334, 3_334, 3_332]


@pytest.mark.parametrize(
    ("principal", "rate", "payment", "words"),
    [
        (0, Decimal(10), None, "more than"),
        (10_000, Decimal(-1), None, "rate is between"),
        (10_000, Decimal(401), None, "rate is between"),
        (10_000, Decimal(10), 100, "make it larger"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(principal: int, rate: Decimal, payment: int | None, words: str) -> None:
    with pytest.raises(RuleViolation, match=words):
        amortised(principal, rate, START, [START + timedelta(days=30)], payment)


def test_a_schedule_without_a_line_is_refused() -> None:
    with pytest.raises(RuleViolation, match="at least one payment"):
        amortised(10_000, Decimal(10), START, [])


@given(
    principal=st.integers(1_000, 500_000),
    rate=st.decimals(0, 60, places=2),
    length=st.integers(1, 60),
    step=st.sampled_from([7, 14, 30]),
)
def test_the_lines_sum_to_the_principal_and_its_interest_and_none_is_more_than_the_payment(
    principal: int, rate: Decimal, length: int, step: int
) -> None:
    dates = [START + timedelta(days=step * (k + 1)) for k in range(length)]
    payment = level_payment(principal, rate, START, dates)
    lines = amortised(principal, rate, START, dates)
    assert sum(line.principal_cents for line in lines) == principal
    assert sum(line.amount_cents for line in lines) == principal + sum(line.interest_cents for line in lines)
    assert all(0 < line.amount_cents <= payment for line in lines)
    assert len(lines) <= length
