"""Money received and given back in some days, in heaps of like entries: by day, method, direction and who took it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Date, and_, case, cast, func, literal, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.payments.kinds import MONEY_OUT_KINDS, PaymentKind, PaymentMethod, PaymentState
from app.models import Account, Payment, Staff
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.delinquency import seen
from app.queries.scope import Viewer

CAME = (PaymentState.COMPLETE, PaymentState.REVERSED, PaymentState.REFUNDED)
"""Money that was here, whether or not it stayed; what takes it out again is an entry of its own, on its own day."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """Entries that are alike; cents are positive whichever way the money went."""

    on: dt.date
    method: PaymentMethod
    is_out: bool
    taken_by_id: int | None
    taken_by: str | None
    number: int
    cents: int


def receipts(session: Session, viewer: Viewer, span: Span, *, today: dt.date, criteria: Criteria | None = None) -> list[Receipts]:
    """Payments and what took them back out, by the business day on which they came. What a prior system collected is none."""
    on = cast(func.timezone(literal(str(clock.zone())), Payment.received_at), Date)
    is_out = Payment.kind.in_(sorted(MONEY_OUT_KINDS))
    which = (
        Payment.received_at >= span.begins,
        Payment.received_at < span.ends,
        case(
            (is_out, Payment.state == PaymentState.COMPLETE),
            else_=and_(Payment.kind == PaymentKind.PAYMENT, Payment.state.in_(CAME)),
        ),
    )
    grouped = (
        select(
            on.label("day"),
            Payment.method,
            is_out.label("is_out"),
            Payment.taken_by_id,
            func.count().label("number"),
            func.sum(Payment.amount_cents).label("cents"),
        )
        .join(Account, Account.id == Payment.account_id)
        .where(*which, *seen(viewer, criteria, today=today))
        .group_by("day", Payment.method, "is_out", Payment.taken_by_id)
        .subquery("grouped")
    )
    query = select(grouped, Staff.name).outerjoin(Staff, Staff.id == grouped.c.taken_by_id)
    return [
        Receipts(day, PaymentMethod(method), went_out, taken_by_id, name, number, int(cents))
        for day, method, went_out, taken_by_id, number, cents, name in session.execute(query, {"today": today})
    ]
