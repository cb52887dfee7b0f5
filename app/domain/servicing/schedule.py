"""When installments are due and how much each is (domain.md part 3).

A schedule is a first due date, a frequency and, for months, the anchor days: the days of the month that the contract
names. Each due date is computed from the anchors and never from the date before it, so a short February does not pull
the rest of the year with it.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from itertools import count, islice, repeat
from typing import NamedTuple

from app.domain.errors import RuleViolation
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.months import day_in_month, month_number
from app.domain.words import Word

Anchors = tuple[int, ...]
"""Days of the month: none for weeks, one for months, two in rising order for half months. 31 means the month's end."""

MAX_INSTALLMENTS = 1_040
"""Twenty years of weeks. A longer schedule means that total or payment was mistyped."""

_STEP_DAYS: Mapping[Frequency, int] = {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14}
_ANCHOR_COUNT: Mapping[Frequency, int] = {
    Frequency.WEEKLY: 0,
    Frequency.BIWEEKLY: 0,
    Frequency.SEMIMONTHLY: 2,
    Frequency.MONTHLY: 1,
}


# A named tuple and not a dataclass: an import of 100,000 contracts makes millions of these.
class Line(NamedTuple):
    """One installment of a schedule."""

    number: int
    due_on: date
    amount_cents: int


class ChargeRoll(Word):
    """Where a charge goes when its due date is no business day. The due date itself never moves."""

    NONE = "none", "Do not move"
    NEXT = "next", "Next business day"
    PREVIOUS = "previous", "Previous business day"


def default_anchors(frequency: Frequency, day: date) -> Anchors:
    """The anchors that a date speaks for when the contract names none.

    Months: the day itself. Half months: the 15th and the month's end when the date is its month's last day, else the
    1st and the 15th.

    >>> default_anchors(Frequency.MONTHLY, date(2026, 1, 31)), default_anchors(Frequency.SEMIMONTHLY, date(2026, 2, 28))
    ((31,), (15, 31))
    >>> default_anchors(Frequency.SEMIMONTHLY, date(2026, 1, 20)), default_anchors(Frequency.WEEKLY, date(2026, 1, 20))
    ((1, 15), ())
    """
    if frequency is Frequency.MONTHLY:
        return (day.day,)
    if frequency is Frequency.SEMIMONTHLY:
        is_month_end = day == day_in_month(month_number(day), 31)
        return (15, 31) if is_month_end else (1, 15)
    return ()


def due_on(frequency: Frequency, first_due_on: date, k: int, anchors: Anchors | None = None) -> date:
    """The due date k periods after the first one; k = 0 is the first due date itself.

    Weeks count days. Months take the anchor day of the k-th month after, clamped to that month's end. Half months take
    the k-th anchor after the first due date. `anchors=None` derives them from the first due date.

    >>> [due_on(Frequency.MONTHLY, date(2026, 1, 31), k).isoformat()[5:] for k in range(4)]
    ['01-31', '02-28', '03-31', '04-30']
    >>> [due_on(Frequency.SEMIMONTHLY, date(2026, 1, 20), k, (15, 31)).isoformat()[5:] for k in range(1, 7)]
    ['01-31', '02-15', '02-28', '03-15', '03-31', '04-15']
    >>> due_on(Frequency.BIWEEKLY, date(2026, 1, 2), 2)
    datetime.date(2026, 1, 30)
    """
    if k < 0:
        raise ValueError(f"A due date lies {k} periods after the first one.")
    return next(islice(_due_dates(frequency, first_due_on, anchors, from_k=k), 1))


def kth_period_after(start_on: date, frequency: Frequency, k: int, anchors: Anchors | None = None) -> date:
    """The due date of installment k of a contract that gives a start date only; k counts from 1.

    An import knows no first due date: after k payments made, the next one is due at the (k + 1)-th period after the
    start (domain.md part 14).

    >>> kth_period_after(date(2026, 4, 5), Frequency.WEEKLY, 30)
    datetime.date(2026, 11, 1)
    >>> kth_period_after(date(2026, 1, 31), Frequency.MONTHLY, 1)
    datetime.date(2026, 2, 28)
    """
    return due_on(frequency, start_on, k, anchors)


