"""What a payment of less than an installment does to the due date (domain.md part 4).

The ledger always keeps the part-paid installment, and money covers it in the same order whatever the policy says: so no way
of reading can lose a cent. What a policy chooses is when the rest of it falls due: on its own day, later by the days that were
bought, or with the next installment as back rent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from app.domain.errors import RuleViolation
from app.domain.money import as_text
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


@dataclass(frozen=True, slots=True)
class PartPaid:
    """An installment of which a part is paid: what it is about, and by how many days its rest falls due later."""

    number: int
    due_on: date
    amount_cents: int
    unpaid_cents: int
    days: int
    way: PartialPayments

    @property
    def in_words(self) -> str:
        """What the customer is told of it.

        >>> PartPaid(1, date(2026, 7, 1), 700, 201, 4, PartialPayments.DAYS_BOUGHT).in_words
        '$4.99 of $7.00 bought 4 days: next due Jul 5, 2026'
        >>> PartPaid(2, date(2026, 8, 1), 10_000, 5_000, 31, PartialPayments.BACK_RENT).in_words
        'A full term to Sep 1, 2026, $50.00 of it is back rent'
        >>> PartPaid(1, date(2026, 7, 1), 700, 201, 0, PartialPayments.KEEP).in_words
        '$4.99 of $7.00 paid: $2.01 stays due Jul 1, 2026'
        """
        moved = f"{self.due_on + timedelta(days=self.days):%b %-d, %Y}"
        paid = f"{as_text(self.amount_cents - self.unpaid_cents)} of {as_text(self.amount_cents)}"
        if self.way is PartialPayments.BACK_RENT and self.days:
            return f"A full term to {moved}, {as_text(self.unpaid_cents)} of it is back rent"
        if self.way is PartialPayments.DAYS_BOUGHT:
            count = f"{self.days} day{'' if self.days == 1 else 's'}" if self.days else "no whole day"
            return f"{paid} bought {count}: next due {moved}"
        return f"{paid} paid: {as_text(self.unpaid_cents)} stays due {moved}"


def later_by(way: PartialPayments, paid_cents: int, amount_cents: int, term_days: int) -> int:
    """By how many days the rest of an installment falls due later than its own day; 0 when nothing or all of it is paid.

    `term_days` is the time that the installment pays for: to the next due date.

    >>> later_by(PartialPayments.DAYS_BOUGHT, 499, 700, 7), later_by(PartialPayments.BACK_RENT, 5_000, 10_000, 31)
    (4, 31)
    >>> [later_by(PartialPayments.KEEP, 499, 700, 7), *(later_by(PartialPayments.DAYS_BOUGHT, paid, 700, 7) for paid in (0, 700))]
    [0, 0, 0]
    """
    if way is PartialPayments.KEEP or term_days <= 0 or not 0 < paid_cents < amount_cents:
        return 0
    return term_days if way is PartialPayments.BACK_RENT else days_bought(paid_cents, amount_cents, term_days)


def terms(due_dates: Iterable[date], otherwise_days: int) -> dict[date, int]:
    """How many days each due date pays for: to the next one; the last as many as the one before it.

    >>> terms([date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)], 30)
    {datetime.date(2026, 7, 1): 31, datetime.date(2026, 8, 1): 31, datetime.date(2026, 9, 1): 31}
    >>> terms([date(2026, 7, 1)], 7)
    {datetime.date(2026, 7, 1): 7}
    """
    days = sorted(set(due_dates))
    found = {due: (after - due).days for due, after in pairwise(days)}
    if days:
        found[days[-1]] = found[days[-2]] if len(days) > 1 else otherwise_days
    return found
