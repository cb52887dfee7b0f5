"""The account as its customer is told it: each entry with the balance after it, and a receipt for each payment.

The running balance counts everything that was charged, taken off and paid, in the order of the days. It ends at what is
owed today: the account's balance less its credit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.payments.kinds import MONEY_IN_KINDS, PaymentKind, PaymentState
from app.domain.payments.partial import PartialPayments, PartPaid, later_by, terms
from app.domain.servicing.charges import AdjustmentKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.moves import PERIOD_DAYS
from app.models import (
    Account,
    Adjustment,
    Allocation,
    ContractFinance,
    CreditCharge,
    Fee,
    Installment,
    InterestCharge,
    Payment,
    PaymentSplit,
)
from app.queries.payments.fee_policies import partial_of, policy_of

LINES_AHEAD = 12
"""A statement shows so many of the installments to come."""

MOVED_MONEY = (PaymentState.COMPLETE, PaymentState.REVERSED, PaymentState.REFUNDED)
"""Entries that stand in the account: money that came, whether or not it went back since."""
_CONTRACT, _CHARGE, _INTEREST, _ADJUSTMENT, _MONEY = range(5)
# Of one day: the contract first, then what was charged, what was corrected, what was paid.


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the account. A positive amount raises what is owed, a negative one lowers it."""

    on: dt.date
    what: str
    cents: int
    balance_cents: int = 0
    payment_id: int | None = None
    turn: tuple[int, int] = (0, 0)
    """Its place among the entries of one day."""


@dataclass(frozen=True, slots=True)
class Line:
    """An installment that is still to be paid, with what is unpaid of it."""

    number: int
    due_on: dt.date
    cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """An account from one day to another."""

    from_on: dt.date
    to_on: dt.date
    opening_cents: int
    entries: tuple[Entry, ...]
    closing_cents: int
    ahead: tuple[Line, ...]
    ahead_count: int
    """How many installments are open in all; `ahead` holds the first of them."""

    @property
    def charged_cents(self) -> int:
        """What was charged in these days."""
        return sum(entry.cents for entry in self.entries if entry.cents > 0)

    @property
    def paid_cents(self) -> int:
        """What was paid or taken off in these days."""
        return -sum(entry.cents for entry in self.entries if entry.cents < 0)


@dataclass(frozen=True, slots=True)
class Covered:
    """What a payment covered of one charge."""

    what: str
    due_on: dt.date | None
    cents: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment as its payer is told it."""

    payment: Payment
    covers: tuple[Covered, ...]
    credit_cents: int
    """What of it covers nothing yet."""
    balance_after_cents: int
    next_due_on: dt.date | None
    next_due_cents: int
    is_void: bool
    refunded_cents: int = 0
    """What of it was handed back since."""
    part_paid: PartPaid | None = None
    """The installment that it left part-paid, where the contract's policy moves the due date of the rest."""


def entries(session: Session, account: Account) -> list[Entry]:
    """Everything that moved the account, oldest first, each with the balance after it."""
    found = [*_charged(session, account), *_adjusted(session, account), *_paid(session, account)]
    found.sort(key=lambda entry: (entry.on, entry.turn))
    balances = accumulate(entry.cents for entry in found)
    return [replace(entry, balance_cents=balance) for entry, balance in zip(found, balances, strict=True)]


def statement(session: Session, account: Account, *, from_on: dt.date, to_on: dt.date) -> Statement:
    """The account over some days, both included."""
    found = entries(session, account)
    before = [entry for entry in found if entry.on < from_on]
    inside = tuple(entry for entry in found if from_on <= entry.on <= to_on)
    opening = before[-1].balance_cents if before else 0
    open_cents = Installment.amount_cents - Installment.paid_cents
    ahead = session.execute(
        select(Installment.number, Installment.due_on, open_cents.label("cents"), func.count().over().label("all"))
        .where(Installment.account_id == account.id, open_cents > 0)
        .order_by(Installment.due_on, Installment.number)
        .limit(LINES_AHEAD)
    ).all()
    return Statement(
        from_on=from_on,
        to_on=to_on,
        opening_cents=opening,
        entries=inside,
        closing_cents=inside[-1].balance_cents if inside else opening,
        ahead=tuple(Line(row.number, row.due_on, row.cents) for row in ahead),
        ahead_count=ahead[0].all if ahead else 0,
    )


