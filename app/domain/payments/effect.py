"""What a payment would do, shown before it is posted (domain.md part 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.errors import RuleViolation
from app.domain.payments.allocation import Charge, Policy, allocate, unpaid_after
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


def _lines(charges: Iterable[Charge]) -> list[DueLine]:
    """Charges as aging sees them: what shares a due date, as an installment and its late fee do, ages as one."""
    cents_by_date: dict[date, int] = {}
    for charge in charges:
        cents_by_date[charge.due_on] = cents_by_date.get(charge.due_on, 0) + charge.unpaid_cents
    return [DueLine(due, cents) for due, cents in cents_by_date.items()]
