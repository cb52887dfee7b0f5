"""Until when a customer may bring a lapsed lease back to life by paying what is past due (domain.md part 9).

The figures are the statutes' and stand in policy rows; here is how they combine.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import due_on


@dataclass(frozen=True, slots=True)
class Grants:
    """What a policy grants, counted from the first due date that was missed."""

    days_weekly: int
    days_longer: int
    periods: Decimal | None = None
    """At least so many payment periods; a half one is rounded down to whole days."""
    days_if_returned: int | None = None
    """At least so many days once the device was given back."""


def reinstate_until(grants: Grants, frequency: Frequency, missed_on: date, *, is_returned: bool = False) -> date:
    """The last day on which the lease may be reinstated.

    >>> missed = date(2026, 10, 1)
    >>> california = Grants(7, 10, days_if_returned=365)
    >>> reinstate_until(california, Frequency.WEEKLY, missed).isoformat()
    '2026-10-08'
    >>> reinstate_until(california, Frequency.MONTHLY, missed, is_returned=True).isoformat()
    '2027-10-01'
    >>> texas = Grants(7, 7, periods=Decimal("0.5"))
    >>> [reinstate_until(texas, each, missed).day for each in (Frequency.WEEKLY, Frequency.BIWEEKLY, Frequency.MONTHLY)]
    [8, 8, 16]
    >>> reinstate_until(Grants(0, 0, periods=Decimal(3)), Frequency.MONTHLY, missed).isoformat()
    '2027-01-01'
    """
    days = grants.days_weekly if frequency is Frequency.WEEKLY else grants.days_longer
    until = missed_on + timedelta(days=days)
    if grants.periods is not None:
        until = max(until, _periods_after(missed_on, frequency, grants.periods))
    if is_returned and grants.days_if_returned is not None:
        until = max(until, missed_on + timedelta(days=grants.days_if_returned))
    return until


def _periods_after(on: date, frequency: Frequency, periods: Decimal) -> date:
    """Whole periods by the calendar, and a part of the next one in whole days."""
    whole = int(periods)
    reached, next_on = due_on(frequency, on, whole), due_on(frequency, on, whole + 1)
    return reached + timedelta(days=int((next_on - reached).days * (periods - whole)))
