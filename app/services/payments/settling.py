"""Payments that do not count at once: post-dated ones wait for their day, processing ones for the settlement run."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.kinds import PaymentState
from app.models import Activity, Payment
from app.queries.payments.settings import payment_settings
from app.services.payments import entries
from app.services.payments.posting import TAKES_NO_PAYMENT
from app.services.staff import audit
from app.services.staff.audit import Actor

CANCELLED = "CANCELLED"
"""Decline code of a post-dated payment that was called off."""
ACCOUNT_OVER = "ACCOUNT_OVER"
"""Decline code of a payment whose account takes none any more."""
AT_ONCE = 200
"""Payments that one look hands out."""


def due(session: Session, *, state: PaymentState, on: dt.date, after: int = 0) -> list[int]:
    """Ids of payments of a state whose day has come, lowest first, beyond an id."""
    query = (
        select(Payment.id)
        .where(
            Payment.state == state,
            Payment.state.in_((PaymentState.PENDING, PaymentState.PROCESSING)),
            Payment.settles_on <= on,
            Payment.id > after,
        )
        .order_by(Payment.id)
        .limit(AT_ONCE)
    )
    return list(session.scalars(query))


def settle(session: Session, payment_id: int, *, today: dt.date, now: dt.datetime, actor: Actor) -> Payment | None:
    """Take up one payment whose day has come; None when somebody else was faster or it was called off.

    A post-dated payment by a method that settles later becomes processing and waits for that day's settlement run.
    """
    account_id = session.scalars(select(Payment.account_id).where(Payment.id == payment_id)).one()
    account = entries.locked(session, account_id)
    payment = session.get_one(Payment, payment_id, populate_existing=True)
    is_waiting = payment.state in (PaymentState.PENDING, PaymentState.PROCESSING)
    if not is_waiting or payment.settles_on is None or payment.settles_on > today:
        return None
    said = f"{as_text(payment.amount_cents)} by {payment.method.label}"
    if account.status in TAKES_NO_PAYMENT:
        payment.state, payment.decline_code = PaymentState.DECLINE, ACCOUNT_OVER
        _tell(session, payment, f"{said} not taken: the account is {account.status.label.lower()}", now=now, actor=actor)
        return payment
    if payment.state is PaymentState.PENDING and payment.method in payment_settings(session).settles_later:
        payment.state = PaymentState.PROCESSING
        _tell(session, payment, f"{said} is processing", now=now, actor=actor)
        return payment
    payment.state, payment.completed_at = PaymentState.COMPLETE, now
    for name, value in entries.standing_now(account).items():
        setattr(payment, name, value)
    session.flush()
    entries.follow_through(
        session,
        account,
        from_on=payment.effective_on,
        summary=f"{said} settled",
        action="payment settled",
        entity="payment",
        entity_id=payment.id,
        told=entries.told_of(payment),
        today=today,
        now=now,
        actor=actor,
    )
    return payment


def cancel(
    session: Session, payment_id: int, *, reason: str, now: dt.datetime, actor: Actor, may_be_processing: bool = False
) -> Payment:
    """Call a post-dated payment off before its day; with `may_be_processing` one that waits for the settlement run as well."""
    account_id = session.scalars(select(Payment.account_id).where(Payment.id == payment_id)).one()
    entries.locked(session, account_id)
    payment = session.get_one(Payment, payment_id, populate_existing=True)
    is_waiting = payment.state is PaymentState.PENDING or (may_be_processing and payment.state is PaymentState.PROCESSING)
    if not is_waiting:
        raise RuleViolation("Only a payment that still waits for its day can be cancelled.")
    reason = entries.demand_reason(reason, "the payment is cancelled")
    payment.state, payment.decline_code = PaymentState.DECLINE, CANCELLED
    said = f"{as_text(payment.amount_cents)} for {payment.effective_on:%b %-d, %Y} cancelled: {reason}"
    _tell(session, payment, said, now=now, actor=actor, reason=reason)
    return payment


def _tell(session: Session, payment: Payment, said: str, *, now: dt.datetime, actor: Actor, reason: str | None = None) -> None:
    session.add(
        Activity(account_id=payment.account_id, kind=ActivityKind.PAYMENT, at=now, summary=said[:500], staff_id=actor.staff_id)
    )
    audit.record(
        session,
        "payment " + ("cancelled" if payment.decline_code == CANCELLED else payment.state.value),
        now=now,
        actor=actor,
        entity="payment",
        entity_id=payment.id,
        account_id=payment.account_id,
        after={"state": payment.state, **entries.told_of(payment)},
        reason=reason,
    )
    session.flush()
