"""What is agreed when a contract is signed, and the schedule that follows from it (domain.md part 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import DEFAULT_PAYMENTS, Frequency
from app.domain.servicing.interest import HIGHEST_RATE, amortised
from app.domain.servicing.parties import PartyRole
from app.domain.servicing.schedule import (
    MAX_INSTALLMENTS,
    Anchors,
    Line,
    default_anchors,
    due_on,
    installments,
    number_of_payments,
)

MOST_PAYMENT_CENTS = 100_000_00
"""A single payment of more than $100,000.00 is a slip of the finger."""

LATE_FIRST_DUE = dt.timedelta(days=45)
"""A first due date later than this after the start is asked about."""

EARLIEST_START = dt.timedelta(days=3653)
LATEST_START = dt.timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Applicant:
    """A person as they were typed: the customer, or who signs beside them."""

    first_name: str = ""
    last_name: str = ""
    phones: tuple[str, ...] = ()
    """As typed; the first is the primary one."""
    email: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    monthly_income_cents: int | None = None
    customer_id: int | None = None
    """Somebody who is known already; then nothing above changes them, only new phones are added."""


@dataclass(frozen=True, slots=True)
class Money:
    """How a contract is paid. What is None follows from the rest."""

    frequency: Frequency
    start_on: dt.date
    contract_type: ContractType = ContractType.LEASE
    first_due_on: dt.date | None = None
    """None: one period after the start."""
    anchors: Anchors | None = None
    payment_cents: int | None = None
    payments: int | None = None
    """None: as many as the total needs, or else the default of the frequency."""
    total_cents: int | None = None
    cash_price_cents: int | None = None
    down_payment_cents: int = 0
    interest_rate: Decimal | None = None
    """Simple interest in percent a year, of installment contracts and credit lines."""
    principal_cents: int | None = None
    """The amount financed by an installment contract; None: cash price less down payment."""
    line_cents: int | None = None
    """The most that a credit line lends."""
    first_charge_cents: int | None = None
    """What is charged to a credit line when it opens, due on the first due date; None: nothing yet."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The descriptive side of a contract, under the names of the UAS report set."""

    program: str | None = None
    location: str | None = None
    seller: str | None = None
    pricing_tier: str | None = None
    merchant_ext_id: str | None = None
    applicant_id: str | None = None
    note_on: dt.date | None = None
    rescission_on: dt.date | None = None
    description: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class NewContract:
    """All that is needed to open an account."""

    portfolio_id: int
    customer: Applicant
    money: Money
    dealer_id: int | None = None
    approval_id: str | None = None
    model: str | None = None
    identity: str | None = None
    """IMEI or serial number as typed."""
    cost_cents: int | None = None
    terms: Terms = field(default_factory=Terms)
    second: Applicant | None = None
    second_role: PartyRole = PartyRole.CO_APPLICANT
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """The schedule that a contract would have."""

    payment_cents: int
    total_cents: int
    first_due_on: dt.date
    lines: tuple[Line, ...]
    principal_cents: int | None = None
    """The amount financed; null for leases."""
    interest_cents: int = 0
    """Interest that the schedule contains when each line is paid on its day."""

    @property
    def last_line(self) -> Line | None:
        """The line that takes the remainder; None when there is no schedule yet."""
        return self.lines[-1] if self.lines else None


def first_due(money: Money) -> dt.date:
    """The first due date: as agreed, or one period after the start.

    >>> first_due(Money(Frequency.BIWEEKLY, dt.date(2026, 11, 20)))
    datetime.date(2026, 12, 4)
    """
    return money.first_due_on or due_on(money.frequency, money.start_on, 1, money.anchors)


def due_days(money: Money) -> Anchors:
    """The days of the month on which the contract is due: as agreed, or those that its first day speaks for.

    That is the first due date where one was agreed. Otherwise it is the start: a contract of January 31 is due on the last
    days of the months, not on the 28th for having begun before a February.

    >>> due_days(Money(Frequency.MONTHLY, dt.date(2026, 1, 31)))
    (31,)
    """
    return money.anchors or default_anchors(money.frequency, money.first_due_on or money.start_on)


def propose(money: Money, defaults: Mapping[Frequency, int] = DEFAULT_PAYMENTS) -> Proposal:
    """The schedule of a contract of any type. Raises RuleViolation, with the field, for what does not fit together."""
    if money.contract_type is ContractType.INSTALLMENT:
        return _installment_proposal(money, defaults)
    if money.contract_type is ContractType.CREDIT_LINE:
        return _credit_line_proposal(money)
    return lease_proposal(money, defaults)


def _installment_proposal(money: Money, defaults: Mapping[Frequency, int]) -> Proposal:
    """Level payments that pay the amount financed with its interest, or the given payment as long as it takes."""
    principal = financed(money)
    count = money.payments or defaults[money.frequency]
    _check_payment(money.payment_cents, needed=False)
    _check_count(count)
    start = first_due(money)
    dates = [due_on(money.frequency, start, k, due_days(money)) for k in range(count)]
    lines = amortised(principal, money.interest_rate or Decimal(0), money.start_on, dates, money.payment_cents)
    return Proposal(
        payment_cents=lines[0].amount_cents,
        total_cents=sum(line.amount_cents for line in lines),
        first_due_on=start,
        lines=tuple(Line(line.number, line.due_on, line.amount_cents) for line in lines),
        principal_cents=principal,
        interest_cents=sum(line.interest_cents for line in lines),
    )


