"""Promises to pay: taken, kept, broken."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind, PromiseStatus
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.models import Account, Activity, Payment, Promise
from app.services.staff import audit
from app.services.staff.audit import Actor


def take(
    session: Session,
    account_id: int,
    *,
    amount_cents: int,
    due_on: dt.date,
    method: PaymentMethod | None,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
) -> Promise:
    """Write down a customer's promise to pay an amount by a date; an open one on the account is replaced.

    Raises RuleViolation for an amount or date that cannot be promised.
    """
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
    if amount_cents <= 0:
        raise RuleViolation("Enter an amount of more than $0.00.", field="amount")
    if amount_cents > account.balance_cents:
        raise RuleViolation(f"The balance is {as_text(account.balance_cents)}; nobody can promise more.", field="amount")
    if due_on < today:
        raise RuleViolation("A promise is for today or a later day.", field="due_on")
    earlier = session.scalar(select(Promise).where(Promise.account_id == account_id, Promise.status == PromiseStatus.OPEN))
    if earlier is not None:
        earlier.status, earlier.resolved_on = PromiseStatus.CANCELLED, today
        session.flush()
    promise = Promise(
        account_id=account_id,
        amount_cents=amount_cents,
        due_on=due_on,
        method=method,
        status=PromiseStatus.OPEN,
        made_at=now,
        taken_by_id=actor.staff_id,
    )
    session.add(promise)
    summary = f"Promise of {as_text(amount_cents)} by {due_on:%a %b %-d}"
    session.add(Activity(account_id=account_id, kind=ActivityKind.PROMISE, at=now, summary=summary, staff_id=actor.staff_id))
    session.flush()
    audit.record(
        session,
        "promise taken",
        now=now,
        actor=actor,
        entity="promise",
        entity_id=promise.id,
        account_id=account_id,
        after={"amount_cents": amount_cents, "due_on": due_on},
    )
    return promise


def collected_since(session: Session, promise: Promise) -> int:
    """Cents of complete payments that came since the promise was made."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
                Payment.account_id == promise.account_id,
                Payment.kind == PaymentKind.PAYMENT,
                Payment.state == PaymentState.COMPLETE,
                Payment.posted_at >= promise.made_at,
            )
        )
        or 0
    )


def keep(session: Session, account_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> None:
    """Mark the open promise as kept once payments since it was made reach its amount; open again if they no longer do."""
    promise = session.scalar(
        select(Promise)
        .where(
            Promise.account_id == account_id,
            Promise.status.in_((PromiseStatus.OPEN, PromiseStatus.KEPT)),
        )
        .order_by(Promise.made_at.desc(), Promise.id.desc())
        .limit(1)
    )
    if promise is None:
        return
    is_kept = collected_since(session, promise) >= promise.amount_cents
    if is_kept and promise.status is PromiseStatus.OPEN:
        promise.status, promise.resolved_on = PromiseStatus.KEPT, today
        session.add(
            Activity(
                account_id=account_id,
                kind=ActivityKind.PROMISE,
                at=now,
                summary=f"Promise of {as_text(promise.amount_cents)} kept",
                staff_id=actor.staff_id,
            )
        )
    elif not is_kept and promise.status is PromiseStatus.KEPT and promise.due_on >= today:
        promise.status, promise.resolved_on = PromiseStatus.OPEN, None
    session.flush()
