"""An account's ledger as the rules see it: what was charged and what was received."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.allocation import Charge, Ledger, Part, Received
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.servicing.charges import ChargeKind
from app.models import Allocation, ArrangementLine, Fee, Installment, Payment


def ledger_of(session: Session, account_id: int) -> Ledger:
    """All charges of an account as if nothing had been paid since it came here, and all money that counts.

    What the prior system had collected is already off the installments; a reversed payment is left out, so that replaying
    the ledger gives the account as if it had never come.
    """
    lines = session.execute(
        select(Installment.number, Installment.due_on, Installment.amount_cents - Installment.opening_cents)
        .where(Installment.account_id == account_id)
        .order_by(Installment.number)
    ).all()
    due_on = {number: due for number, due, _ in lines}
    moved = _moved(session, account_id)
    charges = [
        Charge(ChargeKind.INSTALLMENT, number, due, cents, moved=moved.get(number, ()))
        for number, due, cents in lines
        if cents > 0
    ]
    charges += [
        Charge(
            ChargeKind.FEE,
            fee.id,
            due_on.get(fee.installment_number or 0, fee.assessed_on),
            fee.amount_cents - fee.waived_cents,
            since_on=fee.assessed_on,
            moved=moved.get(fee.installment_number or 0, ()),
        )
        for fee in session.scalars(select(Fee).where(Fee.account_id == account_id).order_by(Fee.id))
    ]
    parts: dict[int, list[Part]] = {}
    for row in session.scalars(select(Allocation).where(Allocation.account_id == account_id).order_by(Allocation.id)):
        kind = ChargeKind.FEE if row.fee_id is not None else ChargeKind.INSTALLMENT
        key = row.fee_id if row.fee_id is not None else row.installment_number
        assert key is not None
        parts.setdefault(row.payment_id, []).append(Part(kind, key, row.amount_cents))
    received = [
        Received(payment.id, payment.effective_on, payment.amount_cents, tuple(parts.get(payment.id, ())))
        for payment in session.scalars(
            select(Payment)
            .where(
                Payment.account_id == account_id,
                Payment.kind == PaymentKind.PAYMENT,
                Payment.state == PaymentState.COMPLETE,
            )
            .order_by(Payment.effective_on, Payment.id)
        )
    ]
    return Ledger(tuple(charges), tuple(received))


def _moved(session: Session, account_id: int) -> dict[int, tuple[tuple[dt.date, dt.date], ...]]:
    """Installment number → the due dates that arrangements replaced, in order: (day of the move, due date until then)."""
    rows = session.execute(
        select(ArrangementLine.number, ArrangementLine.effective_on, ArrangementLine.due_before)
        .where(ArrangementLine.account_id == account_id)
        .order_by(ArrangementLine.id)
    )
    found: dict[int, tuple[tuple[dt.date, dt.date], ...]] = {}
    for number, effective_on, due_before in rows:
        found[number] = (*found.get(number, ()), (effective_on, due_before))
    return found
