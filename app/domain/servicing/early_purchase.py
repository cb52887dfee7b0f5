"""What it costs to own the device before the last installment, and until when a quote holds (domain.md part 6).

An early purchase costs what is past due, the open fees and a formula on the part that is not yet due; a credit on the
account is taken off. Which formula a contract has is a row of policy with its citation; the rules are here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.errors import RuleViolation
from app.domain.money import as_text, dollars, half_up, share
from app.domain.servicing.months import day_in_month, month_number
from app.domain.words import Word


class Formula(Word):
    """How the part that is not yet due is priced."""

    CASH_SHARE = "cash_share", "Cash price × remaining ÷ total"
    CASH_LESS_PART_PAID = "cash_less_part_paid", "Cash price less a part of the payments made"
    RETAIL_SHARE = "retail_share", "Retail price ÷ total × payments not yet due"
    CASH_LESS_PAID = "cash_less_paid", "Cash price less payments made"
    PERCENT_OF_REMAINING = "percent_of_remaining", "Percent of what is not yet due"
    RTO_DISCOUNT = "rto_discount", "Balance less a discount"
    FEDERAL_LEASE = "federal_lease", "Percent of the remaining rent plus balloon"
    NONE = "none", "No discount"


_F = Formula

NEEDS_CASH_PRICE: frozenset[Formula] = frozenset({_F.CASH_SHARE, _F.CASH_LESS_PART_PAID, _F.RETAIL_SHARE, _F.CASH_LESS_PAID})
"""These cannot be worked out while nobody has entered the cash price."""

NEEDS_PERCENT: frozenset[Formula] = frozenset(
    {_F.CASH_LESS_PART_PAID, _F.PERCENT_OF_REMAINING, _F.RTO_DISCOUNT, _F.FEDERAL_LEASE}
)
"""These have a percentage as a parameter."""

KEEPS_RENT_APART: frozenset[Formula] = frozenset({_F.CASH_LESS_PAID})
"""Here rent that is past due is inside the cash price already; asking for it as well would charge it twice.

