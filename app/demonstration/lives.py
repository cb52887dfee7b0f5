"""Lives of invented leases: how customers pay, fall behind, catch up, stop, bring the device back or buy it early.

Only what customers do is drawn here, in the order in which it happens, with what they owe at each moment by the rules for
schedules and late fees. What follows from it (what money covers, lateness, status) is worked out afterwards by the rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from app.domain.servicing.fees import FeeRule, late_fee
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.schedule import installments
from app.domain.servicing.status import AccountStatus

DAY = dt.timedelta(days=1)
MONTH = 30.4


@dataclass(frozen=True, slots=True)
class Payer:
    """A kind of customer. `late` and `skips` are shares of the installments, the others chances in a month."""

    share: float
    late: float
    skips: float
    stops: float
    buys: float
    returns: float


PAYERS = (
    Payer(share=0.58, late=0.05, skips=0.01, stops=0.004, buys=0.012, returns=0.004),
    Payer(share=0.24, late=0.22, skips=0.07, stops=0.015, buys=0.008, returns=0.008),
    Payer(share=0.13, late=0.35, skips=0.20, stops=0.050, buys=0.002, returns=0.015),
    Payer(share=0.05, late=0.30, skips=0.25, stops=0.220, buys=0.000, returns=0.020),
)
"""Prompt, forgetful, struggling, and those who never meant to."""

TERMS: dict[Frequency, tuple[float, range, int]] = {
    Frequency.WEEKLY: (0.50, range(39, 79), 1),
    Frequency.BIWEEKLY: (0.25, range(20, 40), 2),
    Frequency.SEMIMONTHLY: (0.12, range(18, 37), 2),
    Frequency.MONTHLY: (0.13, range(10, 19), 4),
}
"""Share of the leases, how many payments they have, and how many weeks' rent a payment is."""
PERIOD_DAYS = {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14, Frequency.SEMIMONTHLY: 15, Frequency.MONTHLY: 30}

PART_PAID = 0.03
"""Share of the payments that are half of what is due."""
OWN_FROM = 0.35
"""Nobody buys early before so much of the schedule is paid."""


@dataclass(slots=True)
class Life:
    """One lease and what its customer did."""

    start_on: dt.date
    frequency: Frequency
    payment_cents: int
    lines: list[tuple[dt.date, int]]
    """Due date and cents."""
    cost_cents: int
    payments: list[tuple[dt.date, int]] = field(default_factory=list)
    ends_on: dt.date | None = None
    ends_as: AccountStatus | None = None
    """Brought back or written off; what is paid off or in default follows from the ledger."""


class _Purse:
    """What a customer owes while the life is drawn: fees first, then the oldest installments."""

    def __init__(self, life: Life, rule: FeeRule | None) -> None:
        self.life, self.rule = life, rule
        self.unpaid = [cents for _, cents in life.lines]
        self.fees = self.charged = 0
        self.judged: set[int] = set()

    def owed(self, on: dt.date) -> int:
        """Past due and due on a day, with the late fees of the days before."""
        if self.rule is not None:
            for place, (due_on, _) in enumerate(self.life.lines):
                if due_on >= on:
                    break
                day = self.rule.day_for(due_on)
                if place in self.judged or day is None or day >= on:
                    continue
                self.judged.add(place)
                if self.unpaid[place]:
                    fee = late_fee(self.rule, self.unpaid[place], charged_before_cents=self.charged).cents
                    self.fees, self.charged = self.fees + fee, self.charged + fee
        return self.fees + sum(cents for (due_on, _), cents in zip(self.life.lines, self.unpaid, strict=True) if due_on <= on)

    def left(self) -> int:
        """Everything that is unpaid."""
        return self.fees + sum(self.unpaid)

    def pay(self, on: dt.date, cents: int) -> None:
        """Take money."""
        if cents <= 0:
            return
        if self.life.payments and self.life.payments[-1][0] == on:
            self.life.payments[-1] = (on, self.life.payments[-1][1] + cents)
        else:
            self.life.payments.append((on, cents))
        covered = min(self.fees, cents)
        self.fees, cents = self.fees - covered, cents - covered
        for place, open_cents in enumerate(self.unpaid):
            covered = min(open_cents, cents)
            self.unpaid[place], cents = open_cents - covered, cents - covered


