"""The Weighting Table: how many points each account has, and what they are made of (domain.md part 11, LeasePak U1141).

score = points per dollar and day past due + grid[age band][balance band] + due-date weight + average-days-delinquent weight
+ account-age weight + status weight. A house that wants the grid alone sets the points per dollar and per day to 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from app.domain.collections.worklist import CENTS_PER_POINT, FOLLOW_UP_FIRST, Breakdown, Reason
from app.domain.errors import RuleViolation
from app.domain.money import as_text

AGE_BANDS, BALANCE_BANDS = 8, 6
MOST_WEIGHT = 9_999
MOST_STATUSES = 10
MOST_POINTS_PER_UNIT = 100
MOST_STEPS = 12
MOST = FOLLOW_UP_FIRST - 1
"""No weight is larger: a follow-up that is due goes before all of them."""

DEFAULT_AGES = (1, 8, 15, 31, 46, 61, 91, 121)
DEFAULT_BALANCES = (0, 25_000, 50_000, 100_000, 150_000, 250_000)


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that gives points. Bands are given by where each begins, so that there is never a gap between two.

    `ages` are days past due, `balances` cents, `averages` days, `account_ages` days since the lease began; each band
    reaches to where the next begins and the last has no end. `due_days` are days of the month.
    """

    per_dollar: int = 1
    per_day: int = 1
    ages: tuple[int, ...] = DEFAULT_AGES
    balances: tuple[int, ...] = DEFAULT_BALANCES
    grid: tuple[tuple[int, ...], ...] = ((0,) * BALANCE_BANDS,) * AGE_BANDS
    due_days: tuple[tuple[int, int], ...] = ()
    averages: tuple[tuple[int, int], ...] = ()
    account_ages: tuple[tuple[int, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "per_dollar": self.per_dollar,
            "per_day": self.per_day,
            "ages": list(self.ages),
            "balances": list(self.balances),
            "grid": [list(row) for row in self.grid],
            "due_days": [list(pair) for pair in self.due_days],
            "averages": [list(pair) for pair in self.averages],
            "account_ages": [list(pair) for pair in self.account_ages],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Table:
        """Back from what is stored.

        >>> Table.from_json(DEFAULT.as_json()) == DEFAULT
        True
        """
        return cls(
            per_dollar=int(stored["per_dollar"]),
            per_day=int(stored["per_day"]),
            ages=tuple(stored["ages"]),
            balances=tuple(stored["balances"]),
            grid=tuple(tuple(row) for row in stored["grid"]),
            due_days=_pairs(stored["due_days"]),
            averages=_pairs(stored["averages"]),
            account_ages=_pairs(stored["account_ages"]),
        )


def _pairs(stored: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(weight)) for start, weight in stored)


DEFAULT = Table()
"""A point for each whole dollar past due and one for each day; the grid is empty."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the table looks at in one account."""

    past_due_cents: int
    days_past_due: int
    balance_cents: int = 0
    next_due_on: dt.date | None = None
    """Due date of the oldest unpaid installment."""
    average_days_late: int | None = None
    """By how many days its installments were paid late on average; None before any was."""
    account_age_days: int = 0
    status_code: str | None = None
    status_points: int = 0
    age_days: int | None = None
    """Days past due as the grid counts them (months of 30 days); None: the same as `days_past_due`."""


def band(edges: Sequence[int], value: int) -> int | None:
    """In which band a value lies, from 0; None below the first edge.

    >>> [band((1, 31, 61), days) for days in (0, 1, 30, 31, 60, 61, 900)]
    [None, 0, 0, 1, 1, 2, 2]
    """
    found = [place for place, edge in enumerate(edges) if value >= edge]
    return found[-1] if found else None


def step_points(steps: Sequence[tuple[int, int]], value: int | None) -> int:
    """The points of the last step that the value has reached; 0 below the first.

    >>> [step_points(((10, 5), (30, 20)), days) for days in (9, 10, 29, 30, 400, None)]
    [0, 5, 5, 20, 20, 0]
    """
    if value is None:
        return 0
    reached = [points for start, points in steps if value >= start]
    return reached[-1] if reached else 0


def grid_points(table: Table, age_days: int, balance_cents: int) -> int:
    """The cell of the grid in which an account lies; 0 outside of it.

    >>> grid = tuple(tuple(row * 10 + column for column in range(6)) for row in range(8))
    >>> table = Table(ages=(1, 8, 15, 31, 46, 61, 91, 121), balances=(0, 100, 200, 300, 400, 500), grid=grid)
    >>> grid_points(table, 31, 250), grid_points(table, 0, 250), grid_points(table, 500, 9_000)
    (32, 0, 75)
    """
    row, column = band(table.ages, age_days), band(table.balances, balance_cents)
    return 0 if row is None or column is None else table.grid[row][column]


def days_of_thirty(since: dt.date, on: dt.date) -> int:
    """Days from one date to another when every month has 30 days; never below 0.

    >>> days_of_thirty(dt.date(2026, 1, 31), dt.date(2026, 3, 1)), days_of_thirty(dt.date(2026, 2, 15), dt.date(2026, 3, 15))
    (31, 30)
    """
    months = (on.year - since.year) * 12 + on.month - since.month
    return max(0, months * 30 + min(on.day, 30) - min(since.day, 30))


KINDS = 7
"""Dollars, days, grid, due day, average, age of the account, status: in this order points are stored and told."""


def reasons(table: Table, account: Weighed, points: Sequence[int] | None = None) -> tuple[Reason, ...]:
    """What an account's points are made of, in the order of the table; what gives no point is left out.

    With `points` they are these instead of what the table gives: what was stored with the weight, one for each kind.
    A house without a grid reads dollars and days, as it always did.
    """
    age = account.days_past_due if account.age_days is None else account.age_days
    days = _days(account.days_past_due)
    due_on = account.next_due_on
    parts = [
        Reason(f"{as_text(account.past_due_cents)} past due", account.past_due_cents // CENTS_PER_POINT * table.per_dollar),
        Reason(f"{days} past due", account.days_past_due * table.per_day),
        Reason(f"{_days(age)} late with {as_text(account.balance_cents)} owed", grid_points(table, age, account.balance_cents)),
        Reason(
            f"due on day {due_on.day} of the month" if due_on else "nothing due",
            dict(table.due_days).get(due_on.day, 0) if due_on else 0,
        ),
        Reason(
            f"{_days(account.average_days_late or 0)} late on average", step_points(table.averages, account.average_days_late)
        ),
        Reason(f"lease of {_days(account.account_age_days)}", step_points(table.account_ages, account.account_age_days)),
        Reason(f"status {account.status_code}", account.status_points),
    ]
    if points is not None:
        parts = [Reason(part.label, given) for part, given in zip(parts, points, strict=True)]
    spoken = (table.per_dollar > 0, table.per_day > 0, *(part.points > 0 for part in parts[2:]))
    return tuple(part for part, is_spoken in zip(parts, spoken, strict=True) if is_spoken)


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def breakdown(
    table: Table, account: Weighed, *, has_follow_up_due: bool = False, points: Sequence[int] | None = None
) -> Breakdown:
    """An account's weight and what it is made of.

    >>> breakdown(DEFAULT, Weighed(54_000, 42)).as_text()
    '$540.00 past due (540) and 42 days past due (42) make a weight of 582.'
    """
    return Breakdown(reasons=reasons(table, account, points), goes_first=has_follow_up_due)


def weight(table: Table, account: Weighed) -> int:
    """The sum of an account's points, at most `MOST`."""
    return min(MOST, sum(reason.points for reason in reasons(table, account)))


def check(table: Table) -> Table:
    """The same table when it can be used. Raises RuleViolation with the field that is wrong.

    >>> check(Table(ages=(1, 8, 8, 31, 46, 61, 91, 121)))
    Traceback (most recent call last):
    ...
    app.domain.errors.RuleViolation: Each age band begins later than the one before: 8 comes after 8.
    """
    for name, label, points in (("per_dollar", "dollar", table.per_dollar), ("per_day", "day", table.per_day)):
        if not 0 <= points <= MOST_POINTS_PER_UNIT:
            raise RuleViolation(f"A {label} past due gives 0 to {MOST_POINTS_PER_UNIT} points.", field=name)
    _check_edges("ages", "age", table.ages, AGE_BANDS)
    _check_edges("balances", "balance", table.balances, BALANCE_BANDS)
    if len(table.grid) != AGE_BANDS or any(len(row) != BALANCE_BANDS for row in table.grid):
        raise RuleViolation(f"The grid has {AGE_BANDS} × {BALANCE_BANDS} cells.", field="grid")
    for row, cells in enumerate(table.grid):
        for column, points in enumerate(cells):
            _check_points(points, f"grid-{row}-{column}")
    for name, label, steps in (
        ("due_days", "due day", table.due_days),
        ("averages", "average", table.averages),
        ("account_ages", "account age", table.account_ages),
    ):
        _check_steps(name, label, steps)
    if any(not 1 <= day <= 31 for day, _ in table.due_days):
        raise RuleViolation("A due date is a day of the month, 1 to 31.", field="due_days")
    return table


def _check_edges(name: str, label: str, edges: Sequence[int], number: int) -> None:
    if len(edges) != number:
        raise RuleViolation(f"There are {number} {label} bands.", field=name)
    if edges[0] < 0:
        raise RuleViolation(f"The first {label} band begins at 0 or later.", field=name)
    _check_rising(name, f"{label} band", edges, in_money=name == "balances")


def _check_rising(name: str, label: str, edges: Sequence[int], *, in_money: bool = False) -> None:
    for before, after in pairwise(edges):
        if after <= before:
            said = [as_text(edge) if in_money else str(edge) for edge in (after, before)]
            raise RuleViolation(f"Each {label} begins later than the one before: {said[0]} comes after {said[1]}.", field=name)


def _check_steps(name: str, label: str, steps: Sequence[tuple[int, int]]) -> None:
    if len(steps) > MOST_STEPS:
        raise RuleViolation(f"At most {MOST_STEPS} lines.", field=name)
    for start, points in steps:
        if start < 0:
            raise RuleViolation(f"A line of the {label} weights begins at 0 or later.", field=name)
        _check_points(points, name)
    _check_rising(name, f"line of the {label} weights", [start for start, _ in steps])


def _check_points(points: int, name: str) -> None:
    if not 0 <= points <= MOST_WEIGHT:
        raise RuleViolation(f"A weight is between 0 and {MOST_WEIGHT:,}.", field=name)


@dataclass(frozen=True, slots=True)
class Moved:
    """How one account's place changes when a table is saved."""

    account_id: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a new table does to a list: where each of its first accounts was and will be, and how many move at all."""

    first: tuple[Moved, ...] = field(default_factory=tuple)
    moved: int = 0


def compare(before: Sequence[int], after: Sequence[int], *, first: int = 20) -> Change:
    """How an order of account ids changes: places from 1, for the first of the new order.

    >>> compare([5, 6, 7], [7, 5, 6], first=2)
    Change(first=(Moved(account_id=7, before=3, after=1), Moved(account_id=5, before=1, after=2)), moved=3)
    """
    was = {account_id: place for place, account_id in enumerate(before, start=1)}
    places = [Moved(account_id, was[account_id], place) for place, account_id in enumerate(after, start=1)]
    return Change(tuple(places[:first]), sum(place.before != place.after for place in places))
