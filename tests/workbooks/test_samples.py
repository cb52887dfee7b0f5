"""The made-up report that demonstrations, tests and benches stand on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from app.domain.servicing.schedule import kth_period_after
from app.workbooks.samples import sample_rows, write_sample

BUSINESS_ON = date(2026, 11, 20)


def test_the_same_arguments_give_the_same_report() -> None:
    assert list(sample_rows(300, business_on=BUSINESS_ON)) == list(sample_rows(300, business_on=BUSINESS_ON))
    assert list(sample_rows(300, business_on=BUSINESS_ON)) != list(sample_rows(300, business_on=BUSINESS_ON, seed=1))


@settings(max_examples=30)
@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), st.integers(0, 1000))
def test_a_sample_is_believable_on_any_business_date(business_on: date, seed: int) -> None:
    plans = [row.expected for row in sample_rows(400, business_on=business_on, seed=seed)]
    for plan in plans:
        assert kth_period_after(plan.start_on, plan.frequency, plan.payments_made + 1) == plan.next_due_on
        assert business_on - timedelta(days=730) < plan.start_on <= business_on + timedelta(days=31)
        assert plan.balance_remaining_cents > 0 and plan.payment_amount_cents > 0 and plan.total_paid_cents >= 0
        assert plan.device_imei is None or luhn.is_valid(plan.device_imei)


def test_a_demonstration_has_about_two_thousand_accounts_of_which_a_sixth_is_late_in_every_bucket(tmp_path: Path) -> None:
    plans = write_sample(tmp_path / "demo.xlsx", business_on=BUSINESS_ON)
    coming_in = [plan for plan in plans if plan.outcome.is_in]
    assert 1950 < len(coming_in) < 2200
    late = [(BUSINESS_ON - plan.next_due_on).days for plan in coming_in if plan.next_due_on < BUSINESS_ON]
    assert 0.15 <= len(late) / len(coming_in) <= 0.20
    for first, last in ((1, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, 999)):
        assert sum(first <= days <= last for days in late) >= 10
    assert {plan.outcome.value for plan in plans} == {
        "imported", "pending_review", "skipped:not_active", "skipped:duplicate", "rejected:contract_number",
        "rejected:start_date", "rejected:frequency", "rejected:payment_amount",
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_small_sample_has_as_many_rows_as_asked_for(count: int) -> None:
    assert len(list(sample_rows(count, business_on=BUSINESS_ON))) == count
