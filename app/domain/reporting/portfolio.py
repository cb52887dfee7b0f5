"""The portfolio in small heaps of like accounts, from which every table of the Reports page adds up (pages.md, Reports)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TypeVar

from app.domain.money import half_up
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus

K = TypeVar("K")
PAST_DUE = "past_due"
"""An active account that is late; every other standing is its status."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What is added up over accounts; amounts in cents."""

    accounts: int = 0
    owed_cents: int = 0
    """Unpaid installments and fees, as long as they are owed: nothing of what is returned, written off or cancelled."""
    past_due_cents: int = 0
    payment_cents: int = 0
    down_cents: int = 0
    costed: int = 0
    """Accounts whose device has a known cost: only these have a profit."""
    profit_cents: int = 0
    """Contract profit: paid plus owed less device cost."""
    realised_cents: int = 0
    """Realised profit: paid less device cost."""
    first_due: int = 0
    first_made: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Sums)))

    @property
    def average_payment_cents(self) -> int | None:
        """Cents; None when there is no account."""
        return average(self.payment_cents, self.accounts)

    @property
    def average_down_cents(self) -> int | None:
        """Cents; None when there is no account."""
        return average(self.down_cents, self.accounts)

    @property
    def average_profit_cents(self) -> int | None:
        """Cents, over accounts whose device has a known cost; None when there is none."""
        return average(self.profit_cents, self.costed)

    @property
    def average_realised_cents(self) -> int | None:
        """Cents, over the same accounts."""
        return average(self.realised_cents, self.costed)


@dataclass(frozen=True, slots=True)
class Heap:
    """Accounts that are alike in what the tables group by."""

    standing: str
    """A status, or "past_due"."""
    frequency: Frequency
    bank: str
    bucket: int | None
    """Place of the report bucket; None for accounts that are not aged."""
    sums: Sums


@dataclass(frozen=True, slots=True)
class Performance:
    """One row of the performance tables."""

    total: int
    active: int
    """Status Active, late ones included."""
    past_due: int
    defaulted: int
    paid_off: int
    first_due: int
    first_made: int

    @property
    def past_due_rate(self) -> float | None:
        """Late ones of the active ones."""
        return share(self.past_due, self.active)

    @property
    def default_rate(self) -> float | None:
        """Accounts in default of all."""
        return share(self.defaulted, self.total)

    @property
    def first_rate(self) -> float | None:
        """First installments made of those due."""
        return share(self.first_made, self.first_due)


def average(cents: int, number: int) -> int | None:
    """Whole cents, half up; None of nothing.

    >>> average(1_001, 2), average(0, 0)
    (501, None)
    """
    return half_up(Decimal(cents) / number / 100) if number else None


def share(part: int, whole: int) -> float | None:
    """A part of a whole, 0 to 1; None of nothing.

    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None


def total(heaps: Iterable[Heap]) -> Sums:
    """All of them together."""
    return sum((heap.sums for heap in heaps), Sums())


def grouped(heaps: Iterable[Heap], key: Callable[[Heap], K]) -> dict[K, list[Heap]]:
    """The heaps by a key; the groups together are all of them.

    >>> one = Heap("active", Frequency.WEEKLY, "debit", 0, Sums(accounts=2))
    >>> other = Heap("default", Frequency.WEEKLY, "none", 4, Sums(accounts=1))
    >>> {name: total(each).accounts for name, each in grouped([one, other], lambda heap: heap.standing).items()}
    {'active': 2, 'default': 1}
    """
    found: dict[K, list[Heap]] = {}
    for heap in heaps:
        found.setdefault(key(heap), []).append(heap)
    return found


def performance(heaps: Iterable[Heap]) -> Performance:
    """How some accounts perform.

    >>> late = Heap("past_due", Frequency.WEEKLY, "none", 1, Sums(accounts=1, first_due=1))
    >>> well = Heap("active", Frequency.WEEKLY, "none", 0, Sums(accounts=3, first_due=3, first_made=3))
    >>> row = performance([late, well])
    >>> row.active, row.past_due, row.past_due_rate, row.first_rate
    (4, 1, 0.25, 0.75)
    """
    known = list(heaps)

    def count(*standings: str) -> int:
        return total(heap for heap in known if heap.standing in standings).accounts

    sums = total(known)
    return Performance(
        total=sums.accounts,
        active=count(AccountStatus.ACTIVE, PAST_DUE),
        past_due=count(PAST_DUE),
        defaulted=count(AccountStatus.DEFAULT),
        paid_off=count(AccountStatus.PAID_OFF),
        first_due=sums.first_due,
        first_made=sums.first_made,
    )