def terms(rng: Random, start_on: dt.date) -> Life:
    """A lease with its schedule, on terms that a shop would offer."""
    frequency = rng.choices(list(TERMS), [share for share, _, _ in TERMS.values()])[0]
    _, numbers, weeks = TERMS[frequency]
    number = rng.choice(numbers)
    weekly = rng.randrange(1_499, 3_200, 100)
    payment = weekly * weeks + rng.choice((0, 50, 99))
    first_due_on = start_on + PERIOD_DAYS[frequency] * DAY
    schedule = installments(frequency, first_due_on, total_cents=number * payment, payment_cents=payment)
    lines = [(line.due_on, line.amount_cents) for line in schedule]
    cost = round(number * payment * rng.uniform(0.36, 0.58) / 500) * 500
    return Life(start_on, frequency, payment, lines, cost)


def live(rng: Random, life: Life, *, until: dt.date, rule: FeeRule | None, drift: float = 1.0) -> Life:
    """Draw what the customer does up to a day; `drift` makes a month's customers better (below 1) or worse."""
    payer = rng.choices(PAYERS, [each.share for each in PAYERS])[0]
    purse, share = _Purse(life, rule), PERIOD_DAYS[life.frequency] / MONTH
    place, skipped, last = 0, 0, life.start_on
    while place < len(life.lines):
        due_on = life.lines[place][0]
        if due_on - 3 * DAY > until:
            break
        if purse.unpaid[place] == 0:
            place += 1
            continue
        if rng.random() < payer.stops * share * drift * (1.6 if place < 3 else 1.0):
            caught_up = _stop(rng, life, purse, max(due_on, last), until)
            if caught_up is None:
                return life
            last = caught_up
            place = next((n for n, (due, _) in enumerate(life.lines) if due > last), len(life.lines))
            continue
        if place > OWN_FROM * len(life.lines) and rng.random() < payer.buys * share:
            on = max(due_on, last)
            purse.owed(on)
            if on <= until:
                purse.pay(on, purse.left())
            return life
        if place and rng.random() < payer.returns * share * drift:
            life.ends_on, life.ends_as = max(due_on, last) + rng.randrange(1, 9) * DAY, AccountStatus.RETURNED
            return _ended(life, until)
        chance = rng.random()
        if chance < payer.skips * drift and skipped < 3 and place + 1 < len(life.lines):
            skipped += 1
        else:
            is_late = chance < (payer.skips + payer.late) * drift
            delay = min(rng.randrange(1, 22), PERIOD_DAYS[life.frequency] + 6) if is_late else -rng.choice((0, 0, 0, 0, 1, 2))
            on = max(due_on + delay * DAY, last, life.start_on)
            if on > until:
                break
            owed = purse.owed(max(on, due_on))
            purse.pay(on, owed // 2 if rng.random() < PART_PAID and owed > 1_000 else owed)
            last, skipped = on, 0
        place += 1
    # Who is behind at the end of the schedule pays the rest a while later.
    if place >= len(life.lines) and purse.left():
        on = max(last, life.lines[-1][0]) + rng.randrange(3, 25) * DAY
        purse.owed(on)
        if on <= until:
            purse.pay(on, purse.left())
    return life


def _stop(rng: Random, life: Life, purse: _Purse, on: dt.date, until: dt.date) -> dt.date | None:
    """The customer stops paying; returns the day on which they catch up after all, None when the life is over."""
    fate = rng.random()
    if fate < 0.28:
        back_on = on + rng.randrange(20, 100) * DAY
        if back_on > until:
            return None
        purse.pay(back_on, purse.owed(back_on))
        return back_on
    if fate < 0.58:
        life.ends_on, life.ends_as = on + rng.randrange(20, 130) * DAY, AccountStatus.RETURNED
    elif fate < 0.86:
        life.ends_on, life.ends_as = on + rng.randrange(125, 210) * DAY, AccountStatus.CHARGED_OFF
    _ended(life, until)
    return None


def _ended(life: Life, until: dt.date) -> Life:
    """A life whose end lies ahead has none yet."""
    if life.ends_on is not None and life.ends_on > until:
        life.ends_on = life.ends_as = None
    return life


def starts(rng: Random, number: int, *, first_on: dt.date, until: dt.date) -> Sequence[dt.date]:
    """Days on which leases begin: twice as many a day at the end as at the beginning, none on Sundays, more before Christmas."""
    days = [first_on + n * DAY for n in range((until - first_on).days + 1)]
    days = [day for day in days if day.weekday() != 6]
    weights = [(1 + place / len(days)) * (1.5 if day.month in (11, 12) else 1.0) for place, day in enumerate(days)]
    return sorted(rng.choices(days, weights, k=number))
