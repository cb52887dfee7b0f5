"""Simple interest: it accrues by the day on principal and is assessed on each payment and month end (domain.md part 13).

Accrued is what the days have earned; assessed is what was written down as owed. Each assessment is rounded by itself, half
up, so a schedule that is paid on its due dates ends at exactly 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.errors import RuleViolation
from app.domain.money import dollars, half_up
from app.domain.servicing.months import month_end

DAYS_IN_A_YEAR = 365
HIGHEST_RATE = Decimal(400)
"""Percent a year; more is a decimal point in the wrong place."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Interest that was written down on a day, for the days since the one before."""

    assessed_on: date
    days: int
    principal_cents: int
    cents: int


@dataclass(frozen=True, slots=True)
class AmortisedLine:
    """A scheduled payment of a simple-interest contract and what it is made of when it is paid on its due date."""

    number: int
    due_on: date
    amount_cents: int
    interest_cents: int
    principal_cents: int


def accrued(principal_cents: int, rate: Decimal, days: int) -> int:
    """Interest in cents for some days: principal x rate / 365 x days, half up. The rate is in percent a year.

    >>> accrued(100_000, Decimal("24.99"), 30), accrued(100_000, Decimal("0"), 30), accrued(-500, Decimal("24.99"), 30)
    (2054, 0, 0)
    """
    if principal_cents <= 0 or days <= 0:
        return 0
    return half_up(dollars(principal_cents) * rate * days / (100 * DAYS_IN_A_YEAR))


def assessments(principal_cents: int, rate: Decimal, from_on: date, to_on: date) -> list[Assessment]:
    """The assessments of a time in which the principal stays: at each month end before the last day, and on that day.

    >>> [(each.assessed_on.day, each.days, each.cents) for each in assessments(
    ...     100_000, Decimal("24.99"), date(2026, 1, 20), date(2026, 2, 20))]
    [(31, 11, 753), (20, 20, 1369)]
    """
    found: list[Assessment] = []
    since = from_on
    while since < to_on:
        until = min(month_end(since + timedelta(days=1)), to_on)
        days = (until - since).days
        found.append(Assessment(until, days, principal_cents, accrued(principal_cents, rate, days)))
        since = until
    return found


def amortised(
    principal_cents: int, rate: Decimal, start_on: date, due_dates: Sequence[date], payment_cents: int | None = None
) -> list[AmortisedLine]:
    """The schedule that pays a principal with its interest; the last line takes what is left, never more than the payment.

    Without a payment the level one is found. The lines sum to the principal and the scheduled interest. Raises
    RuleViolation when the payment does not even pay the interest, or leaves something after the last date.

    >>> lines = amortised(100_000, Decimal(24), date(2026, 1, 1), [date(2026, month, 1) for month in (2, 3, 4)])
    >>> [(line.amount_cents, line.interest_cents, line.principal_cents) for line in lines]
    [(34657, 2039, 32618), (34657, 1240, 33417), (34657, 692, 33965)]
    >>> sum(line.principal_cents for line in lines)
    100000
    """
    if not due_dates:
        raise RuleViolation("A contract needs at least one payment.", field="number_of_payments")
    payment = level_payment(principal_cents, rate, start_on, due_dates) if payment_cents is None else payment_cents
    lines, left = _run(principal_cents, rate, start_on, due_dates, payment)
    if left > 0:
        raise RuleViolation("This payment does not pay the contract off by its last date; make it larger.", field="payment")
    return lines


def level_payment(principal_cents: int, rate: Decimal, start_on: date, due_dates: Sequence[date]) -> int:
    """The smallest payment that, paid on each date, pays a principal off with its interest.

    >>> level_payment(100_000, Decimal(24), date(2026, 1, 1), [date(2026, month, 1) for month in (2, 3, 4)])
    34657
    """
    if principal_cents <= 0:
        raise RuleViolation("The amount financed must be more than $0.00.", field="principal")
    if not 0 <= rate <= HIGHEST_RATE:
        raise RuleViolation(f"The rate is between 0% and {HIGHEST_RATE}% a year.", field="interest_rate")
    whole = sum(each.cents for each in assessments(principal_cents, rate, start_on, due_dates[-1]))
    low, high = -(-principal_cents // len(due_dates)), principal_cents + whole
    while low < high:
        middle = (low + high) // 2
        if _run(principal_cents, rate, start_on, due_dates, middle)[1] > 0:
            low = middle + 1
        else:
            high = middle
    return low


def _run(
    principal_cents: int, rate: Decimal, start_on: date, due_dates: Sequence[date], payment_cents: int
) -> tuple[list[AmortisedLine], int]:
    """The lines of a payment, and the principal that is left after them."""
    lines: list[AmortisedLine] = []
    since, left, unpaid_interest = start_on, principal_cents, 0
    for number, due_on in enumerate(due_dates, start=1):
        unpaid_interest += sum(each.cents for each in assessments(left, rate, since, due_on))
        amount = min(payment_cents, left + unpaid_interest)
        interest = min(amount, unpaid_interest)
        unpaid_interest -= interest
        left -= amount - interest
        if amount > 0:
            lines.append(AmortisedLine(number, due_on, amount, interest, amount - interest))
        since = due_on
    return lines, left + unpaid_interest
