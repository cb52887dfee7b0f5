"""What a payment of any amount on any day would do, worked out by the engine that would do it. Nothing is saved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.payments.effect import part_paid_lines
from app.domain.payments.ledger import AutoFee, Ledger, Received, due_lines
from app.domain.payments.partial import PartialPayments, PartPaid
from app.domain.servicing.charges import ChargeKind
from app.domain.servicing.delinquency import Aging, age
from app.domain.servicing.interest import assessments
from app.domain.servicing.status import AGED_STATUSES
from app.models import Account, Fee, FeePolicy, Portfolio
from app.queries.payments import late_fees
from app.queries.payments.fee_policies import partial_of, policy_of
from app.queries.payments.ledger import ledger_of
from app.services.payments import posting, replaying

FARTHEST_DAYS = 366
LAST = 2**62
"""The sequence of an entry that is only tried: after all others of its day."""


@dataclass(frozen=True, slots=True)
class Covers:
    """What the money would cover of one charge, in its order."""

    what: str
    due_on: dt.date | None
    cents: int
    left_cents: int


@dataclass(frozen=True, slots=True)
class FeeChange:
    """A late fee that would come, go or change because of the money."""

    installment_number: int
    before_cents: int
    after_cents: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the account would stand at the end of `as_of_on`, without the payment and with it."""

    amount_cents: int
    on: dt.date
    as_of_on: dt.date
    covers: tuple[Covers, ...]
    unapplied_cents: int
    before: Aging
    after: Aging
    payoff_before_cents: int
    payoff_after_cents: int
    fees: tuple[FeeChange, ...]
    coming_fees_cents: int = 0
    """Late fees that will be assessed from today until then, with the money."""
    part_paid: tuple[PartPaid, ...] = ()
    """Installments that it leaves part-paid where that moves their due date."""

    @property
    def cures(self) -> bool:
        """The account is late without the money and current with it."""
        return self.before.days_past_due > 0 and self.after.days_past_due == 0

    @property
    def fees_reversed_cents(self) -> int:
        """Late fees that the money takes back."""
        return sum(max(0, fee.before_cents - fee.after_cents) for fee in self.fees)


def what_if(session: Session, account_id: int, *, amount_cents: int, on: dt.date, today: dt.date) -> Outcome:
    """Try a payment: back-dated ones may take late fees back, later ones are seen on their day.

    Raises RuleViolation for an amount or a day that cannot be.
    """
    account = session.get_one(Account, account_id)
    _refuse(account, amount_cents, on, today)
    as_of_on = max(on, today)
    entries = ledger_of(session, account_id)
    tried = replace(entries, payments=(*entries.payments, Received(LAST, on, amount_cents)))
    policy = policy_of(session, account)
    coming = _coming(session, account, entries, policy, today=today, until_on=as_of_on)
    entries = replace(entries, late_fees=(*entries.late_fees, *coming))
    tried = replace(tried, late_fees=entries.late_fees)
    before = replaying.worked_out(session, account, entries, policy, from_on=as_of_on, today=as_of_on)
    after = replaying.worked_out(session, account, tried, policy, from_on=on, today=as_of_on)
    tolerance = session.scalar(select(Portfolio.tolerance_cents).where(Portfolio.id == account.portfolio_id)) or 0
    tried_payment = next(payment for payment in after.payments if payment.sequence == LAST)
    return Outcome(
        amount_cents=amount_cents,
        on=on,
        as_of_on=as_of_on,
        covers=_covers(session, account_id, after, tried_payment),
        unapplied_cents=tried_payment.unapplied_cents,
        before=age(due_lines(before.owed_charges), as_of_on, tolerance_cents=tolerance),
        after=age(due_lines(after.owed_charges), as_of_on, tolerance_cents=tolerance),
        payoff_before_cents=_payoff(before, as_of_on),
        payoff_after_cents=_payoff(after, as_of_on),
        fees=_fee_changes(before, after),
        coming_fees_cents=sum(fee.cents for fee in after.late_fees if fee.number in {each.number for each in coming}),
        part_paid=_part_paid(after, tried_payment, partial_of(policy, account)),
    )