California says so in as many words: within three months the customer owes the cash price and past due *fees* less the
payments made; past due payments are added only later (Civ. 1812.632).
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy says.

    Within `cash_months` of the contract date, or `cash_days` ("90 days same as cash"), the price is the cash price less
    the payments made; afterwards the formula. `percent` is 50 for a half. `needs_payments` installments must have been
    paid before there is a discount at all.
    """

    formula: Formula
    percent: Decimal | None = None
    cash_months: int = 0
    cash_days: int = 0
    needs_payments: int = 0
    balloon_cents: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a contract is paid, late and still to come on the day of the quote; all in cents.

    Total is the sum of all installments; what is due on the very day counts as not yet due, as it does everywhere.
    """

    contract_on: date
    total_cents: int
    paid_cents: int
    """What the customer has paid towards installments."""
    past_due_cents: int
    not_due_cents: int
    fees_cents: int = 0
    credit_cents: int = 0
    payments_made: int = 0
    cash_price_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a quote: what it is, how much, and where it comes from."""

    label: str
    cents: int
    why: str


@dataclass(frozen=True, slots=True)
class Price:
    """An itemised price. `formula` is the one that made it; None when all that is open is asked for."""

    items: tuple[Item, ...]
    formula: Formula | None

    @property
    def total_cents(self) -> int:
        """What is to be paid."""
        return max(0, sum(item.cents for item in self.items))


def same_as_cash_until(terms: Terms, contract_on: date) -> date | None:
    """The last day of the time in which a contract costs no more than its cash price; None when there is none.

    >>> same_as_cash_until(Terms(Formula.CASH_SHARE, cash_months=3), date(2026, 1, 31))
    datetime.date(2026, 4, 30)
    >>> same_as_cash_until(Terms(Formula.NONE, cash_days=90), date(2026, 1, 1))
    datetime.date(2026, 4, 1)
    """
    by_months = day_in_month(month_number(contract_on) + terms.cash_months, contract_on.day) if terms.cash_months else None
    by_days = contract_on + timedelta(days=terms.cash_days) if terms.cash_days else None
    return max((day for day in (by_months, by_days) if day is not None), default=None)


def cash_share(cash_price_cents: int, remaining_cents: int, total_cents: int) -> int:
    """Cash price × remaining / total: California after three months, New York, Hawaii; West Virginia with retail price.

    >>> cash_share(79_900, 50 * 2_999, 78 * 2_999), cash_share(79_900, 10 * 2_999, 78 * 2_999)
    (51218, 10244)
    """
    if total_cents <= 0:
        return 0
    return half_up(dollars(cash_price_cents) * Decimal(remaining_cents) / Decimal(total_cents))


def cash_less_paid(cash_price_cents: int, paid_cents: int, part: Decimal = Decimal(1)) -> int:
    """Cash price less (a part of) the payments made, never below nothing: same as cash, and Ohio with a half.

    >>> cash_less_paid(79_900, 4 * 2_999), cash_less_paid(79_900, 28 * 2_999, Decimal("0.5"))
    (67904, 37914)
    """
    return max(0, cash_price_cents - share(paid_cents, part))


def rto_discount(balance_cents: int, discount: Decimal, prepaid_cents: int = 0) -> int:
    """The balance less a discount. What was prepaid has lowered the balance already and is not taken off once more.

    >>> rto_discount(50_000, Decimal("0.4"), prepaid_cents=10_000)
    30000
    """
    if not 0 <= discount <= 1 or prepaid_cents < 0:
        raise RuleViolation("A discount lies between 0 and 100 percent, and nobody prepays less than nothing.")
    return balance_cents - share(balance_cents, discount)


def federal_lease(remaining_rent_cents: int, balloon_cents: int, rate: Decimal = Decimal("0.25")) -> int:
    """A part of the rent that remains, and the balloon in full.

    18 payments of $25.00 with a balloon of $75.00, four paid: a quarter of 14 × $25.00 is $87.50, and $75.00.

    >>> federal_lease(14 * 2_500, 7_500)
    16250
    """
    return share(remaining_rent_cents, rate) + balloon_cents


def payoff(standing: Standing) -> Price:
    """All that is open on a lease: past due, to come, fees, less the credit.

    >>> late = Standing(date(2026, 1, 2), 10_000, 0, past_due_cents=2_500, not_due_cents=7_500, fees_cents=125, credit_cents=100)
    >>> payoff(late).total_cents
    10025
    """
    items = (
        Item("Past due installments", standing.past_due_cents, "due before that day and unpaid"),
        Item("Installments to come", standing.not_due_cents, "everything that is not yet due"),
        Item("Fees", standing.fees_cents, "assessed and unpaid"),
        _credit(standing),
    )
    return Price(_worth_saying(items), None)


def financed_payoff(
    principal_cents: int, interest_cents: int, accruing_cents: int, fees_cents: int, credit_cents: int, *, why_accruing: str
) -> Price:
    """All that is owed on a financed contract: principal, interest up to the day, fees, less the credit.

    >>> financed_payoff(100_000, 753, 1_369, 500, 0, why_accruing="20 days").total_cents
    102622
    """
    items = (
        Item("Principal", principal_cents, "financed and not yet paid"),
        Item("Interest assessed", interest_cents, "written down and unpaid"),
        Item("Interest to the day", accruing_cents, why_accruing),
        Item("Fees", fees_cents, "assessed and unpaid"),
        Item("Credit on the account", -credit_cents, "received and not yet used"),
    )
    return Price(_worth_saying(items), None)


def early_purchase(standing: Standing, terms: Terms, *, on: date) -> Price:
    """The price of owning the device on a day; never more than the payoff.

    Raises RuleViolation when the formula needs a cash price and none is known.

    >>> paid_28 = Standing(date(2026, 1, 2), 78 * 2_999, 28 * 2_999, 0, 50 * 2_999, payments_made=28, cash_price_cents=79_900)
    >>> early_purchase(paid_28, Terms(Formula.CASH_SHARE), on=date(2026, 8, 1)).total_cents
    51218
    """
    formula = _formula_on(standing, terms, on)
    if formula is Formula.NONE:
        return payoff(standing)
    priced = Item("Purchase option", *_option(formula, standing, terms))
    late = 0 if formula in KEEPS_RENT_APART else standing.past_due_cents
    items = (
        Item("Past due installments", late, "due before that day and unpaid"),
        Item("Fees", standing.fees_cents, "assessed and unpaid"),
        priced,
        _credit(standing),
    )
    price = Price(_worth_saying(items), formula)
    whole = payoff(standing)
    return price if price.total_cents < whole.total_cents else whole


def good_through(
    as_of_on: date, *, days: int, is_early_purchase: bool, until: date | None = None, next_due_on: date | None = None
) -> date:
    """The last day on which a quote of `as_of_on` holds: some days, but not past the day on which the figure changes.

    The end of same-as-cash changes the price of an early purchase, and so does the next due date: what is not paid by
    then is past due and has no discount. A payoff is the same before and after.

    >>> good_through(date(2026, 11, 20), days=7, is_early_purchase=True, next_due_on=date(2026, 11, 24))
    datetime.date(2026, 11, 24)
    >>> good_through(date(2026, 11, 20), days=7, is_early_purchase=False, next_due_on=date(2026, 11, 24))
    datetime.date(2026, 11, 27)
    """
    ends = [as_of_on + timedelta(days=days)]
    if is_early_purchase:
        ends += [day for day in (until, next_due_on) if day is not None and day >= as_of_on]
    return min(ends)


def _formula_on(standing: Standing, terms: Terms, on: date) -> Formula:
    """Same as cash while it lasts, then the policy's formula; nothing before the payments that it demands."""
    until = same_as_cash_until(terms, standing.contract_on)
    if until is not None and on <= until and standing.cash_price_cents is not None:
        return Formula.CASH_LESS_PAID
    if standing.payments_made < terms.needs_payments:
        return Formula.NONE
    return terms.formula


