"""Which charges a payment covers, and what a replay makes of a ledger."""

from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RuleViolation
from app.domain.payments.allocation import (
    Allocation,
    Charge,
    Part,
    Policy,
    allocate,
    unpaid_after,
)
from app.domain.payments.ledger import Ledger, Received
from app.domain.payments.replay import replay
from app.domain.servicing.charges import ChargeKind

TODAY = date(2026, 11, 20)


def rent(key: int, days_late: int, cents: int = 5_400) -> Charge:
    """An installment that was due so many days before today."""
    return Charge(ChargeKind.INSTALLMENT, key, TODAY - timedelta(days=days_late), cents)


def fee(key: int, days_late: int, cents: int = 270, assessed: int | None = None) -> Charge:
    """A fee that ages from so many days before today, assessed so many days before today."""
    since_on = None if assessed is None else TODAY - timedelta(days=assessed)
    return Charge(ChargeKind.FEE, key, TODAY - timedelta(days=days_late), cents, since_on)


def spelled(allocation: Allocation) -> list[str]:
    """Parts as short words: `fee 1 270`."""
    return [f"{part.kind} {part.key} {part.cents}" for part in allocation.parts]


@st.composite
def charges(draw: st.DrawFn) -> tuple[Charge, ...]:
    """Installments and fees around today, each with its own key."""
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(ChargeKind), st.integers(-40, 60), st.integers(0, 9_000), st.integers(0, 30)),
            max_size=12,
        )
    )
    return tuple(
        Charge(
            kind,
            key,
            TODAY - timedelta(days=late),
            cents,
            TODAY - timedelta(days=late - after) if kind is ChargeKind.FEE else None,
        )
        for key, (kind, late, cents, after) in enumerate(drawn)
    )


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Charges and complete payments around today, some of one day, some too large."""
    received = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 12_000)), max_size=6))
    return Ledger(
        draw(charges()),
        tuple(Received(sequence, TODAY - timedelta(days=7 * weeks), cents) for sequence, (weeks, cents) in enumerate(received)),
    )


POLICIES = st.sampled_from(Policy)

BOOK = [rent(1, 14), rent(2, 7), rent(3, 0), rent(4, -7), rent(5, -14), fee(1, 14), fee(2, 7), fee(3, 0)]


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        (Policy.FEES_FIRST, "f1 f2 i1 i2 f3 i3 i4 i5"),
        (Policy.RENT_FIRST, "i1 i2 i3 f1 f2 f3 i4 i5"),
        (Policy.NEWEST_FIRST, "i3 i2 i1 f3 f2 f1 i4 i5"),
    ],
)
def test_each_policy_covers_charges_in_its_own_order(policy: Policy, order: str) -> None:
    everything = allocate(reversed(BOOK), 100_000, today=TODAY, policy=policy)
    assert " ".join(f"{part.kind[0]}{part.key}" for part in everything.parts) == order
    assert everything.unapplied_cents == 100_000 - 5 * 5_400 - 3 * 270


@pytest.mark.parametrize(
    ("amount", "covers", "left"),
    [
        (0, [], 0),
        (200, ["fee 1 200"], 0),
        (270, ["fee 1 270"], 0),
        (5_671, ["fee 1 270", "installment 1 5400", "installment 2 1"], 0),
        (20_000, ["fee 1 270", "installment 1 5400", "installment 2 5400", "installment 3 5400"], 3_530),
    ],
)
def test_money_is_poured_until_it_is_gone(amount: int, covers: list[str], left: int) -> None:
    allocation = allocate([rent(1, 14), rent(2, 7), rent(3, -7), fee(1, 14)], amount, today=TODAY)
    assert spelled(allocation) == covers
    assert allocation.unapplied_cents == left
    assert allocation.applied_cents == amount - left


def test_a_paid_charge_is_passed_over() -> None:
    assert spelled(allocate([rent(1, 14, 0), rent(2, 7)], 100, today=TODAY)) == ["installment 2 100"]


def test_money_from_before_a_fee_does_not_pay_it() -> None:
    late_fee = fee(1, 14, assessed=10)
    before, since = TODAY - timedelta(days=11), TODAY - timedelta(days=10)
    assert spelled(allocate([late_fee, rent(1, 14)], 5_500, today=before)) == ["installment 1 5400"]
    assert spelled(allocate([late_fee, rent(1, 14)], 5_500, today=since)) == ["fee 1 270", "installment 1 5230"]


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(RuleViolation) as refusal:
        allocate([rent(1, 0)], -1, today=TODAY)
    assert refusal.value.field == "amount"


@given(charges(), st.integers(0, 60_000), POLICIES)
def test_allocation_never_over_applies_and_loses_no_cent(book: tuple[Charge, ...], amount: int, policy: Policy) -> None:
    allocation = allocate(book, amount, today=TODAY, policy=policy)
    assert allocation.applied_cents + allocation.unapplied_cents == amount
    assert all(part.cents > 0 for part in allocation.parts)
    assert all(charge.unpaid_cents >= 0 for charge in unpaid_after(book, allocation.parts))
    open_cents = sum(each.unpaid_cents for each in book if each.since_on is None or each.since_on <= TODAY)
    assert allocation.unapplied_cents == max(0, amount - open_cents)


@given(charges(), st.integers(0, 60_000), POLICIES, st.randoms(use_true_random=False))
def test_the_order_in_which_charges_are_given_changes_nothing(
    book: tuple[Charge, ...], amount: int, policy: Policy, random: Random
) -> None:
    shuffled = list(book)
    random.shuffle(shuffled)
    assert allocate(shuffled, amount, today=TODAY, policy=policy) == allocate(book, amount, today=TODAY, policy=policy)


@given(charges(), st.integers(0, 30_000), st.integers(0, 30_000), POLICIES)
def test_two_payments_of_one_day_cover_what_their_sum_covers(
    book: tuple[Charge, ...], first: int, second: int, policy: Policy
) -> None:
    once = unpaid_after(book, allocate(book, first + second, today=TODAY, policy=policy).parts)
    half = unpaid_after(book, allocate(book, first, today=TODAY, policy=policy).parts)
    assert unpaid_after(half, allocate(half, second, today=TODAY, policy=policy).parts) == once


def test_a_back_dated_payment_takes_its_place_and_the_later_one_moves_on() -> None:
    ledger = Ledger(
        (rent(1, 14), rent(2, 7)),
        (
            Received(1, TODAY - timedelta(days=5), 5_400, (Part(ChargeKind.INSTALLMENT, 1, 5_400),)),
            Received(2, TODAY - timedelta(days=10), 5_000),
        ),
    )
    again = replay(ledger, today=TODAY)
    assert [(each.sequence, [(part.key, part.cents) for part in each.parts]) for each in again.payments] == [
        (2, [(1, 5_000)]),
        (1, [(1, 400), (2, 5_000)]),
    ]
    assert [charge.unpaid_cents for charge in again.open_charges] == [0, 400]
    assert (again.balance_cents, again.unapplied_cents) == (400, 0)


def test_without_a_reversed_payment_the_rest_covers_the_oldest() -> None:
    kept = Received(2, TODAY, 5_400, (Part(ChargeKind.INSTALLMENT, 2, 5_400),))
    again = replay(Ledger((rent(1, 14), rent(2, 7)), (kept,)), today=TODAY)
    assert again.payments[0].parts == (Part(ChargeKind.INSTALLMENT, 1, 5_400),)


def test_left_over_credit_pays_a_fee_that_came_later() -> None:
    ledger = Ledger((rent(1, 14), fee(1, 2, assessed=2)), (Received(1, TODAY - timedelta(days=7), 5_500),))
    assert replay(ledger, today=TODAY - timedelta(days=3)).unapplied_cents == 100
    again = replay(ledger, today=TODAY)
    assert (again.unapplied_cents, again.balance_cents) == (0, 170)


@given(ledgers(), POLICIES)
def test_a_replay_of_a_replay_changes_nothing(ledger: Ledger, policy: Policy) -> None:
    once = replay(ledger, today=TODAY, policy=policy)
    assert replay(once, today=TODAY, policy=policy) == once


@given(ledgers(), POLICIES)
def test_a_replay_keeps_the_sums_and_covers_no_charge_twice(ledger: Ledger, policy: Policy) -> None:
    again = replay(ledger, today=TODAY, policy=policy)
    received = sum(payment.amount_cents for payment in ledger.payments)
    applied = sum(part.cents for payment in again.payments for part in payment.parts)
    assert applied + again.unapplied_cents == received
    assert again.balance_cents == sum(charge.unpaid_cents for charge in ledger.charges) - applied
    assert all(charge.unpaid_cents >= 0 for charge in again.open_charges)
    assert all(payment.unapplied_cents >= 0 for payment in again.payments)
    owed_now = [each for each in again.open_charges if each.since_on is None or each.since_on <= TODAY]
    assert again.unapplied_cents == 0 or all(each.unpaid_cents == 0 for each in owed_now)


@given(charges(), st.lists(st.integers(1, 9_000), min_size=2, max_size=4), st.integers(0, 40), POLICIES)
def test_payments_of_one_day_in_any_order_leave_every_charge_the_same(
    book: tuple[Charge, ...], amounts: list[int], days_ago: int, policy: Policy
) -> None:
    day = TODAY - timedelta(days=days_ago)
    left = {
        replay(
            Ledger(book, tuple(Received(place, day, cents) for place, cents in enumerate(order))),
            today=TODAY,
            policy=policy,
        ).open_charges
        for order in permutations(amounts)
    }
    assert len(left) == 1


@given(ledgers(), POLICIES)
def test_payments_entered_in_any_order_replay_alike(ledger: Ledger, policy: Policy) -> None:
    turned = Ledger(ledger.charges, tuple(reversed(ledger.payments)))
    assert replay(turned, today=TODAY, policy=policy) == replay(ledger, today=TODAY, policy=policy)
