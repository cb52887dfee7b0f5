"""Late fees by state, as the table of domain.md part 5 has them."""

from datetime import date
from decimal import Decimal

import pytest

from app.domain.servicing.fees import (
    Applies,
    Combiner,
    FeeRule,
    FrequencyClass,
    assessed_on,
    chosen,
    due_dates_assessed_on,
    late_fee,
)
from app.domain.servicing.frequency import Frequency

FIVE, TEN = Decimal(5), Decimal(10)
CA = FeeRule("CA", "Civ. 1812.626", FIVE, 500, Combiner.LESSER, floor_cents=200)
NY = FeeRule("NY", "PPL 501", TEN, 300, Combiner.GREATER)
CT = FeeRule("CT", "42-243", FIVE, 500, Combiner.LESSER, floor_cents=100)
WV = FeeRule("WV", "46B-3-9", FIVE, 1_500, Combiner.LESSER)
MN = FeeRule("MN", "325F.90", FIVE, 300, Combiner.GREATER)


@pytest.mark.parametrize(
    ("rule", "unpaid", "expected"),
    [
        (CA, 2_999, 200),
        (NY, 2_999, 300),
        (CT, 2_999, 150),
        (WV, 2_999, 150),
        (CA, 15_000, 500),
        (NY, 15_000, 1_500),
        (CT, 15_000, 500),
        (WV, 15_000, 750),
        (CA, 40_000, 500),
        (NY, 40_000, 4_000),
        (CT, 40_000, 500),
        (WV, 40_000, 1_500),
        (MN, 2_999, 300),
        (MN, 15_000, 750),
    ],
)
def test_the_fee_of_a_state_on_an_amount(rule: FeeRule, unpaid: int, expected: int) -> None:
    assert late_fee(rule, unpaid).cents == expected


def test_nothing_unpaid_is_no_fee() -> None:
    assert late_fee(CA, 0).cents == 0


def test_the_reason_says_which_rule_made_the_fee_and_what_capped_it() -> None:
    assert late_fee(CA, 40_000).reason == "CA: flat $5.00, less than 5% of $400.00 (Civ. 1812.626)"
    assert late_fee(NY, 2_000).reason == "NY: flat $3.00, more than 10% of $20.00 (PPL 501)"
    assert late_fee(CA, 2_999).reason == "CA: 5% of $29.99, raised to the least of $2.00 (Civ. 1812.626)"
    capped = FeeRule("Own", percent=TEN, cap_cents=1_000)
    assert late_fee(capped, 40_000).reason == "Own: 10% of $400.00, capped at $10.00"


def test_a_cap_on_the_total_lets_through_what_is_left_of_it_and_then_nothing() -> None:
    rule = FeeRule("Own", flat_cents=800, cap_total_cents=2_000)
    assert [late_fee(rule, 5_000, charged_before_cents=before).cents for before in (0, 800, 1_600, 2_000, 2_400)] == [
        800,
        800,
        400,
        0,
        0,
    ]
    assert "capped by $20.00 for the whole contract" in late_fee(rule, 5_000, charged_before_cents=1_600).reason


def test_the_fee_comes_at_the_end_of_the_day_after_grace() -> None:
    assert assessed_on(date(2026, 10, 9), 7) == date(2026, 10, 17)
    assert assessed_on(date(2026, 10, 9), 3) == date(2026, 10, 13)
    assert assessed_on(date(2026, 10, 9), 0) == date(2026, 10, 10)


def test_grace_in_business_days_leaves_weekends_out() -> None:
    # Friday, October 9: Monday and Tuesday are grace, so Wednesday is the day.
    assert assessed_on(date(2026, 10, 9), 2, is_business_days=True) == date(2026, 10, 14)
    # Wednesday, October 7: Thursday, Friday, Monday are grace.
    assert assessed_on(date(2026, 10, 7), 3, is_business_days=True) == date(2026, 10, 13)


@pytest.mark.parametrize(("grace", "business"), [(0, False), (3, False), (7, False), (2, True), (3, True), (10, True), (0, True)])
def test_each_due_date_is_assessed_on_exactly_one_day(grace: int, business: bool) -> None:
    days = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(120)]
    found = sorted(due for day in days for due in due_dates_assessed_on(day, grace, is_business_days=business))
    wanted = [due for due in days if assessed_on(due, grace, is_business_days=business) <= days[-1]]
    assert [due for due in found if due >= days[0]] == wanted


def test_the_newest_row_that_is_not_after_the_contract_is_taken() -> None:
    weekly = FrequencyClass.WEEKLY
    rows = [
        Applies(1, date(2020, 1, 1), weekly),
        Applies(2, date(2020, 1, 1), weekly, "CA"),
        Applies(3, date(2026, 1, 1), weekly, "CA"),
        Applies(4, date(2024, 1, 1), weekly, None, 7),
        Applies(5, date(2020, 1, 1), FrequencyClass.LONGER, "CA"),
    ]

    def key(state: str, on: date, frequency: Frequency = Frequency.WEEKLY, portfolio: int = 1) -> int | None:
        found = chosen(rows, state=state, contract_on=on, frequency=frequency, portfolio_id=portfolio)
        return found.key if found else None

    assert key("CA", date(2025, 12, 31)) == 2
    assert key("CA", date(2026, 1, 1)) == 3
    assert key("NV", date(2026, 1, 1)) == 1
    assert key("CA", date(2026, 1, 1), portfolio=7) == 4, "a row of the portfolio wins over one for all"
    assert key("CA", date(2023, 1, 1), portfolio=7) == 2, "that row began later"
    assert key("CA", date(2026, 1, 1), Frequency.MONTHLY) == 5
    assert key("NV", date(2026, 1, 1), Frequency.MONTHLY) is None
    assert key("NV", date(2019, 1, 1)) is None