def _option(formula: Formula, standing: Standing, terms: Terms) -> tuple[int, str]:
    """What the formula makes of the part that is not yet due, and how it got there."""
    remaining, total, paid = standing.not_due_cents, standing.total_cents, standing.paid_cents
    rate = (terms.percent or Decimal(0)) / 100
    if formula is Formula.PERCENT_OF_REMAINING:
        return share(remaining, rate), f"{_percent(rate)} of {as_text(remaining)} not yet due"
    if formula is Formula.RTO_DISCOUNT:
        return rto_discount(remaining, rate), f"{as_text(remaining)} not yet due less {_percent(rate)}"
    if formula is Formula.FEDERAL_LEASE:
        why = f"{_percent(rate)} of {as_text(remaining)} remaining rent plus a balloon of {as_text(terms.balloon_cents)}"
        return federal_lease(remaining, terms.balloon_cents, rate), why
    cash = standing.cash_price_cents
    if cash is None:
        raise RuleViolation("The early purchase price follows from the cash price, and this account has none.", field="kind")
    if formula is Formula.CASH_LESS_PAID:
        return cash_less_paid(cash, paid), f"cash price {as_text(cash)} less {as_text(paid)} paid"
    if formula is Formula.CASH_LESS_PART_PAID:
        return cash_less_paid(cash, paid, rate), f"cash price {as_text(cash)} less {_percent(rate)} of {as_text(paid)} paid"
    name = "retail price" if formula is Formula.RETAIL_SHARE else "cash price"
    why = f"{name} {as_text(cash)} × {as_text(remaining)} not yet due ÷ {as_text(total)} contract"
    return cash_share(cash, remaining, total), why


def _credit(standing: Standing) -> Item:
    return Item("Credit on the account", -standing.credit_cents, "received and not yet used")


def _worth_saying(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The lines that are not nothing; all of them when there is no other, so that a quote is never blank."""
    return tuple(item for item in items if item.cents) or items[:1]


def _percent(rate: Decimal) -> str:
    """A rate in words: 0.5 is 50 %."""
    return f"{(rate * 100).normalize():f} %"
