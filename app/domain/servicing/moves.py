"""Which lines of a schedule an arrangement moves, and what that is worth (domain.md part 7).

Each function goes from the open lines of a schedule to the moves. Due dates only ever move later, so a contract's own days
past due are never fewer than those of the extended schedule, and the amounts of the lines keep their sum to the cent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import islice
from types import MappingProxyType

from app.domain.errors import RuleViolation
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.months import day_in_month, month_number
from app.domain.servicing.schedule import Anchors, default_anchors, due_on

PERIOD_DAYS: Mapping[Frequency, int] = MappingProxyType(
    {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14, Frequency.SEMIMONTHLY: 15, Frequency.MONTHLY: 30}
)
"""Days that one payment pays for, months taken as 30 days."""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of the schedule that is not paid in full. `fees_cents`: what is unpaid of the late fees that hang on it.

    `bought_days`: by how much part payments make it due later than the schedule's own date (`payments.partial`).
    """

    number: int
    due_on: date
    amount_cents: int
    unpaid_cents: int
    fees_cents: int = 0
    bought_days: int = 0

    @property
    def is_untouched(self) -> bool:
        """Whether nothing of it is paid."""
        return self.unpaid_cents == self.amount_cents


@dataclass(frozen=True, slots=True)
class Move:
    """What happens to one line. A line that is cut off another (`cut_from`) has no amount before.

    `moved_cents` is what is put off by it: the unpaid part that gets the new due date.
    """

    number: int
    due_before: date
    due_after: date
    amount_before: int
    amount_after: int
    moved_cents: int
    cut_from: int | None = None

    @property
    def days(self) -> int:
        """By how many days it is put off."""
        return (self.due_after - self.due_before).days


def extend(lines: Sequence[OpenLine], days: int) -> list[Move]:
    """All open due dates move by a number of days.

    >>> rent = [OpenLine(n, date(2026, 11, 6 + 7 * n), 5_400, 5_400) for n in (1, 2)]
    >>> [(move.number, move.due_after.isoformat()) for move in extend(rent, 5)]
    [(1, '2026-11-18'), (2, '2026-11-25')]
    """
    if days < 1:
        raise RuleViolation("An extension moves the due dates by at least one day.", field="days")
    _need(lines)
    return [_moved(line, line.due_on + timedelta(days=days)) for line in lines]


def defer(
    lines: Sequence[OpenLine], count: int, *, frequency: Frequency, last_due_on: date, anchors: Anchors | None = None
) -> list[Move]:
    """The oldest installments of which nothing is paid go behind the last one.

    `last_due_on` is the last due date of the whole schedule, `anchors` the contract's days of the month.

    >>> rent = [OpenLine(n, date(2026, 11, 6 + 7 * n), 5_400, 5_400) for n in (1, 2, 3)]
    >>> moves = defer(rent, 1, frequency=Frequency.WEEKLY, last_due_on=date(2026, 11, 27))
    >>> [(move.number, move.due_after.isoformat(), move.days) for move in moves]
    [(1, '2026-12-04', 21)]
    """
    if count < 1:
        raise RuleViolation("Defer at least one installment.", field="count")
    _need(lines)
    chosen = [line for line in _in_order(lines) if line.is_untouched][:count]
    if len(chosen) < count:
        raise RuleViolation(
            f"Only {len(chosen)} installments have nothing paid on them; a part-paid one is not deferred.", field="count"
        )
    places = after(last_due_on, frequency, anchors)
    return [_moved(line, due) for line, due in zip(chosen, islice(places, count), strict=True)]


def reanchor(lines: Sequence[OpenLine], new_due_on: date, *, frequency: Frequency, today: date) -> tuple[list[Move], Anchors]:
    """What is not due yet falls due in the same rhythm from another day on; also gives the new days of the month.

    What is past due keeps its date. A new date never lies before the old one.

    >>> rent = [OpenLine(n, date(2026, 11 + n, 15), 5_400, 5_400) for n in (0, 1)]
    >>> moves, anchors = reanchor(rent, date(2026, 11, 25), frequency=Frequency.MONTHLY, today=date(2026, 11, 2))
    >>> [move.due_after.isoformat() for move in moves], anchors
    (['2026-11-25', '2026-12-25'], (25,))
    """
    coming = [line for line in _in_order(lines) if line.due_on >= today]
    if not coming:
        raise RuleViolation("Nothing is to come on this account, so there is no due date to move.", field="due_on")
    if new_due_on <= coming[0].due_on:
        raise RuleViolation(f"The next due date is {coming[0].due_on:%b %-d, %Y}; it moves to a later day only.", field="due_on")
    anchors = anchors_from(frequency, new_due_on)
    moves = [_moved(line, due_on(frequency, new_due_on, k, anchors)) for k, line in enumerate(coming)]
    if any(move.days < 0 for move in moves):
        raise RuleViolation("With that day some installments would fall due earlier than now; choose another.", field="due_on")
    return [move for move in moves if move.days], anchors


