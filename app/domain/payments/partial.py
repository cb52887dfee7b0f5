"""What a payment of less than an installment does to the due date (domain.md part 4).

The ledger always keeps the part-paid installment; the other two ways are read from what was paid: days that were bought, or
terms that were granted with the rest owed as back rent.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.errors import RuleViolation
from app.domain.words import Word


class PartialPayments(Word):
    """How a policy treats payments that are no whole installments."""

    KEEP = "keep", "Part-paid installment"
    DAYS_BOUGHT = "days_bought", "Moves the due date by the days it buys"
    BACK_RENT = "back_rent", "Full term plus back rent"


@dataclass(frozen=True, slots=True)
class Bought:
    """What a payment bought: the new due date, the cents that bought nothing yet."""

    due_on: date
    left_cents: int


@dataclass(frozen=True, slots=True)
class Term:
    """What a payment granted: whole terms, and the back rent that is owed after it."""

    terms: int
    back_rent_cents: int


def days_bought(paid_cents: int, payment_cents: int, period_days: int) -> int:
    """Whole days that an amount buys at the daily rate of an installment: floor(paid / (payment / days)).

    >>> days_bought(499, 700, 7)
    4
    """
    if payment_cents <= 0 or period_days <= 0:
        raise RuleViolation("An installment has an amount and a length.")
    return paid_cents * period_days // payment_cents


def buy_days(due_on: date, paid_cents: int, payment_cents: int, period_days: int) -> Bought:
    """Move a due date by the days that an amount buys; what buys no whole day is left over.

    >>> buy_days(date(2026, 7, 1), 499, 700, 7)
    Bought(due_on=datetime.date(2026, 7, 5), left_cents=99)
    """
    days = days_bought(paid_cents, payment_cents, period_days)
    cost = -(-days * payment_cents // period_days)
    return Bought(due_on + timedelta(days=days), paid_cents - cost)


def grant_term(paid_cents: int, payment_cents: int, back_rent_cents: int = 0) -> Term:
    """What goes beyond the back rent grants a full term for each installment it begins; what is short is back rent.

    Of a payment of 10 with 5 back rent, 6 leaves 9 owed as back rent and 12 leaves 3.

    >>> grant_term(15_000, 10_000), grant_term(600, 1_000, 500), grant_term(1_200, 1_000, 500)
    (Term(terms=2, back_rent_cents=5000), Term(terms=1, back_rent_cents=900), Term(terms=1, back_rent_cents=300))
    >>> grant_term(500, 1_000, 500)  # It pays the back rent and no more.
    Term(terms=0, back_rent_cents=0)
    """
    if payment_cents <= 0:
        raise RuleViolation("An installment has an amount.")
    terms = -(-max(0, paid_cents - back_rent_cents) // payment_cents)
    return Term(terms, back_rent_cents + terms * payment_cents - paid_cents)