def number_of_payments(total_cents: int, payment_cents: int) -> int:
    """How many payments pay a total: rounded up, the last one smaller.

    >>> number_of_payments(10_000, 3_000), number_of_payments(9_000, 3_000)
    (4, 3)
    """
    if payment_cents <= 0:
        raise RuleViolation("The payment must be more than $0.00.", field="payment")
    if total_cents < 0:
        raise RuleViolation("The total cannot be less than $0.00.", field="total")
    count = -(-total_cents // payment_cents)
    if count > MAX_INSTALLMENTS:
        raise RuleViolation(f"{count:,} payments are more than a schedule may have ({MAX_INSTALLMENTS:,}).", field="payment")
    return count


def installments(
    frequency: Frequency,
    first_due_on: date,
    *,
    total_cents: int,
    payment_cents: int,
    anchors: Anchors | None = None,
    first_number: int = 1,
) -> list[Line]:
    """The schedule that pays a total; the last line takes the remainder, so the lines always sum to the total.

    `first_number` numbers the lines of a contract that comes in half paid. A total of 0 has no lines.

    >>> for line in installments(Frequency.WEEKLY, date(2026, 11, 20), total_cents=10_000, payment_cents=4_000):
    ...     print(line.number, line.due_on, line.amount_cents)
    1 2026-11-20 4000
    2 2026-11-27 4000
    3 2026-12-04 2000
    """
    length = number_of_payments(total_cents, payment_cents)
    dates = islice(_due_dates(frequency, first_due_on, anchors), length)
    lines = list(map(Line, count(first_number), dates, repeat(payment_cents)))
    if lines:
        lines[-1] = lines[-1]._replace(amount_cents=total_cents - payment_cents * (length - 1))
    return lines


def charge_on(due_on: date, roll: ChargeRoll, holidays: Collection[date] = ()) -> date:
    """The day on which a card or account is charged for a due date.

    >>> saturday, thanksgiving = date(2026, 11, 21), date(2026, 11, 26)
    >>> charge_on(saturday, ChargeRoll.NEXT), charge_on(thanksgiving, ChargeRoll.PREVIOUS, {thanksgiving})
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 25))
    """
    if roll is ChargeRoll.NONE:
        return due_on
    step = timedelta(days=1 if roll is ChargeRoll.NEXT else -1)
    day = due_on
    while day.weekday() >= 5 or day in holidays:
        day += step
    return day


def _due_dates(frequency: Frequency, first_due_on: date, anchors: Anchors | None, from_k: int = 0) -> Iterator[date]:
    """The due dates from the k-th on, without end."""
    anchors = default_anchors(frequency, first_due_on) if anchors is None else anchors
    _check_anchors(frequency, anchors)
    if frequency in _STEP_DAYS:
        step = _STEP_DAYS[frequency]
        return map(date.fromordinal, count(first_due_on.toordinal() + step * from_k, step))
    if frequency is Frequency.MONTHLY:
        month = month_number(first_due_on)
        return (day_in_month(month + k, anchors[0]) if k else first_due_on for k in count(from_k))
    position = _half_months_until(first_due_on, anchors)
    return (_half_month(position + k, anchors) if k else first_due_on for k in count(from_k))


def _check_anchors(frequency: Frequency, anchors: Anchors) -> None:
    """Refuse anchors that do not fit the frequency, or that would fall on the same day of a February."""
    if len(anchors) != _ANCHOR_COUNT[frequency] or not all(1 <= day <= 31 for day in anchors):
        raise RuleViolation(f"{anchors} are not the due days of a {frequency.label.lower()} contract.", field="anchors")
    if len(anchors) == 2 and not (anchors[0] < anchors[1] and anchors[0] < 28):
        raise RuleViolation("Two due days in a month must rise, the first no later than the 27th.", field="anchors")


def _half_month(position: int, anchors: Anchors) -> date:
    """The anchor date at a position, two positions to a month."""
    month, half = divmod(position, 2)
    return day_in_month(month, anchors[half])


def _half_months_until(day: date, anchors: Anchors) -> int:
    """Position of the last anchor date that is not after a day."""
    position = 2 * month_number(day) + 1
    while _half_month(position, anchors) > day:
        position -= 1
    return position
