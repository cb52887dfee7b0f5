"""What fell due and what of it came in, by day and by week (domain.md part 13, "Dashboard row for a day")."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.status import OPEN_STATUSES
from app.models import Account, Allocation, Installment, Payment, StatusChange
from app.queries.collections.aging import in_portfolio
from app.queries.collections.past_due import IS_OPEN, IS_REAL
from app.queries.scope import Viewer, condition

_Owner = aliased(Account, name="owner")

IS_COLLECTED: ColumnElement[bool] = Installment.paid_cents == Installment.amount_cents


@dataclass(frozen=True, slots=True)
class Due:
    """Installments due in a span of days on accounts that were open then, and what of them is covered."""

    due: int = 0
    collected: int = 0
    amount_cents: int = 0
    collected_cents: int = 0

    @property
    def outstanding(self) -> int:
        """Installments that are not fully paid."""
        return self.due - self.collected

    @property
    def rate(self) -> float | None:
        """Share of the amount due that is collected; None when nothing was due."""
        return self.collected_cents / self.amount_cents if self.amount_cents else None

    def __add__(self, other: Due) -> Due:
        return Due(
            self.due + other.due,
            self.collected + other.collected,
            self.amount_cents + other.amount_cents,
            self.collected_cents + other.collected_cents,
        )


def _changed_since(from_on: dt.date) -> ColumnElement[bool]:
    """Accounts whose status has changed on or after a day."""
    return exists().where(StatusChange.account_id == Account.id, StatusChange.business_on >= from_on)


STATUS_THEN: ColumnElement[str] = func.coalesce(
    select(StatusChange.from_status)
    .where(StatusChange.account_id == Installment.account_id, StatusChange.business_on >= Installment.due_on)
    .order_by(StatusChange.business_on, StatusChange.id)
    .limit(1)
    .correlate(Installment)
    .scalar_subquery(),
    select(_Owner.status).where(_Owner.id == Installment.account_id).correlate(Installment).scalar_subquery(),
)
"""Status of an installment's account when the day began on which it fell due: what the next change of status came from.

What had no status before (an account that came in later) counts with the one that it was given.
"""

WAS_OPEN: ColumnElement[bool] = STATUS_THEN.in_(sorted(OPEN_STATUSES))


def split(query: Select[*tuple[Any, ...]], from_on: dt.date) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """The query over installments in two: of accounts whose status is what it was, and of the few that have changed.

    Nearly all accounts keep their status for weeks, and for them the index alone answers, on several workers.
    """
    changed = _changed_since(from_on)
    return query.where(~changed, IS_OPEN), query.where(changed, WAS_OPEN, IS_REAL)


def by_day(
    session: Session,
    viewer: Viewer,
    *,
    from_on: dt.date,
    to_on: dt.date,
    portfolio_id: int | None = None,
    where: Sequence[ColumnElement[bool]] = (),
) -> dict[dt.date, Due]:
    """The figures of each day on which anything fell due; `where` narrows the accounts further."""
    query = (
        select(
            Installment.due_on,
            func.count(),
            func.count().filter(IS_COLLECTED),
            func.sum(Installment.amount_cents),
            func.sum(Installment.paid_cents),
        )
        .join(Account, Account.id == Installment.account_id)
        .where(
            Installment.due_on.between(from_on, to_on),
            condition(Account, viewer),
            in_portfolio(portfolio_id),
            *where,
        )
        .group_by(Installment.due_on)
    )
    days: dict[dt.date, Due] = {}
    for part in split(query, from_on):
        for on, *counted in session.execute(part):
            days[on] = days.get(on, Due()) + Due(*map(int, counted))
    return days


def total(days: Mapping[dt.date, Due], span: Iterable[dt.date]) -> Due:
    """The figures of several days together."""
    return sum((days.get(on, Due()) for on in span), Due())


def rate_by(
    session: Session, viewer: Viewer, *, due_on: dt.date, at: dt.datetime, portfolio_id: int | None = None
) -> float | None:
    """The collection rate of a day as it stood at a moment: what had been received by then over what was due."""
    by_then = (
        select(func.coalesce(func.sum(Allocation.amount_cents), 0))
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(
            Allocation.account_id == Installment.account_id,
            Allocation.installment_number == Installment.number,
            Payment.received_at <= at,
        )
        .correlate(Installment)
        .scalar_subquery()
    )
    query = (
        select(func.sum(Installment.amount_cents), func.sum(Installment.opening_cents + by_then))
        .join(Account, Account.id == Installment.account_id)
        .where(Installment.due_on == due_on, condition(Account, viewer), in_portfolio(portfolio_id))
    )
    amount = collected = 0
    for part in split(query, due_on):
        of_part = session.execute(part).one()
        amount, collected = amount + int(of_part[0] or 0), collected + int(of_part[1] or 0)
    return collected / amount if amount else None


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in a span of time and stayed."""

    payments: int
    cents: int
    card_payments: int
    card_cents: int


def received(
    session: Session, viewer: Viewer, *, since: dt.datetime, until: dt.datetime, portfolio_id: int | None = None
) -> Received:
    """The complete payments received from one moment until another, whatever they cover ("cash received that day")."""
    of_card = Payment.method == PaymentMethod.CARD
    query = select(
        func.count(),
        func.coalesce(func.sum(Payment.amount_cents), 0),
        func.count().filter(of_card),
        func.coalesce(func.sum(Payment.amount_cents).filter(of_card), 0),
    ).where(
        Payment.received_at >= since,
        Payment.received_at < until,
        Payment.kind == PaymentKind.PAYMENT,
        Payment.state == PaymentState.COMPLETE,
        Payment.account_id.not_in(select(_Owner.id).where(_Owner.is_test)),
    )
    if portfolio_id is not None or not viewer.sees_everything:
        seen = select(Account.id).where(condition(Account, viewer), in_portfolio(portfolio_id))
        query = query.where(Payment.account_id.in_(seen))
    return Received(*(int(figure) for figure in session.execute(query).one()))