def financed(money: Money) -> int:
    """The amount financed: as given, or the cash price less the down payment.

    >>> financed(Money(Frequency.MONTHLY, dt.date(2026, 11, 20), cash_price_cents=79_900, down_payment_cents=9_900))
    70000
    """
    principal = money.principal_cents
    if principal is None and money.cash_price_cents:
        principal = money.cash_price_cents - money.down_payment_cents
    if principal is None or principal <= 0:
        raise RuleViolation("Enter the amount financed, or a cash price that is more than the down payment.", field="principal")
    if principal > MOST_PAYMENT_CENTS:
        raise RuleViolation(f"No more than {as_text(MOST_PAYMENT_CENTS)} is financed.", field="principal")
    return principal


def _credit_line_proposal(money: Money) -> Proposal:
    """A line opens without a schedule: what falls due follows from what is charged to it."""
    if not money.line_cents or not 0 < money.line_cents <= MOST_PAYMENT_CENTS:
        raise RuleViolation(f"Enter the line, between $0.01 and {as_text(MOST_PAYMENT_CENTS)}.", field="line")
    rate = money.interest_rate or Decimal(0)
    if not 0 <= rate <= HIGHEST_RATE:
        raise RuleViolation(f"The rate is between 0% and {HIGHEST_RATE}% a year.", field="interest_rate")
    first = money.first_charge_cents
    if first is not None and not 0 < first <= money.line_cents:
        raise RuleViolation(f"The first charge is between $0.01 and the line, {as_text(money.line_cents)}.", field="first_charge")
    return Proposal(_check_payment(money.payment_cents), 0, first_due(money), ())


def _check_payment(cents: int | None, *, needed: bool = True) -> int:
    if cents is None and not needed:
        return 0
    if cents is None:
        raise RuleViolation("Enter the payment.", field="payment")
    if not 0 < cents <= MOST_PAYMENT_CENTS:
        raise RuleViolation(f"A payment is between $0.01 and {as_text(MOST_PAYMENT_CENTS)}.", field="payment")
    return cents


def _check_count(count: int | None) -> None:
    if count is not None and not 0 < count <= MAX_INSTALLMENTS:
        raise RuleViolation(f"A schedule has between 1 and {MAX_INSTALLMENTS:,} payments.", field="payments")


def lease_proposal(money: Money, defaults: Mapping[Frequency, int] = DEFAULT_PAYMENTS) -> Proposal:
    """The schedule of a lease from any two of payment, number of payments and total, or from the payment alone.

    A blank number of payments with a blank total is the default of the frequency. Raises RuleViolation, with the field,
    for what is missing or does not fit together.

    >>> weekly = Money(Frequency.WEEKLY, dt.date(2026, 11, 20), payment_cents=2_999)
    >>> proposal = lease_proposal(weekly)
    >>> len(proposal.lines), proposal.total_cents, proposal.lines[-1].due_on
    (52, 155948, datetime.date(2027, 11, 19))
    """
    payment, total, count = money.payment_cents, money.total_cents, money.payments
    if payment is None and total is not None and count:
        payment = -(-total // count)
    payment = _check_payment(payment)
    _check_count(count)
    if total is None:
        total = payment * (count or defaults[money.frequency])
    if total <= 0:
        raise RuleViolation("The total must be more than $0.00.", field="total")
    needed = number_of_payments(total, payment)
    if count is not None and count != needed:
        raise RuleViolation(
            f"{count:,} payments of {as_text(payment)} do not make {as_text(total)}: that takes {needed:,}. "
            "Leave one of them blank.",
            field="payments",
        )
    start = first_due(money)
    lines = installments(money.frequency, start, total_cents=total, payment_cents=payment, anchors=due_days(money))
    return Proposal(payment, total, start, tuple(lines))


def refuse_impossible_days(money: Money, terms: Terms, *, today: dt.date) -> None:
    """Raise RuleViolation for days that cannot be, with the field."""
    if not today - EARLIEST_START <= money.start_on <= today + LATEST_START:
        raise RuleViolation("A contract starts within the last ten years or the next 31 days.", field="start_on")
    first = first_due(money)
    if first < money.start_on:
        raise RuleViolation("The first due date is before the contract starts.", field="first_due_on")
    if first > money.start_on + dt.timedelta(days=366):
        raise RuleViolation("The first due date is more than a year after the start.", field="first_due_on")
    if terms.note_on and terms.note_on > money.start_on + LATEST_START:
        raise RuleViolation("The contract cannot be signed after it starts.", field="note_on")
    if terms.rescission_on and terms.rescission_on < (terms.note_on or money.start_on):
        raise RuleViolation("The customer can cancel from the day of signing on, not only before it.", field="rescission_on")


def doubts(money: Money, proposal: Proposal, *, today: dt.date) -> list[str]:
    """What speaks against the figures without ruling them out.

    >>> cheap = Money(Frequency.WEEKLY, dt.date(2026, 11, 20), payment_cents=1_000, payments=10, cash_price_cents=20_000)
    >>> doubts(cheap, lease_proposal(cheap), today=dt.date(2026, 11, 20))
    ['All payments together ($100.00) are less than the cash price ($200.00).']
    """
    said = []
    cash, down = money.cash_price_cents, money.down_payment_cents
    if cash and proposal.lines and proposal.total_cents + down < cash:
        paid = as_text(proposal.total_cents + down)
        said.append(f"All payments together ({paid}) are less than the cash price ({as_text(cash)}).")
    if cash and down > cash:
        said.append(f"The down payment ({as_text(down)}) is more than the cash price ({as_text(cash)}).")
    if proposal.first_due_on < today:
        late = (today - proposal.first_due_on).days
        said.append(f"The first due date has passed: the account starts {late} day{'s' if late > 1 else ''} past due.")
    if proposal.first_due_on > money.start_on + LATE_FIRST_DUE:
        said.append(f"Nothing is due until {proposal.first_due_on:%B} {proposal.first_due_on.day}, long after the start.")
    return said
