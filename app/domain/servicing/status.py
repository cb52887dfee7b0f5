"""What an account is, what it may become, and which accounts are worked and aged.

Source: domain.md part 9. "Past due" is not in the list: it follows from the due dates and is derived by `standing`,
never stored, so it cannot contradict the schedule.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from app.domain.words import Word


class AccountStatus(Word):
    """The decision that somebody, or the end of day, made about an account."""

    PENDING_REVIEW = "pending_review", "Pending review"
    ACTIVE = "active", "Active"
    PAID_OFF = "paid_off", "Paid off"
    DEFAULT = "default", "Default"
    RECOVERY = "recovery", "Recovery"
    RETURNED = "returned", "Returned"
    CANCELLED = "cancelled", "Cancelled"
    VOID = "void", "Void"
    CHARGED_OFF = "charged_off", "Charged off"
    CLOSED = "closed", "Closed"


_S = AccountStatus

TRANSITIONS: Mapping[AccountStatus, frozenset[AccountStatus]] = MappingProxyType(
    {
        # A pending account can be paid, so it can be paid off before its IMEI and cost are entered.
        _S.PENDING_REVIEW: frozenset({_S.ACTIVE, _S.PAID_OFF, _S.CANCELLED, _S.VOID}),
        # Closed: it was settled, or ended otherwise (insured loss, upgrade) while it was in order.
        _S.ACTIVE: frozenset({_S.PAID_OFF, _S.DEFAULT, _S.RETURNED, _S.CANCELLED, _S.VOID, _S.CLOSED}),
        # A reversed last payment takes an account back to wherever it was before it was paid off.
        _S.PAID_OFF: frozenset({_S.PENDING_REVIEW, _S.ACTIVE, _S.DEFAULT, _S.RECOVERY, _S.RETURNED, _S.CHARGED_OFF, _S.CLOSED}),
        # Active again: the customer caught up or was reinstated. Closed: it was settled.
        _S.DEFAULT: frozenset({_S.ACTIVE, _S.RECOVERY, _S.RETURNED, _S.PAID_OFF, _S.CHARGED_OFF, _S.CLOSED}),
        # Default again: the recovery was called off.
        _S.RECOVERY: frozenset({_S.ACTIVE, _S.DEFAULT, _S.RETURNED, _S.PAID_OFF, _S.CHARGED_OFF, _S.CLOSED}),
        # Active again: reinstated within the time that the state's policy grants after a return. Default and recovery again:
        # the receipt of the device was a slip.
        _S.RETURNED: frozenset({_S.ACTIVE, _S.DEFAULT, _S.RECOVERY, _S.PAID_OFF, _S.CHARGED_OFF, _S.CLOSED}),
        _S.CANCELLED: frozenset({_S.ACTIVE, _S.CLOSED}),
        # A void contract never was; a new one is written instead.
        _S.VOID: frozenset(),
        _S.CHARGED_OFF: frozenset({_S.ACTIVE, _S.RECOVERY, _S.PAID_OFF, _S.CLOSED}),
        # Re-opened; the end of day finds again what is late on it.
        _S.CLOSED: frozenset({_S.ACTIVE}),
    }
)
"""What each status may become. An empty set is an end for good."""

OPEN_STATUSES: frozenset[AccountStatus] = frozenset({_S.ACTIVE, _S.DEFAULT, _S.RECOVERY})
"""Still owed and worked: these stand in worklists, in what is due on a day, and in outstanding totals.

Not among them: pending review (not released to collectors until its device is known), returned (the lease ended with
the device; what is left is settled or charged off), charged off (written off the books) and whatever is finished.
"""

AGED_STATUSES: frozenset[AccountStatus] = OPEN_STATUSES | {_S.PENDING_REVIEW}
"""Counted in days past due at the end of day.

A pending account ages too: its customer owes from the first due date whether or not somebody typed the IMEI, and once
it is released it must enter the worklist at its true age.
"""


WITHOUT_INTEREST: frozenset[AccountStatus] = frozenset({_S.RETURNED, _S.CANCELLED, _S.VOID, _S.CHARGED_OFF, _S.CLOSED})
"""No interest accrues after the day on which a financed contract becomes one of these, until it is active again."""


def may_become(status: AccountStatus, other: AccountStatus) -> bool:
    """Whether an account in one status may be given the other.

    >>> may_become(AccountStatus.ACTIVE, AccountStatus.DEFAULT)
    True
    >>> may_become(AccountStatus.VOID, AccountStatus.ACTIVE)
    False
    """
    return other in TRANSITIONS[status]


def status_on(
    changes: Sequence[tuple[date, AccountStatus | None, AccountStatus]],
    day: date,
    *,
    now: AccountStatus,
    looks_through: AccountStatus | None = None,
) -> AccountStatus:
    """The status at the end of a day. `changes`: (business date, from, to), oldest first; `now`: what it is after them all.

    `looks_through` tells the one before that status instead: an account of which an installment is unpaid after all was
    never paid off.

    >>> changes = [(date(2026, 11, 3), AccountStatus.ACTIVE, AccountStatus.DEFAULT),
    ...            (date(2026, 11, 9), AccountStatus.DEFAULT, AccountStatus.PAID_OFF)]
    >>> [status_on(changes, date(2026, 11, day), now=AccountStatus.PAID_OFF).value for day in (2, 3, 9)]
    ['active', 'default', 'paid_off']
    >>> status_on(changes, date(2026, 11, 9), now=AccountStatus.PAID_OFF, looks_through=AccountStatus.PAID_OFF).value
    'default'
    """
    held = next((before for _, before, _ in changes if before is not None), now)
    for on, before, after in changes:
        if on > day:
            break
        held = (before or held) if after is looks_through else after
    return held


def standing(status: AccountStatus, days_past_due: int) -> str:
    """The word that screens show: the status, or "Past due" for an active account that is late.

    >>> standing(AccountStatus.ACTIVE, 0), standing(AccountStatus.ACTIVE, 3), standing(AccountStatus.DEFAULT, 75)
    ('Active', 'Past due', 'Default')
    """
    if status is AccountStatus.ACTIVE and days_past_due > 0:
        return "Past due"
    return status.label
