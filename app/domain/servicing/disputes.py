"""Disputes: what is disputed, until when it has to be decided, and what it pauses meanwhile.

Source: domain.md part 11: reason, evidence and a resolution deadline are required; open → under review → resolved (upheld,
rejected); an open one pauses late fees and AutoPay on what is disputed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.errors import RuleViolation
from app.domain.servicing.delinquency import Pause
from app.domain.words import Word

DECIDE_WITHIN_DAYS = 30
"""Days from opening to the deadline, unless the setting `dispute_days` says otherwise."""
NEAR_DAYS = 3
"""A deadline so many days ahead, or passed, is an alert, unless the setting `dispute_near_days` says otherwise."""
LONGEST_DAYS = 365
LEAST_STATEMENT = 10
"""Letters below which a written statement says nothing."""


class DisputeReason(Word):
    """Why the customer does not agree."""

    AMOUNT = "amount", "Wrong amount"
    PAID = "paid", "Paid already"
    FEE = "fee", "Fee not owed"
    CHARGE = "charge", "Card charge not agreed to"
    DEVICE = "device", "Device faulty or never received"
    RETURNED = "returned", "Device was returned"
    IDENTITY = "identity", "Not their lease"
    OTHER = "other", "Something else"


class DisputeState(Word):
    """Whether it still has to be decided, and how it was."""

    OPEN = "open", "Open"
    UNDER_REVIEW = "under_review", "Under review"
    UPHELD = "upheld", "Upheld"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


_S = DisputeState

DISPUTE_TRANSITIONS: Mapping[DisputeState, frozenset[DisputeState]] = MappingProxyType(
    {
        _S.OPEN: frozenset({_S.UNDER_REVIEW, _S.WITHDRAWN}),
        _S.UNDER_REVIEW: frozenset({_S.UPHELD, _S.REJECTED, _S.WITHDRAWN}),
        # Taken up again: something new came in, or the decision was a slip.
        _S.UPHELD: frozenset({_S.UNDER_REVIEW}),
        _S.REJECTED: frozenset({_S.UNDER_REVIEW}),
        _S.WITHDRAWN: frozenset({_S.UNDER_REVIEW}),
    }
)
"""What each state may become."""

PAUSING: frozenset[DisputeState] = frozenset({_S.OPEN, _S.UNDER_REVIEW})
"""Not decided: late fees and AutoPay wait on what is disputed."""

RESOLVED: frozenset[DisputeState] = frozenset({_S.UPHELD, _S.REJECTED, _S.WITHDRAWN})
"""Decided, or taken back by the customer."""


def may_step(state: DisputeState, other: DisputeState) -> bool:
    """Whether a dispute in one state may be given the other.

    >>> may_step(DisputeState.OPEN, DisputeState.UPHELD), may_step(DisputeState.UNDER_REVIEW, DisputeState.UPHELD)
    (False, True)
    """
    return other in DISPUTE_TRANSITIONS[state]


def check(
    *, amount_cents: int, most_cents: int, statement: str, files: int, opened_on: dt.date, deadline_on: dt.date | None
) -> None:
    """Refuse a dispute that lacks something; `most_cents` is all that was ever asked of the account.

    Raises RuleViolation with the sentence and the field.

    >>> check(amount_cents=5_400, most_cents=140_400, statement="", files=0,
    ...     opened_on=dt.date(2026, 11, 20), deadline_on=dt.date(2026, 12, 20))
    Traceback (most recent call last):
    ...
    app.domain.errors.RuleViolation: Add a file, or write down what the customer says: a dispute needs evidence.
    """
    if amount_cents <= 0:
        raise RuleViolation("Enter the amount that is disputed.", field="amount")
    if amount_cents > most_cents:
        raise RuleViolation("That is more than this account was ever asked to pay.", field="amount")
    if not files and len(statement.strip()) < LEAST_STATEMENT:
        raise RuleViolation("Add a file, or write down what the customer says: a dispute needs evidence.", field="statement")
    check_deadline(opened_on, deadline_on)


def check_deadline(opened_on: dt.date, deadline_on: dt.date | None) -> None:
    """Refuse a deadline that is missing, before the dispute began, or so far away that it is none."""
    if deadline_on is None:
        raise RuleViolation("Enter the day by which the dispute has to be decided.", field="deadline_on")
    if deadline_on < opened_on:
        raise RuleViolation("The deadline lies before the day on which the dispute was opened.", field="deadline_on")
    if (deadline_on - opened_on).days > LONGEST_DAYS:
        raise RuleViolation("The deadline is more than a year away.", field="deadline_on")


@dataclass(frozen=True, slots=True)
class OpenLine:
    """An installment with what is unpaid of it."""

    number: int
    due_on: dt.date
    unpaid_cents: int


@dataclass(frozen=True, slots=True)
class Disputed:
    """An amount that is disputed, of one installment or (None) of the account."""

    amount_cents: int
    installment_number: int | None = None


def disputed_parts(lines: Iterable[OpenLine], disputes: Iterable[Disputed]) -> dict[int, int]:
    """Cents of each installment that are disputed; the number of an installment without any is left out.

    A dispute of one installment counts on that one, up to what is unpaid of it. A dispute of the account alone counts on what
    is owed first: the oldest unpaid installments.

    >>> lines = [OpenLine(1, dt.date(2026, 11, 6), 5_400), OpenLine(2, dt.date(2026, 11, 20), 5_400)]
    >>> disputed_parts(lines, [Disputed(7_000)])
    {1: 5400, 2: 1600}
    >>> disputed_parts(lines, [Disputed(6_000, 2), Disputed(1_000)])
    {1: 1000, 2: 5400}
    """
    named: dict[int, int] = {}
    whole_cents = 0
    for dispute in disputes:
        if dispute.installment_number is None:
            whole_cents += dispute.amount_cents
        else:
            named[dispute.installment_number] = named.get(dispute.installment_number, 0) + dispute.amount_cents
    parts: dict[int, int] = {}
    for line in sorted(lines, key=lambda each: (each.due_on, each.number)):
        own_cents = min(line.unpaid_cents, named.get(line.number, 0))
        share_cents = min(line.unpaid_cents - own_cents, whole_cents)
        whole_cents -= share_cents
        if own_cents + share_cents:
            parts[line.number] = own_cents + share_cents
    return parts


def pause_of(opened_on: dt.date, resolved_on: dt.date | None, *, today: dt.date) -> Pause:
    """The days that a dispute takes out of the count of delinquent days, both ends included.

    >>> pause_of(dt.date(2026, 9, 20), dt.date(2026, 10, 5), today=dt.date(2026, 11, 1)).to_on
    datetime.date(2026, 10, 5)
    """
    return Pause(opened_on, resolved_on or max(opened_on, today))
