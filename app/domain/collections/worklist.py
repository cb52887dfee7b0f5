"""Whom to work first, and why (domain.md part 11), in a house that has not set up weights of its own.

Each dollar past due is a point and each day past due is a point: an account rises with its amount and with its age, and
anybody can add it up. A follow-up whose time has come goes before everything else. A house's own weights: `weights`.
"""

from dataclasses import dataclass

from app.domain.money import as_text
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus

CENTS_PER_POINT = 100
"""A whole dollar past due weighs as much as a day past due."""

FOLLOW_UP_FIRST = 1_000_000
"""Points that put an account whose follow-up is due before all others; they are no part of its weight."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the order looks at."""

    account_number: str
    past_due_cents: int
    days_past_due: int
    has_follow_up_due: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of "why is this first?"."""

    label: str
    points: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """An account's weight and what it is made of: plain values that can be stored as they are shown."""

    reasons: tuple[Reason, ...]
    goes_first: bool

    @property
    def weight(self) -> int:
        """The sum of the points."""
        return sum(reason.points for reason in self.reasons)

    def as_json(self) -> dict[str, object]:
        """The breakdown as JSON keeps it."""
        return {
            "weight": self.weight,
            "goes_first": self.goes_first,
            "reasons": [{"label": reason.label, "points": reason.points} for reason in self.reasons],
        }

    def as_text(self) -> str:
        """The breakdown as a sentence.

        >>> breakdown(Candidate("A-7", 54_000, 42)).as_text()
        '$540.00 past due (540) and 42 days past due (42) make a weight of 582.'
        """
        sums = " and ".join(f"{reason.label} ({reason.points:,})" for reason in self.reasons)
        first = "A follow-up is due, so it goes first. " if self.goes_first else ""
        return f"{first}{sums} make a weight of {self.weight:,}."


def is_worked(status: AccountStatus, past_due_cents: int, *, has_follow_up_due: bool = False) -> bool:
    """Whether an account stands in a worklist: it is open, and it is late or a follow-up is due.

    >>> is_worked(AccountStatus.ACTIVE, 5_400), is_worked(AccountStatus.ACTIVE, 0)
    (True, False)
    >>> is_worked(AccountStatus.PAID_OFF, 5_400)
    False
    """
    return status in OPEN_STATUSES and (past_due_cents > 0 or has_follow_up_due)


def weight(past_due_cents: int, days_past_due: int) -> int:
    """Points of an account: whole dollars past due and days past due.

    >>> weight(54_099, 42)
    582
    """
    return past_due_cents // CENTS_PER_POINT + days_past_due


def breakdown(candidate: Candidate) -> Breakdown:
    """What an account's weight is made of."""
    days = "1 day" if candidate.days_past_due == 1 else f"{candidate.days_past_due} days"
    return Breakdown(
        reasons=(
            Reason(f"{as_text(candidate.past_due_cents)} past due", weight(candidate.past_due_cents, 0)),
            Reason(f"{days} past due", weight(0, candidate.days_past_due)),
        ),
        goes_first=candidate.has_follow_up_due,
    )


def rank_key(candidate: Candidate) -> tuple[bool, int, int, int, str]:
    """Sorts candidates into the order of work: follow-ups due, weight, then amount, days and account number.

    >>> small, large = Candidate("A-2", 6_000, 89), Candidate("A-1", 10_000, 10)
    >>> [candidate.account_number for candidate in sorted([large, small], key=rank_key)]
    ['A-2', 'A-1']
    """
    return (
        not candidate.has_follow_up_due,
        -weight(candidate.past_due_cents, candidate.days_past_due),
        -candidate.past_due_cents,
        -candidate.days_past_due,
        candidate.account_number,
    )
