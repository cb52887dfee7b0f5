"""Late fees: how much, when, and which rule says so (domain.md part 5).

Every statutory figure stands in a policy row with its citation; here is only how such a row is read. This is the
specification of the set-based step of the end of day: a test demands that both give the same fees.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.money import as_text, half_up
from app.domain.servicing.frequency import Frequency
from app.domain.words import Word


class FrequencyClass(Word):
    """Laws know weekly payments and longer ones."""

    WEEKLY = "weekly", "Weekly"
    LONGER = "longer", "Longer"


class Combiner(Word):
    """Which of the percentage and the flat amount is taken."""

    LESSER = "lesser", "Lesser of the two"
    GREATER = "greater", "Greater of the two"


def frequency_class(frequency: Frequency) -> FrequencyClass:
    """Weekly contracts are a class of their own; all others are longer.

    >>> frequency_class(Frequency.WEEKLY).value, frequency_class(Frequency.BIWEEKLY).value
    ('weekly', 'longer')
    """
    return FrequencyClass.WEEKLY if frequency is Frequency.WEEKLY else FrequencyClass.LONGER


@dataclass(frozen=True, slots=True)
class FeeRule:
    """How much a late fee is: what a policy row says, and what a fee keeps of it for good."""

    name: str
    citation: str = ""
    percent: Decimal | None = None
    flat_cents: int | None = None
    combiner: Combiner = Combiner.LESSER
    floor_cents: int = 0
    cap_cents: int | None = None
    cap_total_cents: int | None = None
    """The most that late fees of one contract may come to."""
    disputed_cents: int = 0
    """What was in dispute on the day of the fee: no late fee is charged on it."""
    grace_days: int | None = None
    """The grace after which it was charged; None for a fee from before that was kept."""
    is_grace_business_days: bool = False

    def day_for(self, due_on: date) -> date | None:
        """The day at whose end a due date earns the fee; None when the grace is not known."""
        if self.grace_days is None:
            return None
        return assessed_on(due_on, self.grace_days, is_business_days=self.is_grace_business_days)


@dataclass(frozen=True, slots=True)
class LateFee:
    """A late fee in cents, and the sentence that says which rule made or capped it."""

    cents: int
    reason: str


@dataclass(frozen=True, slots=True)
class Applies:
    """To whom a policy row applies; None stands for any."""

    key: int
    contract_from_on: date
    frequency_class: FrequencyClass
    state: str | None = None
    portfolio_id: int | None = None


def late_fee(rule: FeeRule, unpaid_cents: int, *, charged_before_cents: int = 0) -> LateFee:
    """The fee on the unpaid part of an installment; 0 cents when nothing is unpaid or the cap on the total is reached.

    `charged_before_cents` is what stands of late fees on the contract already.

    >>> california = FeeRule("CA weekly", "Civ. 1812.626", Decimal(5), 500, Combiner.LESSER, floor_cents=200)
    >>> late_fee(california, 2_999).cents, late_fee(california, 15_000).cents, late_fee(california, 40_000).cents
    (200, 500, 500)
    >>> late_fee(california, 2_999).reason
    'CA weekly: 5% of $29.99, raised to the least of $2.00 (Civ. 1812.626)'
    """
    unpaid_cents -= rule.disputed_cents
    if unpaid_cents <= 0:
        return LateFee(0, "")
    cents, made_by = _base(rule, unpaid_cents)
    if cents < rule.floor_cents:
        cents, made_by = rule.floor_cents, f"{made_by}, raised to the least of {as_text(rule.floor_cents)}"
    if rule.cap_cents is not None and cents > rule.cap_cents:
        cents, made_by = rule.cap_cents, f"{made_by}, capped at {as_text(rule.cap_cents)}"
    if rule.cap_total_cents is not None and cents > rule.cap_total_cents - charged_before_cents:
        cents = max(0, rule.cap_total_cents - charged_before_cents)
        made_by = f"{made_by}, capped by {as_text(rule.cap_total_cents)} for the whole contract"
    cited = f" ({rule.citation})" if rule.citation else ""
    return LateFee(cents, f"{rule.name}: {made_by}{cited}")


def _base(rule: FeeRule, unpaid_cents: int) -> tuple[int, str]:
    """The percentage or the flat amount, and which of them it is."""
    if rule.percent is None:
        return rule.flat_cents or 0, f"flat {as_text(rule.flat_cents or 0)}"
    of_it = half_up(Decimal(unpaid_cents) * rule.percent / 10_000)
    made_by = f"{rule.percent.normalize():f}% of {as_text(unpaid_cents)}"
    if rule.flat_cents is None:
        return of_it, made_by
    takes_flat = rule.flat_cents < of_it if rule.combiner is Combiner.LESSER else rule.flat_cents > of_it
    if not takes_flat:
        return of_it, made_by
    word = "less" if rule.combiner is Combiner.LESSER else "more"
    return rule.flat_cents, f"flat {as_text(rule.flat_cents)}, {word} than {made_by}"


def assessed_on(due_on: date, grace_days: int, *, is_business_days: bool = False) -> date:
    """The day at whose end a late fee is assessed: due + grace + 1. Money that counts by that day is in time.

    >>> assessed_on(date(2026, 11, 6), 3), assessed_on(date(2026, 11, 6), 2, is_business_days=True)
    (datetime.date(2026, 11, 10), datetime.date(2026, 11, 11))
    """
    day = due_on
    if not is_business_days:
        return day + timedelta(days=grace_days + 1)
    left = grace_days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day + timedelta(days=1)


LONGEST_GRACE = 60
"""Days; a longer grace is a typing error."""


def due_dates_assessed_on(day: date, grace_days: int, *, is_business_days: bool = False) -> list[date]:
    """The due dates whose late fee is assessed at the end of a day; several, or none, where weekends do not count.

    >>> [due.day for due in due_dates_assessed_on(date(2026, 11, 10), 3)]
    [6]
    >>> [due.day for due in due_dates_assessed_on(date(2026, 11, 25), 2, is_business_days=True)]  # A Wednesday.
    [20, 21, 22]
    """
    earliest = day - timedelta(days=2 * grace_days + 10)
    between = (earliest + timedelta(days=n) for n in range((day - earliest).days))
    return [due for due in between if assessed_on(due, grace_days, is_business_days=is_business_days) == day]


def chosen(
    policies: Iterable[Applies], *, state: str | None, contract_on: date, frequency: Frequency, portfolio_id: int
) -> Applies | None:
    """The policy row of a contract: the newest that is not after the contract date; None when there is none.

    A row of the portfolio wins over one for all portfolios, then a row of the state over one for any state.

    >>> rows = [Applies(1, date(2000, 1, 1), FrequencyClass.WEEKLY), Applies(2, date(2000, 1, 1), FrequencyClass.WEEKLY, "CA"),
    ...         Applies(3, date(2026, 6, 1), FrequencyClass.WEEKLY, "CA")]
    >>> [chosen(rows, state=state, contract_on=date(2026, month, 1), frequency=Frequency.WEEKLY, portfolio_id=1).key
    ...  for state, month in (("CA", 5), ("CA", 7), ("TX", 7))]
    [2, 3, 1]
    """
    of_class = frequency_class(frequency)
    fitting = [
        row
        for row in policies
        if row.frequency_class is of_class
        and row.contract_from_on <= contract_on
        and row.state in (None, state)
        and row.portfolio_id in (None, portfolio_id)
    ]
    return max(fitting, key=_standing, default=None)


def _standing(row: Applies) -> tuple[bool, bool, date, int]:
    return row.portfolio_id is not None, row.state is not None, row.contract_from_on, row.key