def _coming(
    session: Session, account: Account, given: Ledger, policy: FeePolicy | None, *, today: dt.date, until_on: dt.date
) -> list[AutoFee]:
    """The late fees that the ends of the days until then would assess; replay says what each comes to."""
    if policy is None or account.status not in AGED_STATUSES or until_on <= today:
        return []
    first_on = max(today, late_fees.charges_after(session, account) + dt.timedelta(days=1))
    found = late_fees.missing(given, policy, first_on=first_on, last_on=until_on - dt.timedelta(days=1))
    return late_fees.without_disputed(session, account.id, given, found)


def _part_paid(after: Ledger, payment: Received, way: PartialPayments) -> tuple[PartPaid, ...]:
    touched = {part.key for part in payment.parts if part.kind is ChargeKind.INSTALLMENT}
    lines = [] if way is PartialPayments.KEEP else part_paid_lines(after, way)
    return tuple(each for each in lines if each.number in touched)


def _refuse(account: Account, amount_cents: int, on: dt.date, today: dt.date) -> None:
    if amount_cents <= 0:
        raise RuleViolation("Enter an amount of more than $0.00.", field="amount")
    if amount_cents > posting.MOST_CENTS:
        raise RuleViolation("That is more than anybody pays by hand; check the amount.", field="amount")
    if on < account.start_on:
        raise RuleViolation("The date is before the lease began.", field="on")
    if on > today + dt.timedelta(days=FARTHEST_DAYS):
        raise RuleViolation(f"Look at most {FARTHEST_DAYS} days ahead.", field="on")


def _payoff(ledger: Ledger, on: dt.date) -> int:
    """What pays everything off on a day: the balance less the credit, and the interest that is not written down yet."""
    coming = 0
    if ledger.financing is not None and ledger.standing.accrued_on is not None:
        until = min(on, ledger.financing.stops_on or on)
        made = assessments(ledger.standing.principal_cents, ledger.financing.rate, ledger.standing.accrued_on, until)
        coming = sum(each.cents for each in made)
    return max(0, ledger.balance_cents + coming - ledger.unapplied_cents)


def _covers(session: Session, account_id: int, after: Ledger, payment: Received) -> tuple[Covers, ...]:
    """The parts of the tried payment by name, then interest and principal of a financed contract."""
    names = {row.id: row.kind.label for row in session.execute(select(Fee.id, Fee.kind).where(Fee.account_id == account_id))}
    charges = {(charge.kind, charge.key): charge for charge in after.open_charges}
    told = []
    for part in payment.parts:
        charge = charges[part.kind, part.key]
        is_fee = part.kind is ChargeKind.FEE
        what = names.get(part.key, "Late fee") if is_fee else f"Installment {part.key}"
        told.append(Covers(what, charge.due_on, part.cents, charge.unpaid_cents))
    if after.financing is not None:
        told = [each for each, part in zip(told, payment.parts, strict=True) if part.kind is ChargeKind.FEE]
        for what, cents, left in (
            ("Interest", payment.interest_cents, after.standing.interest_cents),
            ("Principal", payment.principal_cents, after.standing.principal_cents),
        ):
            told += [Covers(what, None, cents, left)] if cents else []
    return tuple(told)


def _fee_changes(before: Ledger, after: Ledger) -> tuple[FeeChange, ...]:
    """Late fees that differ, by the installment on which they hang."""
    was = {fee.number: fee.charge.unpaid_cents for fee in before.late_fees}
    becomes = {fee.number: fee.charge.unpaid_cents for fee in after.late_fees}
    return tuple(
        FeeChange(number, was.get(number, 0), becomes.get(number, 0))
        for number in sorted(was.keys() | becomes.keys())
        if was.get(number, 0) != becomes.get(number, 0)
    )
