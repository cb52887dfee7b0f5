"""What a payment would do, shown before it is posted (domain.md part 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.errors import RuleViolation
from app.domain.payments.allocation import Charge, Policy, allocate, unpaid_after
from app.domain.payments.ledger import Ledger, due_lines
from app.domain.payments.partial import PartialPayments, PartPaid
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.delinquency import Aging, DueLine, age


@dataclass(frozen=True, slots=True)
class Covered:
    """One charge that the payment touches, and what is left of it."""

    kind: ChargeKind
    key: int
    due_on: date
    cents: int
    left_cents: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A payment's effect: what it covers, how the account stands before and after, and what is over."""

    amount_cents: int
    covers: tuple[Covered, ...]
    before: Aging
    after: Aging
    payoff_after_cents: int
    unapplied_cents: int
    fees_back_cents: int = 0
    """Late fees that the payment takes back, because it counts from a day in time."""
    interest_cents: int = 0
    principal_cents: int = 0
    """What it pays of interest and of principal, on a financed contract."""
    part_paid: tuple[PartPaid, ...] = ()
    """Installments that it leaves part-paid, and when their rest falls due."""


def preview(
    charges: Iterable[Charge],
    amount_cents: int,
    *,
    effective_on: date,
    business_on: date,
    policy: Policy = Policy.FEES_FIRST,
    credit_cents: int = 0,
    tolerance_cents: int = 0,
    thirty_day_months: bool = False,
) -> Preview:
    """What posting an amount would do; writes nothing.

    `effective_on` orders the charges, `business_on` counts the days late. `credit_cents` is credit already on the
    account; the payoff after is the balance less all credit, never below 0.

    >>> rent = [Charge(ChargeKind.INSTALLMENT, n, date(2026, 11, 6 + 7 * n), 5_400) for n in range(3)]
    >>> today = date(2026, 11, 18)
    >>> effect = preview(rent, 5_400, effective_on=today, business_on=today)
    >>> effect.before.days_past_due, effect.after.days_past_due, effect.after.next_due_on, effect.after.balance_cents
    (12, 5, datetime.date(2026, 11, 13), 10800)
    """
    if amount_cents <= 0:
        raise RuleViolation("A payment must be more than $0.00.", field="amount")
    owed = tuple(charges)
    allocation = allocate(owed, amount_cents, today=effective_on, policy=policy)
    left = unpaid_after(owed, allocation.parts)
    by_key = {(charge.kind, charge.key): charge for charge in left}
    touched = [(part, by_key[part.kind, part.key]) for part in allocation.parts]
    before, then = (
        age(_lines(each), business_on, tolerance_cents=tolerance_cents, thirty_day_months=thirty_day_months)
        for each in (owed, left)
    )
    return Preview(
        amount_cents=amount_cents,
        covers=tuple(Covered(part.kind, part.key, rest.due_on, part.cents, rest.unpaid_cents) for part, rest in touched),
        before=before,
        after=then,
        payoff_after_cents=max(0, then.balance_cents - credit_cents - allocation.unapplied_cents),
        unapplied_cents=allocation.unapplied_cents,
    )


def difference(
    before: Ledger,
    after: Ledger,
    sequence: int,
    *,
    business_on: date,
    tolerance_cents: int = 0,
    way: PartialPayments = PartialPayments.KEEP,
) -> Preview:
    """What one entry of a ledger did: the ledger without it, and with it, both replayed.

    >>> from app.domain.payments.ledger import Received
    >>> from app.domain.payments.replay import replay
    >>> rent = tuple(Charge(ChargeKind.INSTALLMENT, n, date(2026, 11, 6 + 7 * n), 5_400) for n in range(3))
    >>> today = date(2026, 11, 18)
    >>> with_it = replay(Ledger(rent, (Received(1, today, 5_400),)), today=today)
    >>> effect = difference(Ledger(rent, ()), with_it, 1, business_on=today)
    >>> effect.before.days_past_due, effect.after.days_past_due, [(each.key, each.cents) for each in effect.covers]
    (12, 5, [(0, 5400)])
    """
    entry = next(payment for payment in after.payments if payment.sequence == sequence)
    touched = {part.key for part in entry.parts if part.kind is ChargeKind.INSTALLMENT}
    left = {(charge.kind, charge.key): charge for charge in after.open_charges}
    then, now = (age(due_lines(ledger.owed_charges), business_on, tolerance_cents=tolerance_cents) for ledger in (before, after))
    fees = [sum(max(0, fee.cents - fee.waived_cents) for fee in ledger.late_fees) for ledger in (before, after)]
    return Preview(
        amount_cents=entry.amount_cents,
        covers=tuple(
            Covered(part.kind, part.key, left[part.kind, part.key].due_on, part.cents, left[part.kind, part.key].unpaid_cents)
            for part in entry.parts
        ),
        before=then,
        after=now,
        payoff_after_cents=max(0, now.balance_cents - after.unapplied_cents),
        unapplied_cents=entry.unapplied_cents,
        fees_back_cents=max(0, fees[0] - fees[1]),
        interest_cents=entry.interest_cents,
        principal_cents=entry.principal_cents,
        part_paid=tuple(each for each in part_paid_lines(after, way) if each.number in touched),
    )


def part_paid_lines(ledger: Ledger, way: PartialPayments) -> list[PartPaid]:
    """The installments of a lease of which a part is paid, oldest first, as its policy sees them."""
    if ledger.financing is not None:
        return []
    unpaid = {each.key: each.unpaid_cents for each in ledger.open_charges if each.kind is ChargeKind.INSTALLMENT}
    days = ledger.bought_days
    return [
        PartPaid(line.key, line.due_on, line.unpaid_cents + line.opening_cents, unpaid[line.key], days.get(line.key, 0), way)
        for line in sorted(ledger.charges, key=lambda line: (line.due_on, line.key))
        if line.kind is ChargeKind.INSTALLMENT and 0 < unpaid[line.key] < line.unpaid_cents + line.opening_cents
    ]


def _lines(charges: Iterable[Charge]) -> list[DueLine]:
    """Charges as aging sees them: what shares a due date, as an installment and its late fee do, ages as one."""
    cents_by_date: dict[date, int] = {}
    for charge in charges:
        cents_by_date[charge.due_on] = cents_by_date.get(charge.due_on, 0) + charge.unpaid_cents
    return [DueLine(due, cents) for due, cents in cents_by_date.items()]