def receipt(session: Session, payment: Payment) -> Receipt:
    """What a payment covered, what was owed after it and what came next."""
    account = session.get_one(Account, payment.account_id)
    covers, used_cents = _covers(session, payment.id)
    balance = next((entry.balance_cents for entry in entries(session, account) if entry.payment_id == payment.id), 0)
    next_due_on, next_due_cents, part_paid = _next_due_after(session, account, payment)
    is_void = payment.state is not PaymentState.COMPLETE
    parts = select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(Payment.part_of_id == payment.id)
    refunded_cents = int(session.scalar(parts) or 0)
    return Receipt(
        payment=payment,
        covers=tuple(covers),
        credit_cents=0 if is_void else payment.amount_cents - refunded_cents - used_cents,
        refunded_cents=refunded_cents,
        balance_after_cents=balance,
        next_due_on=next_due_on,
        next_due_cents=next_due_cents,
        is_void=is_void,
        part_paid=None if is_void else part_paid,
    )


def _charged(session: Session, account: Account) -> Iterator[Entry]:
    """What the contract, its fees and its interest charge."""
    finance = session.get(ContractFinance, account.id)
    if account.contract_type is ContractType.LEASE or finance is None:
        # Rent that was added later is part of the total and stands on its own day as well.
        yield Entry(account.start_on, "Contract", account.total_cents - _added_rent(session, account.id), turn=(_CONTRACT, 0))
    elif account.contract_type is ContractType.INSTALLMENT:
        yield Entry(account.start_on, "Amount financed", finance.principal_cents, turn=(_CONTRACT, 0))
    else:
        yield from _drawn(session, account.id)
    for each in session.scalars(select(InterestCharge).where(InterestCharge.account_id == account.id)):
        what = f"Interest of {each.days} day{'' if each.days == 1 else 's'}"
        yield Entry(each.assessed_on, what, each.amount_cents, turn=(_INTEREST, 0))
    waived = _waived(session, account.id)
    for fee in session.scalars(select(Fee).where(Fee.account_id == account.id)):
        # A fee that replay took back never was; what was waived without a row of its own stands on the fee's day.
        cents = fee.amount_cents - fee.waived_cents + waived.get(fee.id, 0)
        if cents:
            yield Entry(fee.assessed_on, f"{fee.kind.label}: {fee.reason}", cents, turn=(_CHARGE, fee.id))


def _added_rent(session: Session, account_id: int) -> int:
    query = select(func.coalesce(func.sum(Adjustment.principal_cents), 0))
    return int(session.scalar(query.where(Adjustment.account_id == account_id, Adjustment.kind == AdjustmentKind.DEBIT)) or 0)


def _drawn(session: Session, account_id: int) -> Iterator[Entry]:
    """The charges of a credit line, each on the day on which it was made."""
    rows = session.execute(
        select(CreditCharge.charged_on, CreditCharge.description, Installment.number, Installment.amount_cents)
        .join(
            Installment,
            (Installment.account_id == CreditCharge.account_id) & (Installment.number == CreditCharge.installment_number),
        )
        .where(CreditCharge.account_id == account_id)
    )
    for row in rows:
        yield Entry(row.charged_on, f"Charge: {row.description}", row.amount_cents, turn=(_CONTRACT, row.number))


def _waived(session: Session, account_id: int) -> dict[int, int]:
    """Fee → what people waived of it, by rows of their own."""
    rows = session.execute(
        select(Adjustment.fee_id, func.sum(Adjustment.amount_cents))
        .where(Adjustment.account_id == account_id, Adjustment.kind == AdjustmentKind.WAIVER, Adjustment.fee_id.is_not(None))
        .group_by(Adjustment.fee_id)
    )
    return {fee_id: -int(cents) for fee_id, cents in rows if fee_id is not None}


def _adjusted(session: Session, account: Account) -> Iterator[Entry]:
    """Corrections. Of a credit counts what it really took off.

    What of a debit is about fees stands as a fee, and what it added to a credit line as a charge.
    """
    used = _used(session, account.id)
    is_line = account.contract_type is ContractType.CREDIT_LINE
    for row in session.scalars(select(Adjustment).where(Adjustment.account_id == account.id)):
        if row.kind is AdjustmentKind.CREDIT:
            cents = -used.get(row.id, 0)
        elif row.kind is AdjustmentKind.DEBIT:
            cents = row.interest_cents + (0 if is_line else row.principal_cents)
        else:
            cents = row.amount_cents
        if cents:
            yield Entry(row.effective_on, f"{row.kind.label}: {row.reason}", cents, turn=(_ADJUSTMENT, row.id))


