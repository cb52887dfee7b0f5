"""When a declined charge is tried again (domain.md part 15).

Want of funds: up to 4 tries in 14 days, on paydays. A plain decline: once after 72 hours. All others need somebody to do
something first: a newer card, another card, the customer's word, or our own set-up put right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.autopay.declines import DeclineClass
from app.domain.servicing.months import month_end

FRIDAY = 4
GENERIC_AFTER_DAYS = 3
"""72 hours, in business dates."""


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How often a charge is tried again, and on which days people are paid (settings)."""

    funds_tries: int = 4
    """Tries for want of funds, the first one included."""
    funds_within_days: int = 14
    generic_tries: int = 2
    payday_weekday: int | None = FRIDAY
    """0 is Monday; None: no weekday is a payday."""
    payday_days: tuple[int, ...] = (1, 15)
    """Days of the month; one that falls on a weekend is paid on the Friday before."""


def is_payday(on: date, rules: RetryRules) -> bool:
    """Whether wages are usually paid on a date.

    >>> [is_payday(date(2026, 11, day), RetryRules()) for day in (13, 15, 16, 20)]
    [True, False, False, True]
    >>> is_payday(date(2027, 1, 15), RetryRules(payday_weekday=None))  # A Friday in its own right.
    True
    """
    if rules.payday_weekday is not None and on.weekday() == rules.payday_weekday:
        return True
    return any(_paid_on(on + timedelta(days=ahead), rules) == on for ahead in range(3))


def _paid_on(nominal: date, rules: RetryRules) -> date | None:
    """When wages of a nominal day of the month are paid; None when it is no such day."""
    last = month_end(nominal).day
    if nominal.day not in {min(day, last) for day in rules.payday_days}:
        return None
    return nominal - timedelta(days=max(0, nominal.weekday() - FRIDAY))


def next_try(why: DeclineClass, declined_on: date, earlier: Sequence[date], rules: RetryRules) -> date | None:
    """When a charge that was declined on a date is tried again; None when it is not.

    `earlier` are the dates of the earlier declines of the same series, in any order.

    >>> thursday = date(2026, 11, 19)
    >>> next_try(DeclineClass.FUNDS, thursday, [], RetryRules())
    datetime.date(2026, 11, 20)
    >>> next_try(DeclineClass.GENERIC, thursday, [], RetryRules())
    datetime.date(2026, 11, 22)
    >>> next_try(DeclineClass.GENERIC, date(2026, 11, 22), [thursday], RetryRules()) is None
    True
    """
    tries = len(earlier) + 1
    if why is DeclineClass.GENERIC:
        return declined_on + timedelta(days=GENERIC_AFTER_DAYS) if tries < rules.generic_tries else None
    if why is not DeclineClass.FUNDS or tries >= rules.funds_tries:
        return None
    last_on = min([*earlier, declined_on]) + timedelta(days=rules.funds_within_days)
    day = declined_on + timedelta(days=1)
    while day <= last_on:
        if is_payday(day, rules):
            return day
        day += timedelta(days=1)
    return None
