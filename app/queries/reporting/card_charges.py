"""AutoPay in figures: charges of some days in heaps of like ones, and how many accounts pay by it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeKind, ChargeState
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import Account, AutopayEnrollment, Charge
from app.queries.collections.narrowing import Span
from app.queries.listing import Criteria
from app.queries.reporting.delinquency import seen
from app.queries.scope import Viewer
from app.queries.servicing.accounts import IS_LATE


@dataclass(frozen=True, slots=True)
class Charges:
    """Charges that are alike."""

    on: dt.date
    kind: ChargeKind
    state: ChargeState
    code: str | None
    """Why it was declined."""
    number: int
    cents: int


def charges(session: Session, viewer: Viewer, span: Span, *, today: dt.date, criteria: Criteria | None = None) -> list[Charges]:
    """Charges of the business days from one to another; a skipped one was never sent and is none."""
    keys = (Charge.business_on, Charge.kind, Charge.state, Charge.decline_code)
    query = (
        select(*keys, func.count(), func.sum(Charge.amount_cents))
        .join(Account, Account.id == Charge.account_id)
        .where(
            Charge.business_on.between(span.from_on, span.to_on),
            Charge.state != ChargeState.SKIPPED,
            *seen(viewer, criteria, today=today),
        )
        .group_by(*keys)
    )
    return [
        Charges(on, ChargeKind(kind), ChargeState(state), code, number, int(cents))
        for on, kind, state, code, number, cents in session.execute(query, {"today": today})
    ]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Active accounts of one rhythm, and those of them that pay by card on their own."""

    frequency: Frequency
    active: int
    past_due: int
    enrolled: int
    enrolled_past_due: int


def enrolled(session: Session, viewer: Viewer, *, today: dt.date, criteria: Criteria | None = None) -> list[Enrolled]:
    """How many active accounts have a consent that is not revoked, by frequency, and how many of each kind are late."""
    has = AutopayEnrollment.id.is_not(None)
    query = (
        select(
            Account.frequency,
            func.count(),
            func.count().filter(IS_LATE),
            func.count().filter(has),
            func.count().filter(has, IS_LATE),
        )
        .outerjoin(
            AutopayEnrollment,
            (AutopayEnrollment.account_id == Account.id) & AutopayEnrollment.revoked_at.is_(None),
        )
        .where(Account.status == AccountStatus.ACTIVE, *seen(viewer, criteria, today=today))
        .group_by(Account.frequency)
    )
    rows = session.execute(query, {"today": today}).all()
    by_frequency = {Frequency(row[0]): row for row in rows}
    return [Enrolled(each, *map(int, by_frequency[each][1:])) for each in Frequency if each in by_frequency]
