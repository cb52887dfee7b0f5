"""What an account owes, reckoned a second time: from the rules as they are written, not from the program.

Nothing of the program is imported here. One pass over the days: what came that day is poured over what is owed, then the day
ends and late fees are assessed. Entries may be given in any order; only their dates count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Opinion:
    """How the account stands on a day, in cents and days."""

    balance: int
    past_due: int
    days_past_due: int
    next_due: dt.date | None
    fees_assessed: int
    fees_open: int
    credit: int
    payoff: int


def opinion(
    due: Mapping[int, tuple[dt.date, int]],
    payments: Sequence[tuple[dt.date, int]],
    *,
    waived: Mapping[int, int],
    grace: int,
    fee_of: Callable[[int], int],
    on: dt.date,
    newest_first: bool = False,
) -> Opinion:
    """How an account stands on a day whose predecessors have ended.

    `due`: line number → (due date, cents); `payments`: (effective date, cents), those that were taken back left out;
    `waived`: line number → cents of its late fee that were waived; `fee_of`: unpaid cents of a line → its late fee.
    """
    rent = {number: cents for number, (_, cents) in due.items()}
    fees: dict[int, int] = {}
    assessed = credit = 0

    def pour(cents: int, day: dt.date) -> int:
        """Fees that are past due, rent that is past due, what is due today, what comes next; each oldest first."""
        age = -1 if newest_first else 1
        late = sorted((n for n in due if due[n][0] < day), key=lambda n: age * due[n][0].toordinal())
        today = [n for n in due if due[n][0] == day]
        coming = sorted((n for n in due if due[n][0] > day), key=lambda n: due[n][0])
        past = [(fees, late), (rent, late), (rent, today)]
        order = [past[1], past[2], past[0]] if newest_first else past
        if newest_first:  # The most recent payment due is the one of today when there is one.
            order = [(rent, today), (rent, late), (fees, late)]
        for owed, numbers in [*order, (rent, coming)]:
            for number in numbers:
                part = min(cents, owed.get(number, 0))
                if part:
                    owed[number] -= part
                    cents -= part
        return cents

    day = min([on, *(date for date, _ in due.values()), *(date for date, _ in payments)])
    while day <= on:
        for date, cents in payments:
            if date == day:
                credit += pour(cents, day)
        if day < on:
            for number, (date, _) in due.items():
                if date + (grace + 1) * DAY == day and rent[number] > 0 and (fee := fee_of(rent[number])) > 0:
                    assessed += fee
                    fees[number] = max(0, fee - waived.get(number, 0))
            credit = pour(credit, day + DAY) if credit else 0
        day += DAY
    left = {number: rent[number] + fees.get(number, 0) for number in due}
    late_dates = [due[n][0] for n in due if left[n] > 0 and due[n][0] < on]
    balance = sum(left.values())
    return Opinion(
        balance=balance,
        past_due=sum(left[n] for n in due if due[n][0] < on),
        days_past_due=(on - min(late_dates)).days if late_dates else 0,
        next_due=min((due[n][0] for n in due if left[n] > 0), default=None),
        fees_assessed=assessed,
        fees_open=sum(fees.values()),
        credit=credit,
        payoff=max(0, balance - credit),
    )
