"""Signals: what an account's behaviour says about the risk in it, each with its evidence and its day (domain.md part 10).

Every signal has points, which people edit; their sum, never below 0, is the account's score, and the score is low, medium or
high by bands which people edit as well. Good signals take points off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.domain.servicing.enrollment import Verdict
from app.domain.servicing.frequency import DEFAULT_PAYMENTS, Frequency
from app.domain.words import Word


class SignalKind(Word):
    """What was seen in an account."""

    FIRST_PAYMENT_DEFAULT = "first_payment_default", "First payment default"
    BROKEN_PROMISE = "broken_promise", "Broken promise"
    DECLINES = "declines", "Declines in 30 days"
    HARD_DECLINE = "hard_decline", "Hard decline"
    CARD_EXPIRING = "card_expiring", "Card expiring"
    SHARED_CARD = "shared_card", "Shared card"
    NO_AUTOPAY = "no_autopay", "No AutoPay"
    DEVICE = "device", "Device not enrolled or silent"
    PHONE_DEAD = "phone_dead", "Phone dead"
    PARTIAL_PAYER = "partial_payer", "Partial payer"
    PAYDAY_PAYER = "payday_payer", "Payday payer"
    ON_TIME_RUN = "on_time_run", "On time in a row"
    PAID_EARLY = "paid_early", "Paid early"
    SECOND_LEASE = "second_lease", "Second lease"


_K = SignalKind
BAD: frozenset[SignalKind] = frozenset(
    {
        _K.FIRST_PAYMENT_DEFAULT,
        _K.BROKEN_PROMISE,
        _K.DECLINES,
        _K.HARD_DECLINE,
        _K.CARD_EXPIRING,
        _K.SHARED_CARD,
        _K.NO_AUTOPAY,
        _K.DEVICE,
        _K.PHONE_DEAD,
        _K.PARTIAL_PAYER,
    }
)
GOOD: frozenset[SignalKind] = frozenset({_K.PAYDAY_PAYER, _K.ON_TIME_RUN, _K.PAID_EARLY, _K.SECOND_LEASE})


class Risk(Word):
    """How much an account worries."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


DEFAULT_POINTS: Mapping[SignalKind, int] = {
    _K.FIRST_PAYMENT_DEFAULT: 40,
    _K.BROKEN_PROMISE: 20,
    _K.DECLINES: 20,
    _K.HARD_DECLINE: 25,
    _K.CARD_EXPIRING: 10,
    _K.SHARED_CARD: 20,
    _K.NO_AUTOPAY: 10,
    _K.DEVICE: 15,
    _K.PHONE_DEAD: 25,
    _K.PARTIAL_PAYER: 10,
    _K.PAYDAY_PAYER: -5,
    _K.ON_TIME_RUN: -20,
    _K.PAID_EARLY: -10,
    _K.SECOND_LEASE: -15,
}
DEFAULT_BANDS: Mapping[Risk, int] = {Risk.LOW: 0, Risk.MEDIUM: 25, Risk.HIGH: 50}

GRACE_DAYS: Mapping[Frequency, int] = {
    Frequency.WEEKLY: 3,
    Frequency.BIWEEKLY: 7,
    Frequency.SEMIMONTHLY: 7,
    Frequency.MONTHLY: 7,
}
"""An installment that is paid so many days after it was due counts as on time, here as for late fees by default."""

DECLINE_DAYS, DECLINES_NEEDED = 30, 2
BROKEN_PROMISE_DAYS = 90
EXPIRING_DAYS = 30
ON_TIME_NEEDED = 6
EARLY_NEEDED = 3
RECENT_PAYMENTS, PARTIAL_NEEDED, PAYDAY_NEEDED = 6, 3, 5
"""Of the last six payments: three below the installment, five on a Friday or at the turn or middle of the month."""

OUT_OF_REACH: frozenset[Verdict] = frozenset({Verdict.NOT_FOUND, Verdict.NOT_ENROLLED, Verdict.SILENT})
"""With these the device of an account is not enrolled, or silent for more than 7 days."""

