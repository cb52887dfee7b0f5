"""The price of owning the device early: each formula with figures worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.servicing.early_purchase import (
    NEEDS_CASH_PRICE,
    NEEDS_PERCENT,
    Formula,
    Standing,
    Terms,
    cash_less_paid,
    early_purchase,
    federal_lease,
    good_through,
    payoff,
    rto_discount,
    same_as_cash_until,
)

SIGNED_ON = date(2026, 1, 2)
LATER_ON = date(2026, 8, 1)
CA = Terms(Formula.CASH_SHARE, cash_months=3)
NY = Terms(Formula.CASH_SHARE, needs_payments=1)
HI = Terms(Formula.CASH_SHARE)
OH = Terms(Formula.CASH_LESS_PART_PAID, percent=Decimal(50))
WV = Terms(Formula.RETAIL_SHARE)


def weekly(paid: int, *, late: int = 0, **more: int | None) -> Standing:
    """The lease of the vectors: cash $799.00, 78 × $29.99, so many paid and so many past due."""
    given: dict[str, int | None] = {"cash_price_cents": 79_900, **more}
    return Standing(
        contract_on=SIGNED_ON,
        total_cents=78 * 2_999,
        paid_cents=paid * 2_999,
        past_due_cents=late * 2_999,
        not_due_cents=(78 - paid - late) * 2_999,
        payments_made=paid,
        fees_cents=given.get("fees_cents") or 0,
        credit_cents=given.get("credit_cents") or 0,
        cash_price_cents=given["cash_price_cents"],
    )


@pytest.mark.parametrize(
    ("terms", "remaining", "cents"),
    [
        (CA, 50, 51_218),
        (NY, 50, 51_218),
        (HI, 50, 51_218),
        (WV, 50, 51_218),
        (OH, 50, 37_914),
        (CA, 10, 10_244),
        (NY, 10, 10_244),
        (HI, 10, 10_244),
        (WV, 10, 10_244),
        (OH, 10, 0),  # 799.00 less half of 68 × 29.99 is below nothing.
    ],
)
def test_the_states_price_what_is_not_yet_due(terms: Terms, remaining: int, cents: int) -> None:
    assert early_purchase(weekly(78 - remaining), terms, on=LATER_ON).total_cents == cents


def test_california_asks_for_the_cash_price_less_what_was_paid_within_three_months() -> None:
    # 799.00 - 8 × 29.99 = 559.08; the day after the third month the share of 70 of 78 counts: 717.05.
    assert early_purchase(weekly(8), CA, on=date(2026, 4, 2)).total_cents == 55_908
    assert early_purchase(weekly(8), CA, on=date(2026, 4, 3)).total_cents == 71_705


def test_past_due_rent_is_not_charged_twice_while_the_cash_price_counts() -> None:
    # Two late and a fee of 2.00: within three months 799.00 - 6 × 29.99 + 2.00 = 621.06.
    assert early_purchase(weekly(6, late=2, fees_cents=200), CA, on=date(2026, 3, 1)).total_cents == 62_106
    # Later: two late 59.98 + 2.00 + 799.00 × 70/78 = 717.05.
    assert early_purchase(weekly(6, late=2, fees_cents=200), CA, on=LATER_ON).total_cents == 5_998 + 200 + 71_705


def test_new_york_has_no_option_before_the_first_payment() -> None:
    assert early_purchase(weekly(0), NY, on=LATER_ON) == payoff(weekly(0))
    assert early_purchase(weekly(1), NY, on=LATER_ON).total_cents == 78_876  # 799.00 × 77/78 = 788.756…


def test_same_as_cash_ends_after_its_days() -> None:
    terms = Terms(Formula.NONE, cash_days=90)
    assert same_as_cash_until(terms, SIGNED_ON) == date(2026, 4, 2)
    assert early_purchase(weekly(4), terms, on=date(2026, 4, 2)).total_cents == 79_900 - 4 * 2_999
    assert early_purchase(weekly(4), terms, on=date(2026, 4, 3)).total_cents == 74 * 2_999


def test_a_percentage_of_what_remains_is_rounded_half_up() -> None:
    # 74 × 29.99 = 2,219.26; 60 % of it is 1,331.556.
    price = early_purchase(weekly(4), Terms(Formula.PERCENT_OF_REMAINING, percent=Decimal(60)), on=LATER_ON)
    assert price.total_cents == 133_156


def test_the_vectors_of_rent_to_own_and_of_the_federal_lease() -> None:
    assert rto_discount(50_000, Decimal("0.4"), prepaid_cents=10_000) == 30_000
    assert federal_lease(14 * 2_500, 7_500) == 16_250
    half_way = Standing(SIGNED_ON, 18 * 2_500, 4 * 2_500, 0, 14 * 2_500, payments_made=4)
    terms = Terms(Formula.FEDERAL_LEASE, percent=Decimal(25), balloon_cents=7_500)
    assert early_purchase(half_way, terms, on=LATER_ON).total_cents == 16_250
    prepaid = Standing(SIGNED_ON, 60_000, 10_000, 0, 50_000)
    assert early_purchase(prepaid, Terms(Formula.RTO_DISCOUNT, percent=Decimal(40)), on=LATER_ON).total_cents == 30_000


def test_a_credit_lowers_both_figures_and_never_below_nothing() -> None:
    assert payoff(weekly(77, credit_cents=1_000)).total_cents == 1_999
    assert payoff(weekly(77, credit_cents=5_000)).total_cents == 0
    assert early_purchase(weekly(28, credit_cents=1_218), HI, on=LATER_ON).total_cents == 50_000


def test_an_early_purchase_never_costs_more_than_the_payoff() -> None:
    # The cash price alone is more than the ten payments that are left.
    price = early_purchase(weekly(68, cash_price_cents=10_000_000), HI, on=LATER_ON)
    assert price == payoff(weekly(68)) and price.formula is None


def test_a_formula_without_its_cash_price_says_so() -> None:
    for terms in (CA, NY, HI, OH, WV):
        with pytest.raises(RuleViolation, match="cash price"):
            early_purchase(weekly(4, cash_price_cents=None), terms, on=LATER_ON)
    terms = Terms(Formula.NONE, cash_days=90)
    assert early_purchase(weekly(4, cash_price_cents=None), terms, on=SIGNED_ON).total_cents == 74 * 2_999


def test_a_quote_holds_until_the_figure_would_change() -> None:
    on = date(2026, 11, 20)
    assert good_through(on, days=7, is_early_purchase=True) == date(2026, 11, 27)
    assert good_through(on, days=7, is_early_purchase=True, until=date(2026, 11, 22)) == date(2026, 11, 22)
    assert good_through(on, days=7, is_early_purchase=True, until=date(2026, 11, 1)) == date(2026, 11, 27)
    assert good_through(on, days=7, is_early_purchase=True, next_due_on=on) == on
    assert good_through(on, days=7, is_early_purchase=False, until=on, next_due_on=on) == date(2026, 11, 27)


def test_each_formula_is_classified() -> None:
    assert NEEDS_CASH_PRICE | NEEDS_PERCENT | {Formula.NONE} == set(Formula)
    assert {Formula.CASH_LESS_PART_PAID} == NEEDS_CASH_PRICE & NEEDS_PERCENT


@given(
    formula=st.sampled_from(Formula),
    paid=st.integers(0, 78),
    late=st.integers(0, 78),
    fees=st.integers(0, 5_000),
    credit=st.integers(0, 5_000),
    cash=st.integers(1, 300_000),
    percent=st.integers(0, 100),
)
def test_a_price_is_the_sum_of_its_lines_and_lies_between_nothing_and_the_payoff(
    formula: Formula, paid: int, late: int, fees: int, credit: int, cash: int, percent: int
) -> None:
    standing = weekly(paid, late=min(late, 78 - paid), fees_cents=fees, credit_cents=credit, cash_price_cents=cash)
    price = early_purchase(standing, Terms(formula, percent=Decimal(percent)), on=LATER_ON)
    assert price.items and price.total_cents == max(0, sum(item.cents for item in price.items))
    assert 0 <= price.total_cents <= payoff(standing).total_cents


def test_paying_on_never_makes_the_device_dearer() -> None:
    prices = [early_purchase(weekly(paid), HI, on=LATER_ON).total_cents for paid in range(79)]
    assert prices == sorted(prices, reverse=True) and prices[-1] == 0
    assert cash_less_paid(79_900, 90_000) == 0
