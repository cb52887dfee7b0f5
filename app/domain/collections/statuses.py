"""Collection statuses: what they are called, when their follow-up falls due, who may change them, and the automatic ones.

Codes have two characters (domain.md part 11, LeasePak U1151). A status of the supervisor's type is never changed by
automation or by an ordinary collector.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

from app.domain.words import Word

CODE = re.compile(r"[0-9A-Z]{2}")
NEW = "00"
"""What an account is in that nobody has given a status."""

NO_CONTACT_FROM = frozenset({"00", "01", "30"})
"""Only from these does an account become "no contact"."""
NO_CONTACT_DAYS = 7


class IntervalUnit(Word):
    """In what a follow-up interval is counted."""

    DAYS = "d", "Days"
    MINUTES = "m", "Minutes"
    HOURS = "h", "Hours"


def follow_up_at(now: dt.datetime, interval: int | None, unit: IntervalUnit | None) -> dt.datetime | None:
    """When the follow-up of a status that is set now falls due; None for a status without an interval.

    >>> at = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
    >>> [str(follow_up_at(at, 2, unit))[:16] for unit in (IntervalUnit.DAYS, IntervalUnit.HOURS, IntervalUnit.MINUTES)]
    ['2026-11-22 15:30', '2026-11-20 17:30', '2026-11-20 15:32']
    >>> follow_up_at(at, None, None) is None
    True
    """
    if not interval or unit is None:
        return None
    length = {
        IntervalUnit.DAYS: dt.timedelta(days=interval),
        IntervalUnit.HOURS: dt.timedelta(hours=interval),
        IntervalUnit.MINUTES: dt.timedelta(minutes=interval),
    }[unit]
    return now + length


def may_change(*, is_supervisor_type: bool, by_supervisor: bool) -> bool:
    """Whether an account leaves its status: out of a supervisor's status only a supervisor takes it.

    >>> may_change(is_supervisor_type=True, by_supervisor=False), may_change(is_supervisor_type=False, by_supervisor=False)
    (False, True)
    """
    return by_supervisor or not is_supervisor_type


@dataclass(frozen=True, slots=True)
class Facts:
    """What an end of day knows of an account's day."""

    code: str
    """Its collection status now."""
    is_late: bool
    payment_returned: bool = False
    """A payment came back on this business date."""
    promise_broken: bool = False
    """A promise was found broken on this business date."""
    became_late: bool = False
    """It was not past due the day before."""
    first_payment_open: bool = False
    """Nothing of the contract's first installment is paid off."""
    was_late_before: bool = False
    """It has been past due at some time before, or paid an installment late."""
    contacted_lately: bool = False
    """Somebody tried to reach the customer in the last 7 days, this one included."""


AUTOMATIC = ("80", "81", "83", "82", "85")
"""What an end of day can give, the strongest first."""


def automatic(facts: Facts, available: Collection[str] = AUTOMATIC) -> str | None:
    """The status that an end of day gives, or None: the first that fits of 80, 81, 83, 82, 85.

    80 returned payment, 81 first payment default, 83 broken promise, 82 first time delinquent, 85 no contact. `available`
    are the codes that a house has switched on. The status that an account is in already is no news.

    >>> automatic(Facts("01", is_late=True, payment_returned=True, promise_broken=True))
    '80'
    >>> automatic(Facts("00", is_late=True, became_late=True, first_payment_open=True))
    '81'
    >>> automatic(Facts("00", is_late=True, became_late=True, promise_broken=True))
    '83'
    >>> automatic(Facts("00", is_late=True, became_late=True))
    '82'
    >>> automatic(Facts("30", is_late=True)), automatic(Facts("40", is_late=True)), automatic(Facts("30", is_late=False))
    ('85', None, None)
    >>> automatic(Facts("83", is_late=True, promise_broken=True)) is None
    True
    """
    grounds = {
        "80": facts.payment_returned,
        "81": facts.became_late and facts.first_payment_open,
        "83": facts.promise_broken,
        "82": facts.became_late and not facts.was_late_before,
        "85": facts.is_late and not facts.contacted_lately and facts.code in NO_CONTACT_FROM,
    }
    found = next((code for code in AUTOMATIC if grounds[code] and code in available), None)
    return None if found == facts.code else found
