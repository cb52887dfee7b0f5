"""Disputes that cardholders open at their bank: each becomes one of ours, once, with the bank's deadline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import ActivityKind
from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.servicing.disputes import DECIDE_WITHIN_DAYS, DisputeReason
from app.gateways.cards import CardDispute
from app.models import Dispute, Payment
from app.services.servicing import disputes
from app.services.servicing.case_notes import write_down
from app.services.staff.audit import SYSTEM

OVER = frozenset({"WON", "LOST", "ACCEPTED", "INQUIRY_CLOSED"})
"""The bank has decided; for one that we never knew there is nothing left to do."""
REASONS = {
    "AMOUNT_DIFFERS": DisputeReason.AMOUNT,
    "DUPLICATE": DisputeReason.PAID,
    "PAID_BY_OTHER_MEANS": DisputeReason.PAID,
    "NO_KNOWLEDGE": DisputeReason.CHARGE,
    "CANCELLED": DisputeReason.CHARGE,
    "NOT_RECEIVED": DisputeReason.DEVICE,
    "NOT_AS_DESCRIBED": DisputeReason.DEVICE,
}


def take_in(session: Session, told: Iterable[CardDispute], *, today: dt.date, now: dt.datetime) -> int:
    """Open ours for those that are new, and write down how the others stand at the bank; returns how many are new."""
    by_id = {one.id: one for one in told}
    known = {
        row.square_dispute_id: row for row in session.scalars(select(Dispute).where(Dispute.square_dispute_id.in_(list(by_id))))
    }
    payments = {
        row.square_payment_id: row
        for row in session.scalars(
            select(Payment).where(Payment.square_payment_id.in_([one.payment_id for one in by_id.values()])).order_by(Payment.id)
        )
    }
    opened = 0
    for one in by_id.values():
        row, payment = known.get(one.id), payments.get(one.payment_id)
        if row is not None:
            _stand(session, row, one, now)
        elif payment is not None and one.state not in OVER:
            opened += _open(session, one, payment, today, now)
    return opened


def _open(session: Session, one: CardDispute, payment: Payment, today: dt.date, now: dt.datetime) -> int:
    due_on = clock.business_date(one.due_at) if one.due_at else today + dt.timedelta(days=DECIDE_WITHIN_DAYS)
    why = one.reason.replace("_", " ").lower() or "no reason given"
    said = f"The cardholder disputes {as_text(one.amount_cents)} at the bank: {why}. Square's dispute {one.id}."
    try:
        row = disputes.open_dispute(
            session,
            payment.account_id,
            reason=REASONS.get(one.reason, DisputeReason.OTHER),
            amount_cents=one.amount_cents,
            statement=said,
            deadline_on=max(due_on, today),
            files=(),
            home=Path(),
            today=today,
            now=now,
            actor=SYSTEM,
            payment_id=payment.id,
        )
    except RuleViolation:  # More than the account was ever asked for, or a void contract: it stands among the breaks.
        return 0
    row.square_dispute_id, row.bank_state = one.id, one.state[:40]
    session.flush()
    return 1


def _stand(session: Session, row: Dispute, one: CardDispute, now: dt.datetime) -> None:
    if row.bank_state == one.state:
        return
    before, row.bank_state = row.bank_state, one.state[:40]
    write_down(
        session,
        row,
        action="dispute moved at the bank",
        summary=f"At the bank the dispute of {as_text(row.amount_cents)} is {one.state.replace('_', ' ').lower()} now",
        kind=ActivityKind.DISPUTE,
        now=now,
        actor=SYSTEM,
        before={"bank_state": before},
        after={"bank_state": row.bank_state},
    )
