"""Taking a payment, seeing beforehand what it would do, and taking it back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.effect import Preview
from app.domain.payments.effect import preview as effect_of
from app.domain.payments.kinds import MANUAL_METHODS, PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.status import AccountStatus, standing
from app.models import Account, Activity, Payment, Portfolio
from app.queries.payments.fee_policies import allocation_of, policy_of
from app.queries.payments.ledger import ledger_of
from app.services.collections import promises
from app.services.payments import replaying
from app.services.servicing.status import set_status
from app.services.staff import audit
from app.services.staff.audit import Actor

TAKES_NO_PAYMENT = frozenset({AccountStatus.VOID, AccountStatus.CANCELLED, AccountStatus.CLOSED})
MOST_CENTS = 100_000_00
"""More than this by hand is a slip of the finger: no leased phone costs $100,000."""


def preview(
    session: Session,
    account_id: int,
    *,
    amount_cents: int,
    effective_on: dt.date,
    today: dt.date,
) -> Preview:
    """What posting this amount would do: what it covers, next due, days past due, balance and payoff after. Writes nothing."""
    account = session.get_one(Account, account_id)
    tolerance_cents = session.scalar(select(Portfolio.tolerance_cents).where(Portfolio.id == account.portfolio_id))
    return effect_of(
        ledger_of(session, account_id).open_charges,
        amount_cents,
        effective_on=effective_on,
        business_on=today,
        policy=allocation_of(policy_of(session, account)),
        credit_cents=account.credit_cents,
        tolerance_cents=tolerance_cents or 0,
    )


def post(
    session: Session,
    account_id: int,
    *,
    method: PaymentMethod,
    amount_cents: int,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    effective_on: dt.date | None = None,
    reference: str | None = None,
    note: str | None = None,
    idempotency_key: str | None = None,
) -> Payment:
    """Post money that a person took: the ledger row, what it covers, the account's standing, its activity and the audit.

    Pressing Post twice (the same `idempotency_key`) posts once and returns the same payment. Money from before other
    payments (an earlier `effective_on`) replays the account as if it had been entered in order.

    Raises RuleViolation for an amount, a date, a method or an account that cannot be: its sentence says what to do.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if idempotency_key is not None:
        earlier = session.scalar(select(Payment).where(Payment.idempotency_key == idempotency_key))
        if earlier is not None:
            return earlier
    effective_on = effective_on or today
    _refuse(account, method=method, amount_cents=amount_cents, effective_on=effective_on, today=today)
    payment = Payment(
        account_id=account.id,
        kind=PaymentKind.PAYMENT,
        method=method,
        state=PaymentState.COMPLETE,
        amount_cents=amount_cents,
        received_at=now,
        effective_on=effective_on,
        posted_at=now,
        posted_on=today,
        reference=reference or None,
        note=note or None,
        taken_by_id=actor.staff_id,
        idempotency_key=idempotency_key,
        tot_status=standing(account.status, account.days_past_due),
        tot_past_due_cents=account.past_due_cents,
        tot_days_past_due=account.days_past_due,
    )
    session.add(payment)
    session.flush()
    summary = f"{as_text(amount_cents)} taken by {method.label}" + (f", {reference}" if reference else "")
    _after_money(session, account, payment, summary=summary, action="payment posted", today=today, now=now, actor=actor)
    if account.balance_cents == 0 and account.status in (
        AccountStatus.ACTIVE,
        AccountStatus.DEFAULT,
        AccountStatus.RECOVERY,
    ):
        set_status(session, account, to=AccountStatus.PAID_OFF, reason="Paid in full", business_on=today, now=now, actor=actor)
        account.closed_on = today
    return payment


