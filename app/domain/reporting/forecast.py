"""What may be expected to come in: rates that lean on little evidence only a little, survival, and how wrong a forecast was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.domain.words import Word

EVIDENCE_DAYS = 90
"""How far back rates look."""
DAYS_AHEAD = 10
MONTHS_AHEAD = 12


class Horizon(Word):
    """A forecast for one day, or for one calendar month."""

    DAY = "day", "Day"
    MONTH = "month", "Month"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What falls due in a day or a month, and what of it, and beside it, may be expected; amounts in cents."""

    horizon: Horizon
    for_on: dt.date
    """The day, or the first of the month."""
    due: int
    contractual_cents: int
    installments_cents: int
    """Expected of what falls due."""
    promises_cents: int = 0
    """Expected of promises for that day."""
    retries_cents: int = 0
    """Expected of cards that are tried again on that day."""

    @property
    def expected_cents(self) -> int:
        """All three."""
        return self.installments_cents + self.promises_cents + self.retries_cents


def smoothed(good: int, matured: int) -> Fraction:
    """A rate by domain.md part 13: (paid + 2) / (due + 4). Without evidence it is a half; with much it is the rate.

    >>> smoothed(0, 0), smoothed(90, 100)
    (Fraction(1, 2), Fraction(23, 26))
    """
    return Fraction(good + 2, matured + 4)


def rounded(amount: Fraction) -> int:
    """Whole cents, half up.

    >>> rounded(Fraction(5, 2)), rounded(Fraction(7, 3))
    (3, 2)
    """
    return int(amount + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Exits:
    """How many accounts were seen to reach an age in months and leave there: in default, or otherwise or not yet."""

    defaulted: int = 0
    others: int = 0


def hazards(exits: Mapping[int, Exits]) -> list[Fraction]:
    """For each month on book the chance that an account which reached it defaults in it: (defaults + 1) / (accounts + 100).

    An account counts in every month up to the one in which it was last seen. With few accounts the chance is about one in a
    hundred.

    >>> [str(each) for each in hazards({0: Exits(0, 10), 2: Exits(5, 85)})]
    ['1/200', '1/190', '3/95']
    """
    oldest = max(exits, default=-1)
    at_risk = sum(each.defaulted + each.others for each in exits.values())
    found = []
    for age in range(oldest + 1):
        here = exits.get(age, Exits())
        found.append(Fraction(here.defaulted + 1, at_risk + 100))
        at_risk -= here.defaulted + here.others
    return found


def survival(chances: Sequence[Fraction], age: int, months: int) -> Fraction:
    """The chance that an account of an age in months has not defaulted so many months later.

    Ages that nobody has reached yet take the chance of the oldest one.

    >>> survival([Fraction(1, 10), Fraction(1, 5)], 0, 2), survival([Fraction(1, 10)], 5, 1), survival([], 3, 4)
    (Fraction(18, 25), Fraction(9, 10), Fraction(1, 1))
    """
    left = Fraction(1)
    for month in range(age, age + months):
        if chances:
            left *= 1 - chances[min(month, len(chances) - 1)]
    return left


@dataclass(frozen=True, slots=True)
class Tested:
    """A forecast beside what came in."""

    made_on: dt.date
    for_on: dt.date
    expected_cents: int
    actual_cents: int

    @property
    def error_cents(self) -> int:
        """Positive when more was expected than came."""
        return self.expected_cents - self.actual_cents


def total_error(tested: Iterable[Tested]) -> float | None:
    """The sum of the misses as a share of what came in; None when nothing did.

    >>> day = dt.date(2026, 11, 20)
    >>> total_error([Tested(day, day, 110, 100), Tested(day, day, 90, 100)])
    0.1
    """
    known = list(tested)
    actual = sum(each.actual_cents for each in known)
    return sum(abs(each.error_cents) for each in known) / actual if actual else None


def bias(tested: Iterable[Tested]) -> float | None:
    """How much more was expected than came in all, as a share of what came; negative when too little was expected.

    >>> day = dt.date(2026, 11, 20)
    >>> bias([Tested(day, day, 110, 100), Tested(day, day, 90, 100)])
    0.0
    """
    known = list(tested)
    actual = sum(each.actual_cents for each in known)
    return sum(each.error_cents for each in known) / actual if actual else None
