"""What arrangements are made from, and the list of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.servicing.arrangements import LIMITED_KINDS, ArrangementState, History, Limits
from app.domain.servicing.moves import OpenLine
from app.models import Account, Arrangement, ArrangementLine, Fee, Installment, Payment, Setting

LIMITS = "arrangement_limits"
"""Name of the setting that holds them."""


def limits(session: Session) -> Limits:
    """The limits as they are set; what is not set has its default."""
    kept = session.scalar(select(Setting.value).where(Setting.name == LIMITS)) or {}
    known = {field.name for field in fields(Limits)}
    return Limits(**{name: int(value) for name, value in kept.items() if name in known})


def open_lines(session: Session, account_id: int) -> list[OpenLine]:
    """The installments that are not paid in full, with the unpaid late fees that hang on each, in order."""
    fees = (
        select(Fee.installment_number, func.sum(Fee.amount_cents - Fee.paid_cents - Fee.waived_cents).label("cents"))
        .where(Fee.account_id == account_id)
        .group_by(Fee.installment_number)
        .subquery()
    )
    rows = session.execute(
        select(
            Installment.number,
            Installment.due_on - Installment.bought_days,
            Installment.amount_cents,
            Installment.amount_cents - Installment.paid_cents,
            func.coalesce(fees.c.cents, 0),
            Installment.bought_days,
        )
        .outerjoin(fees, fees.c.installment_number == Installment.number)
        .where(Installment.account_id == account_id, Installment.paid_cents < Installment.amount_cents)
        .order_by(Installment.due_on, Installment.number)
    )
    return [OpenLine(number, due, amount, unpaid, int(owed), days) for number, due, amount, unpaid, owed, days in rows]


def schedule_end(session: Session, account_id: int) -> tuple[dt.date | None, int]:
    """The last due date, and the first number that no line of the account ever had."""
    last_on, number = session.execute(
        select(func.max(Installment.due_on - Installment.bought_days), func.max(Installment.number)).where(
            Installment.account_id == account_id
        )
    ).one()
    cut = session.scalar(select(func.max(ArrangementLine.number)).where(ArrangementLine.account_id == account_id))
    return last_on, max(number or 0, cut or 0) + 1


def history(session: Session, account: Account) -> History:
    """What the limits look at."""
    applied = session.execute(
        select(Arrangement.applied_on, Arrangement.applied_at)
        .where(
            Arrangement.account_id == account.id,
            Arrangement.state == ArrangementState.APPLIED,
            Arrangement.kind.in_(LIMITED_KINDS),
        )
        .order_by(Arrangement.applied_at)
    ).all()
    if not applied:
        return History(account.start_on)
    return History(
        account.start_on,
        tuple(on for on, _ in applied if on is not None),
        paid_since(session, account.id, since_at=applied[-1].applied_at),
    )


def paid_since(session: Session, account_id: int, *, since_at: dt.datetime) -> int:
    """Cents of complete payments that were posted since a moment."""
    cents = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
            Payment.account_id == account_id,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.state == PaymentState.COMPLETE,
            Payment.posted_at >= since_at,
        )
    )
    return int(cents or 0)


def of_account(session: Session, account_id: int) -> Sequence[Arrangement]:
    """The arrangements of an account, newest first, with who asked and who approved."""
    return session.scalars(
        select(Arrangement)
        .where(Arrangement.account_id == account_id)
        .options(joinedload(Arrangement.requested_by), joinedload(Arrangement.approved_by))
        .order_by(Arrangement.id.desc())
    ).all()


def lines_of(session: Session, arrangement_id: int) -> Sequence[Any]:
    """What an arrangement did to the schedule, line by line."""
    return session.scalars(
        select(ArrangementLine)
        .where(ArrangementLine.arrangement_id == arrangement_id, ArrangementLine.is_reversal.is_(False))
        .order_by(ArrangementLine.id)
    ).all()
