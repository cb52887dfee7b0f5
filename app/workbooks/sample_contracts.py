"""Made-up contracts for a sample report: somewhere in their life, current or late, and what a right import makes of them."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import NamedTuple

from app.domain.portfolio.imports import RowOutcome
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.months import day_in_month, month_number
from app.workbooks import sample_words as words

LATE_SHARE = 0.17
"""Share of the contracts that are past due on the business date."""

_LATE_DAYS = ((1, 7, 34), (8, 14, 20), (15, 30, 18), (31, 60, 14), (61, 90, 8), (91, 150, 6))
"""From, to, weight: how late the late ones are, so that every bucket has some."""

_RHYTHMS = (
    (Frequency.WEEKLY, 45, (52, 52, 78), (1900, 5000)),
    (Frequency.BIWEEKLY, 34, (26, 26, 39), (4000, 10_000)),
    (Frequency.SEMIMONTHLY, 4, (24, 24, 36), (4300, 10_900)),
    (Frequency.MONTHLY, 17, (12, 12, 18), (8700, 22_000)),
)
"""Frequency, weight, numbers of payments, range of a payment in cents."""


class Expected(NamedTuple):
    """What a right import makes of a row. The cell that `fault` names was spoiled; its field holds what it should have been."""

    outcome: RowOutcome
    fault: str
    approval_id: str
    start_on: dt.date
    first_name: str
    last_name: str
    phone: str
    device_model: str
    device_imei: str | None
    device_cost_cents: int | None
    frequency: Frequency
    payment_amount_cents: int
    payments_made: int
    total_paid_cents: int
    balance_remaining_cents: int
    next_due_on: dt.date


def planned(rng: Random, number: int, business_on: dt.date) -> Expected:
    """A contract somewhere in its life: current, or late by so many days."""
    frequency, _, terms, (least, most) = rng.choices(_RHYTHMS, [rhythm[1] for rhythm in _RHYTHMS])[0]
    count, payment = rng.choice(terms), rng.randrange(least, most)
    made = rng.randrange(count)
    if rng.random() < LATE_SHARE:
        first, last, _ = rng.choices(_LATE_DAYS, [weight for _, _, weight in _LATE_DAYS])[0]
        next_due_on = business_on - dt.timedelta(days=rng.randint(first, last))
    else:
        next_due_on = business_on + dt.timedelta(days=rng.randrange(_days_between(frequency)))
    start_on, next_due_on = _start_before(next_due_on, frequency, made + 1)
    odd = rng.choices((0, rng.randrange(-250, 250)), (70, 30))[0]
    return Expected(
        outcome=RowOutcome.IMPORTED,
        fault="",
        approval_id=str(number),
        start_on=start_on,
        first_name=rng.choice(words.FIRST_NAMES if rng.random() < 0.95 else words.DOUBLE_NAMES),
        last_name=rng.choice(words.LAST_NAMES if rng.random() < 0.97 else words.COMPOUND_LAST_NAMES),
        phone="",
        device_model=rng.choice(words.MODELS),
        device_imei=None,
        device_cost_cents=None,
        frequency=frequency,
        payment_amount_cents=payment,
        payments_made=made,
        total_paid_cents=max(0, made * payment + rng.choices((0, 500, -250), (60, 20, 20))[0]),
        balance_remaining_cents=(count - made) * payment + odd,
        next_due_on=next_due_on,
    )


def _days_between(frequency: Frequency) -> int:
    """Days from one due date to the next, the fewest there can be."""
    return {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14, Frequency.SEMIMONTHLY: 13, Frequency.MONTHLY: 28}[frequency]


def _start_before(due_on: dt.date, frequency: Frequency, periods: int) -> tuple[dt.date, dt.date]:
    """The start so many periods before a due date, and the due date moved to a day that every month has.

    Half months fall on the 1st and the 15th, months on a day up to the 28th.
    """
    if frequency in (Frequency.WEEKLY, Frequency.BIWEEKLY):
        return due_on - dt.timedelta(days=_days_between(frequency) * periods), due_on
    if frequency is Frequency.MONTHLY:
        due_on = due_on.replace(day=min(due_on.day, 28))
        return day_in_month(month_number(due_on) - periods, due_on.day), due_on
    half = 2 * month_number(due_on) + (1 if due_on.day >= 15 else 0)
    month, second = divmod(half - periods, 2)
    return day_in_month(month, 15 if second else 1), due_on.replace(day=15 if due_on.day >= 15 else 1)


def valid_imei(rng: Random) -> str:
    """Fifteen digits whose last one is right (Luhn)."""
    body = "35" + "".join(str(rng.randrange(10)) for _ in range(12))
    total = sum(int(digit) if place % 2 == 0 else sum(divmod(2 * int(digit), 10)) for place, digit in enumerate(body))
    return body + str(-total % 10)
