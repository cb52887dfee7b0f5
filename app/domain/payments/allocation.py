"""Which charge each cent of a payment covers (domain.md part 4).

A policy is an order of charges; money is poured over them in that order and what is left over is credit. So a payment
never covers more of a charge than is unpaid, no cent is lost, and two payments of one day cover the same charges
whichever of them comes first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from app.domain.errors import RuleViolation
from app.domain.servicing.charges import ChargeKind
from app.domain.words import Word


class Policy(Word):
    """In which order a payment covers charges; a state's policy row chooses."""

    FEES_FIRST = "fees_first", "Fees first"
    RENT_FIRST = "rent_first", "Rent first"
    NEWEST_FIRST = "newest_first", "Newest first"


@dataclass(frozen=True, slots=True)
class Charge:
    """Something owed: an installment or a fee, known by its kind and key.

    `due_on` is the date from which it ages; a late fee shares the one of its installment. `since_on` is the day a
    charge came to be, when that is later than the contract: money from before that day does not pay it. `moved` tells the
    due dates that arrangements replaced, oldest first: (from which day on it was replaced, the due date until then).
    """

    kind: ChargeKind
    key: int
    due_on: date
    unpaid_cents: int
    since_on: date | None = None
    moved: tuple[tuple[date, date], ...] = ()
    opening_cents: int = 0
    """What the prior system had collected of it; `unpaid_cents` is without that."""

    def due_as_of(self, day: date) -> date:
        """The due date that it had on a day, so that money of that day covers what it covered then.

        >>> moved = Charge(ChargeKind.INSTALLMENT, 1, date(2026, 11, 20), 5_400, moved=((date(2026, 11, 10), date(2026, 11, 6)),))
        >>> moved.due_as_of(date(2026, 11, 9)).day, moved.due_as_of(date(2026, 11, 10)).day
        (6, 20)
        """
        return next((due for until, due in self.moved if until > day), self.due_on) if self.moved else self.due_on


class Ranked(Protocol):
    """What decides where a charge stands in line."""

    @property
    def kind(self) -> ChargeKind:
        """Fee or installment."""

    @property
    def key(self) -> int:
        """Breaks ties."""

    def due_as_of(self, day: date) -> date:
        """The due date that it had on a day."""


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a payment covers one charge."""

    kind: ChargeKind
    key: int
    cents: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a payment covers, in the order in which it was covered, and what is left of it as credit."""

    parts: tuple[Part, ...]
    unapplied_cents: int

    @property
    def applied_cents(self) -> int:
        """What went to charges."""
        return sum(part.cents for part in self.parts)


def allocate(charges: Iterable[Charge], amount_cents: int, *, today: date, policy: Policy = Policy.FEES_FIRST) -> Allocation:
    """Pour an amount over charges in the policy's order as it stands today.

    Fees first: past-due fees, past-due installments, what is due today, then the next ones in due order, each oldest
    first. Rent first: installments due by today, then fees due by today, then the next ones. Newest first: as rent
    first, but the most recently due comes first.

    >>> rent = [Charge(ChargeKind.INSTALLMENT, n, date(2026, 11, 6 + 7 * n), 5_400) for n in range(3)]
    >>> fee = Charge(ChargeKind.FEE, 1, date(2026, 11, 6), 270)
    >>> def covers(policy):
    ...     allocation = allocate([*rent, fee], 6_000, today=date(2026, 11, 18), policy=policy)
    ...     return [(part.kind.value, part.key, part.cents) for part in allocation.parts]
    >>> covers(Policy.FEES_FIRST)
    [('fee', 1, 270), ('installment', 0, 5400), ('installment', 1, 330)]
    >>> covers(Policy.NEWEST_FIRST)
    [('installment', 1, 5400), ('installment', 0, 600)]
    """
    if amount_cents < 0:
        raise RuleViolation("A payment cannot be less than $0.00.", field="amount")
    left_cents = amount_cents
    parts: list[Part] = []
    for charge in in_order(charges, today=today, policy=policy):
        cents = min(left_cents, charge.unpaid_cents)
        if cents > 0:
            parts.append(Part(charge.kind, charge.key, cents))
            left_cents -= cents
    return Allocation(tuple(parts), left_cents)


def in_order(charges: Iterable[Charge], *, today: date, policy: Policy) -> list[Charge]:
    """The charges that money of today may cover, in the order in which it covers them."""
    ranked = [(rank(charge, today, policy), charge) for charge in charges if charge.since_on is None or charge.since_on <= today]
    return [charge for _, charge in sorted(ranked, key=lambda pair: pair[0])]


def unpaid_after(charges: Iterable[Charge], parts: Iterable[Part]) -> tuple[Charge, ...]:
    """The charges with what is left unpaid of them once the parts are paid."""
    covered: dict[tuple[ChargeKind, int], int] = {}
    for part in parts:
        covered[part.kind, part.key] = covered.get((part.kind, part.key), 0) + part.cents
    return tuple(
        replace(charge, unpaid_cents=charge.unpaid_cents - covered.get((charge.kind, charge.key), 0)) for charge in charges
    )


def rank(charge: Ranked, today: date, policy: Policy) -> tuple[int, int, bool, int]:
    """Where a charge stands in line: its group, its date within the group, then fees before rent, then its key."""
    due_on = charge.due_as_of(today)
    day, is_rent = due_on.toordinal(), charge.kind is not ChargeKind.FEE
    if due_on > today:
        return 3, day, is_rent, charge.key
    if policy is Policy.FEES_FIRST:
        group = 2 if due_on == today else int(is_rent)
        return group, day, is_rent, charge.key
    group = 0 if is_rent else 1
    return group, -day if policy is Policy.NEWEST_FIRST else day, is_rent, charge.key
