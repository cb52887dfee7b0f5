"""What happened today on accounts, as three facts that say nothing of each other: handled, promised, paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, cast, func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.collections.contact import PromiseStatus
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.models import Account, Payment, Promise, Staff, WorkedToday
from app.queries.listing import TODAY

_ZONE: ColumnElement[Any] = bindparam("business_zone", callable_=lambda: clock.zone().key)


def _handled_at(on: Any) -> Any:
    return select(WorkedToday.at).where(WorkedToday.account_id == Account.id, WorkedToday.business_on == on)


def _promised(on: Any) -> Any:
    """What was promised that day and not replaced since."""
    made_on = cast(func.timezone(_ZONE, Promise.made_at), Date)
    return select(func.sum(Promise.amount_cents)).where(
        Promise.account_id == Account.id, Promise.status != PromiseStatus.CANCELLED, made_on == on
    )


def _paid(on: Any) -> Any:
    """Money that came in that day and counts."""
    return select(func.sum(Payment.amount_cents)).where(
        Payment.account_id == Account.id,
        Payment.kind == PaymentKind.PAYMENT,
        Payment.state == PaymentState.COMPLETE,
        Payment.posted_on == on,
    )


HANDLED_AT = _handled_at(TODAY).correlate(Account).scalar_subquery()
PROMISED_CENTS = _promised(TODAY).correlate(Account).scalar_subquery()
PAID_CENTS = _paid(TODAY).correlate(Account).scalar_subquery()
"""Columns of a list of accounts, as of the business date."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The business date of some accounts so far."""

    handled_at: dt.datetime | None = None
    """In the business time zone."""
    handled_by: str = ""
    promised_cents: int = 0
    paid_cents: int = 0


def of_accounts(session: Session, account_ids: Sequence[int], *, today: dt.date) -> Facts:
    """The three facts over some accounts of one person."""
    sums = (one(today).correlate(Account).scalar_subquery() for one in (_promised, _paid))
    both = select(*(func.coalesce(func.sum(each), 0) for each in sums)).where(Account.id.in_(account_ids))
    promised, paid = (int(cents) for cents in tuple(session.execute(both).one()))
    handled = session.execute(
        select(WorkedToday.at, Staff.name)
        .join(Staff, Staff.id == WorkedToday.staff_id)
        .where(WorkedToday.account_id.in_(account_ids), WorkedToday.business_on == today)
        .order_by(WorkedToday.at.desc())
        .limit(1)
    ).one_or_none()
    if handled is None:
        return Facts(promised_cents=promised, paid_cents=paid)
    return Facts(handled.at.astimezone(clock.zone()), handled.name, promised, paid)
