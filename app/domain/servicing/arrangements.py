"""Arrangements: what is agreed with a customer who cannot pay as the contract says, and how far it may go (domain.md part 7).

What each kind does to the schedule stands in `moves`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from app.domain.servicing.frequency import Frequency
from app.domain.servicing.months import day_in_month, month_number
from app.domain.words import Word


class ArrangementKind(Word):
    """What is agreed."""

    EXTENSION = "extension", "Extension"
    DEFERRAL = "deferral", "Deferral"
    DUE_DATE_CHANGE = "due_date_change", "Due date change"
    PAYMENT_PLAN = "payment_plan", "Payment plan"
    SETTLEMENT = "settlement", "Settlement"


class ArrangementState(Word):
    """How far it has come."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    APPLIED = "applied", "Applied"
    REVERSED = "reversed", "Reversed"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    FAILED = "failed", "Failed"


_S, _K = ArrangementState, ArrangementKind

STATE_TRANSITIONS: Mapping[ArrangementState, frozenset[ArrangementState]] = MappingProxyType(
    {
        _S.REQUESTED: frozenset({_S.APPROVED, _S.REJECTED, _S.WITHDRAWN}),
        # A settlement waits here for its money; if it does not come by its day, it has failed.
        _S.APPROVED: frozenset({_S.APPLIED, _S.WITHDRAWN, _S.FAILED}),
        # Approved again: the payment that completed a settlement went back out.
        _S.APPLIED: frozenset({_S.REVERSED, _S.APPROVED}),
        _S.REVERSED: frozenset(),
        _S.REJECTED: frozenset(),
        _S.WITHDRAWN: frozenset(),
        _S.FAILED: frozenset(),
    }
)
"""What each state may become."""

WAITING_STATES: frozenset[ArrangementState] = frozenset({_S.REQUESTED, _S.APPROVED})
"""Somebody has yet to decide or to pay. An account has one of these at most."""

LIMITED_KINDS: frozenset[ArrangementKind] = frozenset({_K.EXTENSION, _K.DEFERRAL, _K.DUE_DATE_CHANGE, _K.PAYMENT_PLAN})
"""These put money off, so they count against the limits."""

UNLIMITED_KINDS: frozenset[ArrangementKind] = frozenset({_K.SETTLEMENT})
"""A settlement ends the account; who may forgive how much is another limit."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed on, as far as its kind needs it: an extension has days, a deferral a count, and so on."""

    days: int | None = None
    count: int | None = None
    """Installments that are deferred."""
    due_on: date | None = None
    """The new due date, or the day by which a settlement is paid."""
    parts: int | None = None
    """Parts of a payment plan."""
    amount_cents: int | None = None
    """What settles the account."""

    def as_plain(self) -> dict[str, Any]:
        """The same for a row: only what is given, dates as ISO text.

        >>> Terms(due_on=date(2026, 12, 4)).as_plain()
        {'due_on': '2026-12-04'}
        """
        given = {key: value for key, value in asdict(self).items() if value is not None}
        return given | ({"due_on": self.due_on.isoformat()} if self.due_on else {})

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Terms":
        """The terms that a row keeps.

        >>> Terms.of({"days": 7}) == Terms(days=7), Terms.of({"due_on": "2026-12-04"}).due_on
        (True, datetime.date(2026, 12, 4))
        """
        due_on = plain.get("due_on")
        return cls(**{**plain, "due_on": date.fromisoformat(due_on) if due_on else None})


@dataclass(frozen=True, slots=True)
class Limits:
    """How far arrangements may go before a supervisor has to say why."""

    most_in_12_months: int = 2
    most_days_weekly: int = 14
    most_days_longer: int = 30
    first_days: int = 30
    """Not within so many days of the start."""
    good_payments: int = 1
    """Regular payments that must have come since the last one."""
    most_parts: int = 12
    """Parts of a payment plan."""

    def most_days(self, frequency: Frequency) -> int:
        """By how many days due dates may move."""
        return self.most_days_weekly if frequency is Frequency.WEEKLY else self.most_days_longer


@dataclass(frozen=True, slots=True)
class History:
    """What limits look at: when the lease began, when arrangements were applied, what was paid since the last one."""

    start_on: date
    applied_on: tuple[date, ...] = ()
    paid_since_cents: int = 0


def beyond(
    kind: ArrangementKind,
    *,
    days: int,
    parts: int = 0,
    frequency: Frequency,
    payment_cents: int,
    history: History,
    today: date,
    limits: Limits,
) -> list[str]:
    """Why an arrangement lies beyond the limits, a sentence each; empty when it is within them.

    `days`: by how many days due dates move (a deferral: installments × days of a period).

    >>> told = beyond(ArrangementKind.EXTENSION, days=15, frequency=Frequency.WEEKLY, payment_cents=2_999,
    ...     history=History(date(2026, 1, 5)), today=date(2026, 11, 20), limits=Limits())
    >>> told
    ['Weekly accounts move by 14 days at most; this moves by 15.']
    """
    if kind in UNLIMITED_KINDS:
        return []
    told: list[str] = []
    if kind is ArrangementKind.PAYMENT_PLAN:
        if parts > limits.most_parts:
            told.append(f"A payment plan has {limits.most_parts} parts at most; this has {parts}.")
    elif days > limits.most_days(frequency):
        told.append(f"{frequency.label} accounts move by {limits.most_days(frequency)} days at most; this moves by {days}.")
    if (today - history.start_on).days < limits.first_days:
        told.append(f"The lease is younger than {limits.first_days} days: it began on {history.start_on:%b %-d, %Y}.")
    recent = [on for on in history.applied_on if on > _a_year_before(today)]
    if len(recent) >= limits.most_in_12_months:
        told.append(f"It had {len(recent)} arrangements in the last 12 months; {limits.most_in_12_months} is the most.")
    if history.applied_on and history.paid_since_cents < payment_cents * limits.good_payments:
        told.append(f"No full payment came since the last arrangement of {max(history.applied_on):%b %-d, %Y}.")
    return told


def may_become(state: ArrangementState, other: ArrangementState) -> bool:
    """Whether an arrangement in one state may go to the other.

    >>> may_become(ArrangementState.APPLIED, ArrangementState.REVERSED)
    True
    >>> may_become(ArrangementState.REJECTED, ArrangementState.APPLIED)
    False
    """
    return other in STATE_TRANSITIONS[state]


def _a_year_before(day: date) -> date:
    return day_in_month(month_number(day) - 12, day.day)
