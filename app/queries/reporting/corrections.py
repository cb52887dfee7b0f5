"""Waivers, credits, debits, reversals, refunds and chargebacks of some days: who did them, how often, for how much, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, String, cast, func, select, union_all
from sqlalchemy.orm import Session

from app.domain.payments.kinds import MONEY_OUT_KINDS, PaymentKind, PaymentState
from app.domain.servicing.charges import AdjustmentKind
from app.models import Account, Adjustment, Customer, Payment, Staff
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.delinquency import seen
from app.queries.scope import Viewer

ADJUSTED = (AdjustmentKind.WAIVER, AdjustmentKind.CREDIT, AdjustmentKind.DEBIT)
"""Kinds of adjustments that somebody decides on; an opening one comes with an import."""
TAKEN_OUT = tuple(kind for kind in PaymentKind if kind in MONEY_OUT_KINDS)
LABELS: dict[str, str] = {
    AdjustmentKind.WAIVER.value: "Fee waiver",
    AdjustmentKind.CREDIT.value: "Credit",
    AdjustmentKind.DEBIT.value: "Debit",
    **{kind.value: kind.label for kind in TAKEN_OUT},
}
"""Kind → what it is called, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """Corrections that are alike; cents are positive."""

    kind: str
    month_on: dt.date
    by_id: int | None
    by: str | None
    number: int
    cents: int


@dataclass(frozen=True, slots=True)
class Correction:
    """One of them."""

    on: dt.date
    kind: str
    account_id: int
    account_number: str
    customer: str
    cents: int
    reason: str | None
    by: str | None


def corrected(
    session: Session, viewer: Viewer, span: Span, *, today: dt.date, criteria: Criteria | None = None
) -> list[Corrected]:
    """By kind, month and who did it."""
    rows = _rows(viewer, span, today, criteria).subquery("correction")
    month = func.date_trunc("month", rows.c.day)
    query = (
        select(rows.c.kind, month, rows.c.by_id, Staff.name, func.count(), func.sum(rows.c.cents))
        .outerjoin(Staff, Staff.id == rows.c.by_id)
        .group_by(rows.c.kind, month, rows.c.by_id, Staff.name)
    )
    return [
        Corrected(kind, at.date(), by_id, by, number, int(cents))
        for kind, at, by_id, by, number, cents in session.execute(query, {"today": today})
    ]


def each(
    session: Session,
    viewer: Viewer,
    span: Span,
    *,
    today: dt.date,
    criteria: Criteria | None = None,
    limit: int | None = None,
) -> Iterator[Correction]:
    """One by one, the newest first; all of them are a stream."""
    rows = _rows(viewer, span, today, criteria).subquery("correction")
    name = func.trim(func.concat_ws(" ", Customer.first_name, Customer.last_name))
    query = (
        select(
            rows.c.day, rows.c.kind, Account.id, Account.account_number, name, rows.c.cents, rows.c.reason, Staff.name
        )
        .join(Account, Account.id == rows.c.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .outerjoin(Staff, Staff.id == rows.c.by_id)
        .order_by(rows.c.day.desc(), rows.c.at.desc(), rows.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    for row in session.execute(query, {"today": today}, execution_options={"yield_per": 2_000}):
        yield Correction(*row)


def _rows(viewer: Viewer, span: Span, today: dt.date, criteria: Criteria | None) -> Select[tuple[object, ...]]:
    seen_accounts = seen(viewer, criteria, today=today)
    adjusted = (
        select(
            Adjustment.effective_on.label("day"),
            cast(Adjustment.kind, String).label("kind"),
            Adjustment.account_id,
            func.abs(Adjustment.amount_cents).label("cents"),
            Adjustment.reason.label("reason"),
            Adjustment.created_by_id.label("by_id"),
            Adjustment.created_at.label("at"),
            Adjustment.id,
        )
        .join(Account, Account.id == Adjustment.account_id)
        .where(Adjustment.effective_on.between(span.from_on, span.to_on), Adjustment.kind.in_(ADJUSTED), *seen_accounts)
    )
    taken_out = (
        select(
            Payment.posted_on,
            cast(Payment.kind, String),
            Payment.account_id,
            Payment.amount_cents,
            Payment.note,
            Payment.taken_by_id,
            Payment.posted_at,
            Payment.id,
        )
        .join(Account, Account.id == Payment.account_id)
        .where(
            Payment.posted_on.between(span.from_on, span.to_on),
            Payment.kind.in_(TAKEN_OUT),
            Payment.state == PaymentState.COMPLETE,
            *seen_accounts,
        )
    )
    return select(union_all(adjusted, taken_out).subquery("both"))
