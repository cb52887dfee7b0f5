"""How a lease stood at the end of each day, from its ledger: lateness, amounts, status, changes of bucket.

The rules are those of `app.domain.servicing.delinquency`; they are walked once from the first day to the last, because two
years of a portfolio are a million of these days.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from app.demonstration.lives import Life
from app.domain.payments.ledger import Ledger
from app.domain.servicing.buckets import BucketRange, bucket_of
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.delinquency import DEFAULT_AFTER_DAYS
from app.domain.servicing.status import AGED_STATUSES, AccountStatus

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stood:
    """The end of one day."""

    on: dt.date
    days_past_due: int
    past_due_cents: int
    balance_cents: int
    status: AccountStatus


@dataclass(slots=True)
class Days:
    """All days of a lease."""

    stood: list[Stood] = field(default_factory=list)
    changes: list[tuple[dt.date, AccountStatus | None, AccountStatus, str]] = field(default_factory=list)
    """Business date, from, to, reason."""
    buckets: list[tuple[dt.date, int, int, str]] = field(default_factory=list)
    """Business date, days past due before and after, what moved it."""
    before: dict[dt.date, tuple[str, int, int]] = field(default_factory=dict)
    """Day of a payment → status, past due and days past due at that moment."""
    default_on: dt.date | None = None
    status: AccountStatus = AccountStatus.ACTIVE


def walk(life: Life, ledger: Ledger, waivers: dict[int, dt.date], bands: tuple[BucketRange, ...], *, until: dt.date) -> Days:
    """Walk from the first day to the last one that has ended. `waivers`: key of a late fee → the day on which it was waived."""
    days, threshold = Days(), DEFAULT_AFTER_DAYS[life.frequency]
    days.changes.append((life.start_on, None, AccountStatus.ACTIVE, "Opened"))
    due = {number: on for number, (on, _) in enumerate(life.lines, start=1)}
    unpaid = {number: cents for number, (_, cents) in enumerate(life.lines, start=1)}
    fee_open: dict[int, int] = defaultdict(int)
    by_fee = {fee.key: fee for fee in ledger.late_fees}
    covered: dict[dt.date, list[tuple[int, int, bool]]] = defaultdict(list)
    for payment in ledger.payments:
        for part in payment.parts:
            number = by_fee[part.key].number if part.kind is ChargeKind.FEE else part.key
            covered[payment.effective_on].append((number, part.cents, part.kind is ChargeKind.FEE))
    assessed: dict[dt.date, list[tuple[int, int]]] = defaultdict(list)
    waived: dict[dt.date, list[tuple[int, int]]] = defaultdict(list)
    for fee in ledger.late_fees:
        if fee.cents:
            assessed[fee.assessed_on].append((fee.number, fee.cents))
            if fee.key in waivers:
                waived[waivers[fee.key]].append((fee.number, min(fee.cents, fee.waived_cents)))
    fallen: list[int] = []
    numbers, upcoming = sorted(unpaid), 0
    balance, last_days = sum(unpaid.values()), 0
    on = life.start_on
    while on <= until:
        while upcoming < len(numbers) and due[numbers[upcoming]] < on:
            fallen.append(numbers[upcoming])
            upcoming += 1
        fallen = [number for number in fallen if unpaid[number] + fee_open[number]]
        if on in covered or on in waived:
            late = (on - due[fallen[0]]).days if fallen else 0
            cents = sum(unpaid[number] + fee_open[number] for number in fallen)
            days.before[on] = (_standing(days.status, late), cents, late)
            for number, amount, is_fee in covered.get(on, ()):
                if is_fee:
                    fee_open[number] -= amount
                else:
                    unpaid[number] -= amount
                balance -= amount
            for number, amount in waived.get(on, ()):
                fee_open[number] -= amount
                balance -= amount
            fallen = [number for number in fallen if unpaid[number] + fee_open[number]]
            if balance == 0:
                _change(days, on, AccountStatus.PAID_OFF, "Paid in full")
                break
        if on == life.ends_on and life.ends_as is not None:
            reason = "Brought the device back" if life.ends_as is AccountStatus.RETURNED else "Written off"
            if life.ends_as is AccountStatus.RETURNED or days.status is AccountStatus.DEFAULT:
                _change(days, on, life.ends_as, reason)
                break
        for number, amount in assessed.get(on, ()):
            fee_open[number] += amount
            balance += amount
        late = (on - due[fallen[0]]).days if fallen else 0
        if days.status is AccountStatus.DEFAULT and not fallen:
            _change(days, on, AccountStatus.ACTIVE, "Caught up")
        elif days.status is AccountStatus.ACTIVE and late >= threshold:
            days.default_on = days.default_on or on
            _change(days, on, AccountStatus.DEFAULT, f"{late} days past due")
        if bucket_of(late, bands) != bucket_of(last_days, bands):
            days.buckets.append((on, last_days, late, "payment" if late < last_days else "end of day"))
        cents = sum(unpaid[number] + fee_open[number] for number in fallen)
        days.stood.append(Stood(on, late, cents, balance, days.status))
        last_days = late
        on += DAY
    assert days.status in AGED_STATUSES or on <= until
    return days


def _change(days: Days, on: dt.date, to: AccountStatus, reason: str) -> None:
    days.changes.append((on, days.status, to, reason))
    days.status = to


def _standing(status: AccountStatus, late: int) -> str:
    return "Past due" if status is AccountStatus.ACTIVE and late else status.label
