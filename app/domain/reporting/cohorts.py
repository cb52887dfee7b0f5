"""Cohorts: the leases of one calendar month, followed by months on book (domain.md part 13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from app.domain.reporting.portfolio import share
from app.domain.servicing.months import month_end

THIN = 30
"""A cohort of fewer accounts says little."""
Z = 1.959963984540054
"""Of 95 %."""
MOST_MONTHS = 24
"""Months on book that are shown."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """One month's batch of leases; dicts are by months on book."""

    month_on: dt.date
    """The first of the month."""
    count: int
    active: int
    past_due: int
    paid_off: int
    defaulted: int
    """Ever in default."""
    last_start_on: dt.date
    first_due: int = 0
    """First installments whose grace is over."""
    first_missed: int = 0
    """Of these, not fully paid within the grace: first payment defaults."""
    cost_cents: int = 0
    defaults: Mapping[int, int] = field(default_factory=dict)
    """Accounts that came into default in that month on book, the first one is 1."""
    cash_cents: Mapping[int, int] = field(default_factory=dict)
    """Cash that came in in that month on book."""

    @property
    def is_thin(self) -> bool:
        """Too few accounts to read much into."""
        return self.count < THIN

    @property
    def default_rate(self) -> float | None:
        """Ever in default, of all."""
        return share(self.defaulted, self.count)

    @property
    def first_default_rate(self) -> float | None:
        """First payment defaults of the first installments whose grace is over."""
        return share(self.first_missed, self.first_due)

    def matured(self, today: dt.date) -> int:
        """The months on book that every account of it has completed.

        >>> Cohort(dt.date(2026, 8, 1), 9, 9, 0, 0, 0, dt.date(2026, 8, 21)).matured(dt.date(2026, 11, 20))
        2
        """
        return completed_months(self.last_start_on, today)

    def defaulted_by(self, months: int, today: dt.date) -> int | None:
        """Accounts in default within so many months on book; None before every account is that old."""
        if months > self.matured(today):
            return None
        return sum(number for month, number in self.defaults.items() if month <= months)

    def payback_by(self, months: int, today: dt.date) -> float | None:
        """Cash collected within so many months as a share of what the devices cost; None before, and without a cost."""
        if months > self.matured(today) or not self.cost_cents:
            return None
        return sum(cents for month, cents in self.cash_cents.items() if month <= months) / self.cost_cents


def completed_months(start_on: dt.date, today: dt.date) -> int:
    """Whole months from one day to another; a month ends on the same day, or on the month's last one.

    >>> completed_months(dt.date(2026, 1, 31), dt.date(2026, 2, 28)), completed_months(dt.date(2026, 1, 31), dt.date(2026, 3, 30))
    (1, 1)
    """
    months = (today.year - start_on.year) * 12 + today.month - start_on.month
    due_day = min(start_on.day, month_end(today).day)
    return max(0, months - (today.day < due_day))


def month_on_book(start_on: dt.date, on: dt.date) -> int:
    """In which month on book a day lies; the first month is 1, and ends with the day that completes it.

    >>> month_on_book(dt.date(2026, 1, 10), dt.date(2026, 2, 10)), month_on_book(dt.date(2026, 1, 10), dt.date(2026, 2, 11))
    (1, 2)
    """
    whole = completed_months(start_on, on)
    is_exact = on.day == min(start_on.day, month_end(on).day) and whole > 0
    return whole if is_exact else whole + 1


def wilson(hits: int, number: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share: between which rates the true one probably lies, also for few accounts.

    >>> [round(bound, 4) for bound in wilson(10, 100)], [round(bound, 4) for bound in wilson(0, 20)]
    ([0.0552, 0.1744], [0.0, 0.1611])
    """
    if number == 0:
        return 0.0, 1.0
    rate = hits / number
    middle = rate + Z * Z / (2 * number)
    spread = Z * sqrt(rate * (1 - rate) / number + Z * Z / (4 * number * number))
    whole = 1 + Z * Z / number
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


@dataclass(frozen=True, slots=True)
class Roll:
    """Where the accounts of one bucket stood a month later."""

    bucket: str
    accounts: int
    to: tuple[int, ...]
    """By bucket, in the order of the buckets. Current does not count the extended ones."""
    extended: int = 0
    """Current because an arrangement moved their dates."""
    paid_off: int = 0
    left: int = 0
    """Returned, written off, cancelled or otherwise ended."""

    def rate(self, number: int) -> float | None:
        """A share of the accounts at the start."""
        return share(number, self.accounts)

    @property
    def cure_rate(self) -> float | None:
        """Current again by paying; pay-offs and extensions stand apart."""
        return self.rate(self.to[0])


def finding(cohorts: Sequence[Cohort], today: dt.date, months: int = 3) -> str:
    """How the newer half of the cohorts does beside the older half, at the same age.

    >>> day = dt.date(2026, 11, 20)
    >>> old = Cohort(dt.date(2026, 1, 1), 100, 80, 0, 0, 10, dt.date(2026, 1, 31), defaults={2: 10})
    >>> new = Cohort(dt.date(2026, 6, 1), 100, 80, 0, 0, 20, dt.date(2026, 6, 30), defaults={3: 20})
    >>> finding([old, new], day)
    'Within 3 months on book 10.0% of the older cohorts and 20.0% of the newer ones came into default: newer ones do worse.'
    """
    known = [each for each in cohorts if each.matured(today) >= months]
    if len(known) < 2:
        return "There are too few cohorts of this age to compare."
    middle = len(known) // 2

    def rate(some: Sequence[Cohort]) -> float:
        return sum(each.defaulted_by(months, today) or 0 for each in some) / sum(each.count for each in some)

    older, newer = rate(known[:middle]), rate(known[middle:])
    verdict = "newer ones do worse" if newer > older else "newer ones do better" if newer < older else "there is no difference"
    return (
        f"Within {months} months on book {older:.1%} of the older cohorts and {newer:.1%} of the newer ones came into default: "
        f"{verdict}."
    )