def reverse(
    session: Session,
    payment_id: int,
    *,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    may_be_older: bool,
) -> Payment:
    """Take a payment back with a new row that points at it; the account stands as if the payment had never come.

    On the business date on which it was posted anybody may; later only who `may_be_older` (a supervisor).
    Raises RuleViolation with a sentence otherwise.
    """
    original = session.scalars(select(Payment).where(Payment.id == payment_id)).one()
    account = session.scalars(select(Account).where(Account.id == original.account_id).with_for_update()).one()
    session.refresh(original)
    if original.kind is not PaymentKind.PAYMENT or original.state is not PaymentState.COMPLETE:
        raise RuleViolation("Only a complete payment can be reversed, and only once.")
    if original.method not in MANUAL_METHODS:
        raise RuleViolation(f"A payment by {original.method.label.lower()} is refunded at its processor, not reversed here.")
    if not reason.strip():
        raise RuleViolation("Say why the payment is reversed.", field="reason")
    if original.posted_on != today and not may_be_older:
        raise RuleViolation("A payment of an earlier day is reversed by a supervisor.")
    reversal = Payment(
        account_id=account.id,
        kind=PaymentKind.REVERSAL,
        method=original.method,
        state=PaymentState.COMPLETE,
        amount_cents=original.amount_cents,
        received_at=now,
        effective_on=original.effective_on,
        posted_at=now,
        posted_on=today,
        note=reason.strip(),
        taken_by_id=actor.staff_id,
        reverses_id=original.id,
        tot_status=standing(account.status, account.days_past_due),
        tot_past_due_cents=account.past_due_cents,
        tot_days_past_due=account.days_past_due,
    )
    session.add(reversal)
    original.state = PaymentState.REVERSED
    session.flush()
    summary = f"{as_text(original.amount_cents)} of {original.effective_on:%b %-d, %Y} reversed: {reason.strip()}"
    _after_money(session, account, reversal, summary=summary, action="payment reversed", today=today, now=now, actor=actor)
    if account.status is AccountStatus.PAID_OFF and account.balance_cents > 0:
        set_status(
            session,
            account,
            to=AccountStatus.ACTIVE,
            reason="The payment that paid it off was reversed",
            business_on=today,
            now=now,
            actor=actor,
        )
        account.closed_on = None
    return reversal


def _refuse(account: Account, *, method: PaymentMethod, amount_cents: int, effective_on: dt.date, today: dt.date) -> None:
    if method not in MANUAL_METHODS:
        raise RuleViolation(f"{method.label} payments are not entered by hand.", field="method")
    if amount_cents <= 0:
        raise RuleViolation("Enter an amount of more than $0.00.", field="amount")
    if amount_cents > MOST_CENTS:
        raise RuleViolation(f"{as_text(amount_cents)} is more than anybody pays by hand; check the amount.", field="amount")
    if account.status in TAKES_NO_PAYMENT:
        raise RuleViolation(f"This account is {account.status.label.lower()} and takes no payments.")
    if effective_on > today:
        raise RuleViolation("The date is in the future; money counts from the day it came.", field="effective_on")
    if effective_on < account.start_on:
        raise RuleViolation("The date is before the lease began.", field="effective_on")


def _after_money(
    session: Session,
    account: Account,
    entry: Payment,
    *,
    summary: str,
    action: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> None:
    """What follows every entry: replay, standing, snapshots, promises, activity, audit."""
    before = {"balance_cents": account.balance_cents, "days_past_due": account.days_past_due}
    replaying.replay(session, account, from_on=entry.effective_on, today=today, now=now, actor=actor)
    promises.keep(session, account.id, today=today, now=now, actor=actor)
    session.add(Activity(account_id=account.id, kind=ActivityKind.PAYMENT, at=now, summary=summary, staff_id=actor.staff_id))
    audit.record(
        session,
        action,
        now=now,
        actor=actor,
        entity="payment",
        entity_id=entry.id,
        account_id=account.id,
        before=before,
        after={
            "balance_cents": account.balance_cents,
            "days_past_due": account.days_past_due,
            "amount_cents": entry.amount_cents,
            "method": entry.method,
            "effective_on": entry.effective_on,
        },
        reason=entry.note,
    )