HARD_CODES: frozenset[str] = frozenset(
    {"INVALID_ACCOUNT", "PAN_FAILURE", "INVALID_CARD", "CARD_NOT_SUPPORTED", "ALLOWABLE_PIN_TRIES_EXCEEDED"}
)
"""Answers after which a card is never tried again (domain.md part 15)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One installment: when it was due, whether it is covered, and the day it was. Unknown: the prior system had it."""

    due_on: dt.date
    is_paid: bool
    paid_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How an account's installments were paid. Rates are None where nothing can be said."""

    judged: int
    on_time: int
    days_late: Decimal | None
    on_time_run: int
    """Installments paid within grace in a row, up to the last one that was judged."""
    early_run: int
    first_payment_default_on: dt.date | None

    @property
    def on_time_rate(self) -> Decimal | None:
        """Of those that were judged, to four places."""
        return _rate(self.on_time, self.judged)


def _rate(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP) if whole else None


def behaviour(lines: Sequence[Line], frequency: Frequency, *, today: dt.date) -> Behaviour:
    """On-time % and days late of an account whose installments are given in order.

    Judged is what fell due up to today and is either paid on a known day or past its grace.

    >>> day = dt.date(2026, 11, 1)
    >>> lines = [Line(day, True, day + dt.timedelta(days=3)), Line(day + dt.timedelta(days=7), True, day + dt.timedelta(days=13))]
    >>> seen = behaviour(lines, Frequency.WEEKLY, today=dt.date(2026, 11, 20))
    >>> seen.on_time_rate, seen.days_late
    (Decimal('0.5000'), Decimal('4.50'))
    """
    grace = dt.timedelta(days=GRACE_DAYS[frequency])
    due = [line for line in lines if line.due_on <= today and not (line.is_paid and line.paid_on is None)]
    judged = [line for line in due if line.is_paid or line.due_on + grace < today]
    within = [line.paid_on is not None and line.paid_on <= line.due_on + grace for line in judged]
    early = [line.paid_on is not None and line.paid_on < line.due_on for line in judged]
    late = [max(0, ((line.paid_on or today) - line.due_on).days) for line in due]
    days_late = (Decimal(sum(late)) / len(late)).quantize(Decimal("0.01"), ROUND_HALF_UP) if late else None
    first = lines[0] if lines else None
    missed = first is not None and not first.is_paid and first.due_on + grace < today
    return Behaviour(
        judged=len(judged),
        on_time=sum(within),
        days_late=days_late,
        on_time_run=_run(within),
        early_run=_run(early),
        first_payment_default_on=first.due_on + grace + dt.timedelta(days=1) if first is not None and missed else None,
    )


def _run(flags: Sequence[bool]) -> int:
    """How many at the end are true.

    >>> _run([True, False, True, True])
    2
    """
    missed = [place for place, flag in enumerate(flags) if not flag]
    return len(flags) - (missed[-1] + 1 if missed else 0)


def payment_to_income(payments: Iterable[tuple[Frequency, int]], monthly_income_cents: int | None) -> Decimal | None:
    """Monthly payments of all active leases over gross monthly income; None when the income is not known.

    >>> payment_to_income([(Frequency.WEEKLY, 2_999), (Frequency.MONTHLY, 10_000)], 300_000)
    Decimal('0.0767')
    """
    if not monthly_income_cents:
        return None
    yearly = sum(cents * DEFAULT_PAYMENTS[frequency] for frequency, cents in payments)
    return (Decimal(yearly) / 12 / monthly_income_cents).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def score(kinds: Iterable[SignalKind], points: Mapping[SignalKind, int]) -> int:
    """The sum of the points of what was seen, never below 0.

    >>> score([SignalKind.FIRST_PAYMENT_DEFAULT, SignalKind.SECOND_LEASE], DEFAULT_POINTS)
    25
    >>> score([SignalKind.PAID_EARLY], DEFAULT_POINTS)
    0
    """
    return max(0, sum(points.get(kind, 0) for kind in kinds))


def risk(points: int, bands: Mapping[Risk, int]) -> Risk:
    """The highest band that the score has reached.

    >>> [risk(points, DEFAULT_BANDS).value for points in (0, 24, 25, 49, 50, 200)]
    ['low', 'low', 'medium', 'medium', 'high', 'high']
    """
    reached = [level for level in Risk if points >= bands[level]]
    return reached[-1] if reached else Risk.LOW