def spread(
    lines: Sequence[OpenLine],
    parts: int,
    *,
    today: date,
    frequency: Frequency,
    last_due_on: date,
    first_free_number: int,
    anchors: Anchors | None = None,
) -> list[Move]:
    """What is past due is paid in equal parts together with the next installments (a payment plan).

    The past-due lines are cut into the parts: each keeps its number for its first piece, what is cut off becomes a line of
    its own from `first_free_number` on. So the schedule keeps its sum and the part of a line that is paid stays with it.

    >>> rent = [OpenLine(1, date(2026, 11, 6), 5_400, 5_400), OpenLine(2, date(2026, 11, 13), 5_400, 5_400)]
    >>> week = {"today": date(2026, 11, 10), "frequency": Frequency.WEEKLY, "last_due_on": date(2026, 11, 13)}
    >>> for move in spread(rent, 2, first_free_number=3, **week):
    ...     print(move.number, move.due_after, move.amount_before, move.amount_after, move.cut_from)
    1 2026-11-13 5400 2700 None
    3 2026-11-20 0 2700 1
    """
    late = [line for line in _in_order(lines) if line.due_on < today]
    if not late:
        raise RuleViolation("Nothing is past due, so there is nothing to spread.", field="parts")
    total = sum(line.unpaid_cents for line in late)
    if not 2 <= parts <= total:
        raise RuleViolation("A payment plan has at least two parts.", field="parts")
    days = _next_due_dates(lines, parts, today=today, frequency=frequency, last_due_on=last_due_on, anchors=anchors)
    each = total // parts
    shares = [each + (total - each * parts if place == parts - 1 else 0) for place in range(parts)]
    return _cut(late, list(zip(days, shares, strict=True)), first_free_number)


def after(last_due_on: date, frequency: Frequency, anchors: Anchors | None = None) -> Iterable[date]:
    """The due dates behind the last one, in the contract's rhythm; from its own day when it is none of the anchors.

    >>> list(islice(after(date(2027, 2, 28), Frequency.MONTHLY, (31,)), 2))
    [datetime.date(2027, 3, 31), datetime.date(2027, 4, 30)]
    >>> list(islice(after(date(2027, 2, 10), Frequency.MONTHLY, (31,)), 1))
    [datetime.date(2027, 3, 10)]
    """
    held = anchors if anchors and _is_anchor(last_due_on, anchors) else None
    if held is None and frequency is Frequency.SEMIMONTHLY:
        held = anchors_from(frequency, last_due_on)
    k = 0
    while True:
        k += 1
        yield due_on(frequency, last_due_on, k, held)


def anchors_from(frequency: Frequency, first_on: date) -> Anchors:
    """The days of the month that a schedule has which begins anew on a day.

    >>> anchors_from(Frequency.SEMIMONTHLY, date(2026, 11, 5)), anchors_from(Frequency.SEMIMONTHLY, date(2026, 11, 20))
    ((5, 20), (5, 20))
    """
    is_month_end = first_on == day_in_month(month_number(first_on), 31)
    if frequency is not Frequency.SEMIMONTHLY or is_month_end:
        return default_anchors(frequency, first_on)
    return (first_on.day, first_on.day + 15) if first_on.day <= 15 else (first_on.day - 15, first_on.day)


def free_days(moves: Iterable[Move], open_cents: int) -> Fraction:
    """By how many days all that is open is put off on average.

    An extension of 10 days is 10; the deferral of one of three weekly installments is 7.

    >>> rent = [OpenLine(n, date(2026, 11, 6 + 7 * n), 5_400, 5_400) for n in range(1, 4)]
    >>> free_days(extend(rent, 10), 16_200)
    Fraction(10, 1)
    >>> free_days(defer(rent, 1, frequency=Frequency.WEEKLY, last_due_on=date(2026, 11, 27)), 16_200)
    Fraction(7, 1)
    """
    if open_cents <= 0:
        return Fraction(0)
    return Fraction(sum(move.moved_cents * move.days for move in moves), open_cents)


def value_cents(days: Fraction, payment_cents: int, frequency: Frequency) -> int:
    """What the days are worth at the price of the lease, the "free money": payment × days / days of a period, half up.

    >>> value_cents(Fraction(10), 5_400, Frequency.BIWEEKLY), value_cents(Fraction(7), 2_999, Frequency.WEEKLY)
    (3857, 2999)
    """
    exact = Fraction(payment_cents) * days / PERIOD_DAYS[frequency]
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return int(quotient.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _need(lines: Sequence[OpenLine]) -> None:
    if not lines:
        raise RuleViolation("Nothing is open on this account, so there is nothing to arrange.")


def _in_order(lines: Iterable[OpenLine]) -> list[OpenLine]:
    return sorted(lines, key=lambda line: (line.due_on, line.number))


def _moved(line: OpenLine, due: date) -> Move:
    return Move(line.number, line.due_on, due, line.amount_cents, line.amount_cents, line.unpaid_cents)


def _is_anchor(day: date, anchors: Anchors) -> bool:
    return any(day == day_in_month(month_number(day), anchor) for anchor in anchors)


def _next_due_dates(
    lines: Sequence[OpenLine], count: int, *, today: date, frequency: Frequency, last_due_on: date, anchors: Anchors | None
) -> list[date]:
    """The next due dates of what is open, and behind the last one as many more as it takes."""
    coming = sorted({line.due_on for line in lines if line.due_on >= today})
    more = (day for day in after(last_due_on, frequency, anchors) if day >= today and day not in coming)
    return [*coming[:count], *islice(more, max(0, count - len(coming)))]


def _cut(late: Sequence[OpenLine], parts: Sequence[tuple[date, int]], first_free_number: int) -> list[Move]:
    """Cut lines at the ends of the parts; no piece is empty."""
    moves: list[Move] = []
    place, room = 0, parts[0][1]
    for line in late:
        left, kept = line.unpaid_cents, line.amount_cents - line.unpaid_cents
        pieces: list[tuple[date, int]] = []
        while left:
            piece = min(left, room)
            pieces.append((parts[place][0], piece))
            left, room = left - piece, room - piece
            if room == 0 and place + 1 < len(parts):
                place, room = place + 1, parts[place + 1][1]
        (first_on, first_cents), *others = pieces
        moves.append(Move(line.number, line.due_on, first_on, line.amount_cents, kept + first_cents, first_cents))
        for on, cents in others:
            moves.append(Move(first_free_number, line.due_on, on, 0, cents, cents, cut_from=line.number))
            first_free_number += 1
    return moves