def _used(session: Session, account_id: int) -> dict[int | None, int]:
    """Credit adjustment → what it took off charges, interest and principal."""
    used: dict[int | None, int] = {}
    of_charges = select(Allocation.adjustment_id, Allocation.amount_cents).where(Allocation.account_id == account_id)
    beyond = select(PaymentSplit.adjustment_id, PaymentSplit.beyond_cents).where(PaymentSplit.account_id == account_id)
    for query in (of_charges.where(Allocation.adjustment_id.is_not(None)), beyond.where(PaymentSplit.adjustment_id.is_not(None))):
        for key, cents in session.execute(query):
            used[key] = used.get(key, 0) + cents
    return used


def _paid(session: Session, account: Account) -> Iterator[Entry]:
    rows = session.scalars(select(Payment).where(Payment.account_id == account.id, Payment.state.in_(MOVED_MONEY)))
    for row in rows:
        is_in = row.kind in MONEY_IN_KINDS
        by = f" by {row.method.label.lower()}" if row.kind is PaymentKind.PAYMENT else ""
        what = f"{row.kind.label}{by}" + (f", {row.reference}" if row.reference else "")
        cents = -row.amount_cents if is_in else row.amount_cents
        yield Entry(row.effective_on, what, cents, payment_id=row.id, turn=(_MONEY, row.id))


def _covers(session: Session, payment_id: int) -> tuple[list[Covered], int]:
    """What a payment covered, in order, and how much of it that is.

    Of a financed contract its interest and principal are told, and not the scheduled payments that they fill.
    """
    rows = session.execute(
        select(Allocation.installment_number, Installment.due_on, Fee.kind, Allocation.amount_cents)
        .outerjoin(Fee, Fee.id == Allocation.fee_id)
        .outerjoin(
            Installment,
            (Installment.account_id == Allocation.account_id) & (Installment.number == Allocation.installment_number),
        )
        .where(Allocation.payment_id == payment_id)
        .order_by(Allocation.id)
    ).all()
    split = session.scalar(select(PaymentSplit).where(PaymentSplit.payment_id == payment_id))
    used = sum(row.amount_cents for row in rows) + (0 if split is None else split.beyond_cents)
    covers = [
        Covered(f"Installment {row.installment_number}" if row.kind is None else row.kind.label, row.due_on, row.amount_cents)
        for row in rows
        if split is None or row.kind is not None
    ]
    if split is not None:
        told = (("Interest", split.interest_cents), ("Principal", split.principal_cents))
        covers += [Covered(what, None, cents) for what, cents in told if cents]
    return covers, used


def _next_due_after(session: Session, account: Account, payment: Payment) -> tuple[dt.date | None, int, PartPaid | None]:
    """The oldest installment that this payment and those before it leave open: its day, its cents, what a part of it bought."""
    before = (Payment.effective_on < payment.effective_on) | (
        (Payment.effective_on == payment.effective_on) & (Payment.id <= payment.id)
    )
    covered = (
        select(Allocation.installment_number, func.sum(Allocation.amount_cents).label("cents"))
        .outerjoin(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.account_id == payment.account_id, before | Allocation.payment_id.is_(None))
        .group_by(Allocation.installment_number)
        .subquery()
    )
    left = Installment.amount_cents - Installment.opening_cents - func.coalesce(covered.c.cents, 0)
    due_on = Installment.due_on - Installment.bought_days
    rows = session.execute(
        select(Installment.number, due_on.label("due_on"), Installment.amount_cents, left.label("cents"))
        .outerjoin(covered, covered.c.installment_number == Installment.number)
        .where(Installment.account_id == payment.account_id)
        .order_by(due_on, Installment.number)
    ).all()
    row = next((row for row in rows if row.cents > 0), None)
    if row is None:
        return None, 0, None
    way = partial_of(policy_of(session, account), account) if row.cents < row.amount_cents else PartialPayments.KEEP
    term_days = terms((line.due_on for line in rows), PERIOD_DAYS[account.frequency])[row.due_on]
    days = later_by(way, row.amount_cents - int(row.cents), row.amount_cents, term_days)
    part = PartPaid(row.number, row.due_on, row.amount_cents, int(row.cents), days, way)
    return row.due_on + dt.timedelta(days=days), int(row.cents), None if way is PartialPayments.KEEP else part


def addressed(session: Session, account_id: int) -> Account:
    """The account with everything that stands in the head of a paper."""
    return session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .options(joinedload(Account.customer), joinedload(Account.portfolio), joinedload(Account.company))
    ).one()


def payments_of(session: Session, account_id: int) -> Sequence[Payment]:
    """Payments of an account for which there is a receipt, newest first."""
    return session.scalars(
        select(Payment)
        .where(
            Payment.account_id == account_id,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.state.in_(MOVED_MONEY),
        )
        .order_by(Payment.effective_on.desc(), Payment.id.desc())
    ).all()
