"""Fees that people add and waive. A waiver is a row of its own and does not come back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import RuleViolation
from app.domain.money import as_text
from app.domain.payments.limits import Act, demand_within
from app.domain.servicing.charges import AdjustmentKind, FeeKind
from app.domain.staff.roles import Role
from app.models import Adjustment, Fee
from app.queries.payments.settings import payment_settings
from app.services.payments import entries
from app.services.payments.posting import TAKES_NO_PAYMENT
from app.services.staff.audit import Actor

MOST_FEE_CENTS = 1_000_00


def add_fee(
    session: Session,
    account_id: int,
    *,
    kind: FeeKind,
    amount_cents: int,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    role: Role,
) -> Fee:
    """Charge a fee by hand, from today on. Late fees are assessed by the end of day and not entered here."""
    account = entries.locked(session, account_id)
    if kind is FeeKind.LATE:
        raise RuleViolation("Late fees are assessed at the end of the day by the contract's policy.", field="kind")
    if account.status in TAKES_NO_PAYMENT:
        raise RuleViolation(f"This account is {account.status.label.lower()}; nothing is charged on it any more.")
    if not 0 < amount_cents <= MOST_FEE_CENTS:
        raise RuleViolation(f"A fee is more than $0.00 and at most {as_text(MOST_FEE_CENTS)}.", field="amount")
    demand_within(Act.CHARGE, role, amount_cents, payment_settings(session))
    reason = entries.demand_reason(reason, "the fee is charged")
    fee = Fee(
        account_id=account.id,
        kind=kind,
        assessed_on=today,
        amount_cents=amount_cents,
        reason=reason[:200],
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(fee)
    session.flush()
    entries.follow_through(
        session,
        account,
        from_on=today,
        summary=f"{kind.label} of {as_text(amount_cents)} added: {reason}",
        action="fee added",
        entity="fee",
        entity_id=fee.id,
        told={"amount_cents": amount_cents, "kind": kind},
        today=today,
        now=now,
        actor=actor,
        reason=reason,
    )
    return fee


def waive(
    session: Session,
    fee_id: int,
    *,
    amount_cents: int | None = None,
    reason: str,
    today: dt.date,
    now: dt.datetime,
    actor: Actor,
    role: Role,
) -> Adjustment:
    """Waive what is unpaid of a fee, or a part of it, within the role's limit.

    Raises RuleViolation when nothing is left of it: somebody else may have waived it, or it was paid meanwhile.
    """
    account = entries.locked(session, session.scalars(select(Fee.account_id).where(Fee.id == fee_id)).one())
    fee = session.get_one(Fee, fee_id, populate_existing=True)
    open_cents = fee.amount_cents - fee.paid_cents - fee.waived_cents
    if open_cents == 0:
        raise RuleViolation("Nothing is unpaid of this fee any more.")
    cents = open_cents if amount_cents is None else amount_cents
    if not 0 < cents <= open_cents:
        raise RuleViolation(f"{as_text(open_cents)} of this fee is unpaid; waive that or less.", field="amount")
    demand_within(Act.WAIVE, role, cents, payment_settings(session))
    reason = entries.demand_reason(reason, "the fee is waived")
    waiver = Adjustment(
        account_id=account.id,
        kind=AdjustmentKind.WAIVER,
        amount_cents=-cents,
        fees_cents=-cents,
        effective_on=today,
        reason=reason[:200],
        fee_id=fee.id,
        created_at=now,
        created_by_id=actor.staff_id,
    )
    session.add(waiver)
    fee.waived_cents += cents
    session.flush()
    entries.follow_through(
        session,
        account,
        from_on=today,
        summary=f"{as_text(cents)} of {fee.kind.label.lower()} waived: {reason}",
        action="fee waived",
        entity="fee",
        entity_id=fee.id,
        told={"amount_cents": cents},
        today=today,
        now=now,
        actor=actor,
        reason=reason,
    )
    return waiver
