"""How late an account is, and with how much (domain.md parts 8 and 9).

`age` is the specification of the set-based aging at the end of day: a test demands that both give the same answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from app.domain.servicing.frequency import Frequency
from app.domain.servicing.months import days_30_360, month_end

DEFAULT_AFTER_DAYS: Mapping[Frequency, int] = {
    Frequency.WEEKLY: 60,
    Frequency.BIWEEKLY: 90,
    Frequency.SEMIMONTHLY: 90,
    Frequency.MONTHLY: 90,
}
"""Days past due at which an account is in default: 60 for weeks, 90 for anything longer."""


class Owed(Protocol):
    """Anything that is owed on a date."""

    @property
    def due_on(self) -> date:
        """The date by which it should be paid."""

    @property
    def unpaid_cents(self) -> int:
        """What is still owed of it."""


@dataclass(frozen=True, slots=True)
class DueLine:
    """An installment as aging sees it, with the fees that hang on it: unpaid = amount + fees - applied.

    >>> DueLine(date(2026, 11, 20), amount_cents=5_400, fees_cents=270, applied_cents=2_000).unpaid_cents
    3670
    """

    due_on: date
    amount_cents: int
    fees_cents: int = 0
    applied_cents: int = 0

    @property
    def unpaid_cents(self) -> int:
        """What is still owed of it."""
        return self.amount_cents + self.fees_cents - self.applied_cents


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count against the customer, both ends included: an open dispute, a hold."""

    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class Aging:
    """How an account stands on a business date; amounts in cents.

    Next due is the oldest line with something open, late or to come: what must be paid next. It is None, with 0 cents,
    when all is paid.
    """

    days_past_due: int
    past_due_cents: int
    oldest_due_on: date | None
    next_due_on: date | None
    next_due_cents: int
    balance_cents: int


def is_past_due(due_on: date, unpaid_cents: int, business_on: date, tolerance_cents: int = 0) -> bool:
    """Whether something owed is late: due before the business date and short by more than the tolerance.

    >>> today = date(2026, 11, 20)
    >>> is_past_due(date(2026, 11, 19), 1, today), is_past_due(today, 5_400, today)
    (True, False)
    >>> is_past_due(date(2026, 11, 1), 50, today, tolerance_cents=50)
    False
    """
    return due_on < business_on and unpaid_cents > tolerance_cents


def days_past_due(business_on: date, oldest_past_due_on: date | None, thirty_day_months: bool = False) -> int:
    """DPD: days from the oldest past-due due date to the business date; 0 for an account that is current.

    With 30-day months a due date on the 30th is 0 days late on the 31st, as the formula has it.

    >>> days_past_due(date(2026, 11, 20), date(2026, 10, 9)), days_past_due(date(2026, 11, 20), None)
    (42, 0)
    >>> days_past_due(date(2026, 3, 1), date(2026, 2, 28), thirty_day_months=True)
    3
    """
    if oldest_past_due_on is None or oldest_past_due_on >= business_on:
        return 0
    if thirty_day_months:
        return days_30_360(oldest_past_due_on, business_on)
    return (business_on - oldest_past_due_on).days


def delinquent_days(
    business_on: date,
    oldest_past_due_on: date | None,
    *,
    grace_days: int,
    pauses: Iterable[Pause] = (),
    thirty_day_months: bool = False,
) -> int:
    """DPD less grace and less the pause days inside the overdue window; a day under two pauses counts once.

    The window begins the day after the due date and ends with the business date.

    >>> dispute = Pause(date(2026, 9, 20), date(2026, 10, 5))
    >>> delinquent_days(date(2026, 10, 31), date(2026, 10, 1), grace_days=7, pauses=[dispute])
    19
    """
    if oldest_past_due_on is None or oldest_past_due_on >= business_on:
        return 0
    paused, first_uncounted_on = 0, oldest_past_due_on + timedelta(days=1)
    for pause in sorted(pauses, key=lambda each: each.from_on):
        from_on, to_on = max(pause.from_on, first_uncounted_on), min(pause.to_on, business_on)
        if from_on <= to_on:
            paused += (to_on - from_on).days + 1
            first_uncounted_on = to_on + timedelta(days=1)
    return max(0, days_past_due(business_on, oldest_past_due_on, thirty_day_months) - grace_days - paused)


def min_due(payment_cents: int, past_due_cents: int) -> int:
    """The least that keeps an account going: its payment and whatever is past due.

    >>> min_due(16_493, 32_986)
    49479
    """
    return payment_cents + past_due_cents


def delq_days_eom(business_on: date, dpd: int, next_due_on: date | None) -> int:
    """Days the account will be late at the month's end if nothing is paid; from the next due date if it is current.

    >>> delq_days_eom(date(2026, 11, 20), 42, None), delq_days_eom(date(2026, 11, 20), 0, date(2026, 11, 25))
    (52, 5)
    """
    last_on = month_end(business_on)
    if dpd > 0:
        return dpd + (last_on - business_on).days
    return 0 if next_due_on is None else max(0, (last_on - next_due_on).days)


def age(lines: Iterable[Owed], business_on: date, *, tolerance_cents: int = 0, thirty_day_months: bool = False) -> Aging:
    """How late an account is on a date, over all that is owed on it.

    Past due and next due look past amounts within the tolerance; the balance counts every cent. Of two lines with the
    same due date the one given first is due next.

    >>> owed = [DueLine(date(2026, 11, day), 5_400) for day in (6, 13, 20, 27)]
    >>> late = age(owed, date(2026, 11, 20))
    >>> late.days_past_due, late.past_due_cents, late.next_due_on, late.next_due_cents, late.balance_cents
    (14, 10800, datetime.date(2026, 11, 6), 5400, 21600)
    """
    owed = [(line.due_on, line.unpaid_cents) for line in lines]
    open_lines = [(due, cents) for due, cents in owed if cents > tolerance_cents]
    past_due = [(due, cents) for due, cents in owed if is_past_due(due, cents, business_on, tolerance_cents)]
    next_due_on, next_due_cents = min(open_lines, key=lambda line: line[0], default=(None, 0))
    oldest_due_on = min((due for due, _ in past_due), default=None)
    return Aging(
        days_past_due=days_past_due(business_on, oldest_due_on, thirty_day_months),
        past_due_cents=sum(cents for _, cents in past_due),
        oldest_due_on=oldest_due_on,
        next_due_on=next_due_on,
        next_due_cents=next_due_cents,
        balance_cents=sum(cents for _, cents in owed),
    )


def default_after_days(frequency: Frequency) -> int:
    """Days past due at which an account of that frequency is in default.

    >>> default_after_days(Frequency.WEEKLY), default_after_days(Frequency.MONTHLY)
    (60, 90)
    """
    return DEFAULT_AFTER_DAYS[frequency]


def is_default(frequency: Frequency, dpd: int) -> bool:
    """Whether an account is late enough to be in default.

    >>> is_default(Frequency.WEEKLY, 59), is_default(Frequency.WEEKLY, 60), is_default(Frequency.MONTHLY, 60)
    (False, True, False)
    """
    return dpd >= default_after_days(frequency)
