"""What each member of staff did in a span of days, and how late accounts became current in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import BigInteger, Integer, Interval, Select, and_, cast, distinct, extract, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app import clock
from app.domain.collections.contact import CONTACT_KINDS, CONVERSATIONS, ActivityKind, PromiseStatus
from app.domain.collections.cures import CREDIT_DAYS, Cure, CureKind, kind
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.arrangements import ArrangementState
from app.domain.staff.roles import Role
from app.models import (
    Account,
    Activity,
    Arrangement,
    BucketChange,
    ContactAttempt,
    Payment,
    Promise,
    Staff,
)
from app.queries.collections.narrowing import Narrowed, Span
from app.queries.listing import Criteria
from app.queries.scope import Viewer


@dataclass(frozen=True, slots=True)
class Performance:
    """One member of staff in a span."""

    staff_id: int
    name: str
    role: Role
    calls: int = 0
    right_party: int = 0
    promises: int = 0
    kept: int = 0
    matured: int = 0
    collected_cents: int = 0
    worked: int = 0
    hours: int = 0

    @property
    def kept_rate(self) -> Decimal | None:
        """Kept promises of those whose day has come."""
        return Decimal(self.kept) / self.matured if self.matured else None

    @property
    def per_hour(self) -> Decimal | None:
        """Accounts worked an hour, to one place."""
        return (Decimal(self.worked) / self.hours).quantize(Decimal("0.1"), ROUND_HALF_UP) if self.hours else None


def performance(session: Session, viewer: Viewer, span: Span, criteria: Criteria | None = None) -> list[Performance]:
    """Everybody who did something in the span, and every active collector, by name. Four statements.

    Calls are those that we made; hours are the hours of the clock in which somebody did something.
    """
    asked = Narrowed(viewer, span.to_on, criteria or Criteria())
    done = {row.staff_id: row for row in session.execute(_activity(asked, span))}
    promised = {row.taken_by_id: row for row in session.execute(_promises(asked, span))}
    money = {row.staff_id: int(row.cents) for row in session.execute(_collected(asked, span))}
    ids = {one for found in (done, promised, money) for one in found if one is not None}
    wanted = or_(and_(Staff.role == Role.COLLECTOR, Staff.is_active), Staff.id.in_(ids))
    people = session.scalars(select(Staff).where(wanted, asked.people).order_by(func.lower(Staff.name), Staff.id))
    return [_row(person, done.get(person.id), promised.get(person.id), money.get(person.id, 0)) for person in people]


def _row(person: Staff, done: Any, promised: Any, cents: int) -> Performance:
    return Performance(
        staff_id=person.id,
        name=person.name,
        role=person.role,
        calls=done.calls if done else 0,
        right_party=done.right_party if done else 0,
        worked=done.worked if done else 0,
        hours=done.hours if done else 0,
        promises=promised.promises if promised else 0,
        kept=promised.kept if promised else 0,
        matured=promised.matured if promised else 0,
        collected_cents=cents,
    )


def _activity(asked: Narrowed, span: Span) -> Select[*tuple[Any, ...]]:
    is_contact = Activity.kind.in_(sorted(CONTACT_KINDS))
    is_ours = ContactAttempt.is_inbound.is_(None) | ~ContactAttempt.is_inbound
    hour = cast(func.floor(extract("epoch", Activity.at) / 3600), Integer)
    return (
        select(
            Activity.staff_id,
            func.count().filter(Activity.kind == ActivityKind.CALL, is_ours).label("calls"),
            func.count().filter(Activity.disposition.in_(sorted(CONVERSATIONS))).label("right_party"),
            func.count(distinct(Activity.account_id)).filter(is_contact).label("worked"),
            func.count(distinct(hour)).label("hours"),
        )
        .outerjoin(ContactAttempt, ContactAttempt.activity_id == Activity.id)
        .where(
            Activity.at >= span.begins,
            Activity.at < span.ends,
            Activity.staff_id.is_not(None),
            Activity.withdrawn_at.is_(None),
            asked.hanging(Activity),
        )
        .group_by(Activity.staff_id)
    )


def _promises(asked: Narrowed, span: Span) -> Select[*tuple[Any, ...]]:
    matured = (PromiseStatus.KEPT, PromiseStatus.PARTLY_KEPT, PromiseStatus.BROKEN)
    return (
        select(
            Promise.taken_by_id,
            func.count().label("promises"),
            func.count().filter(Promise.status == PromiseStatus.KEPT).label("kept"),
            func.count().filter(Promise.status.in_(matured)).label("matured"),
        )
        .where(
            Promise.made_at >= span.begins,
            Promise.made_at < span.ends,
            Promise.status != PromiseStatus.CANCELLED,
            Promise.taken_by_id.is_not(None),
            asked.hanging(Promise),
        )
        .group_by(Promise.taken_by_id)
    )


def _collected(asked: Narrowed, span: Span) -> Select[*tuple[Any, ...]]:
    """Complete payments of the span: to whoever spoke with the customer last in the week before, else to whoever took them."""
    spoke = (
        select(Activity.staff_id)
        .where(
            Activity.account_id == Payment.account_id,
            Activity.disposition.in_(sorted(CONVERSATIONS)),
            Activity.withdrawn_at.is_(None),
            Activity.staff_id.is_not(None),
            Activity.at <= Payment.received_at,
            Activity.at > Payment.received_at - literal(dt.timedelta(days=CREDIT_DAYS), Interval()),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(1)
        .correlate(Payment)
        .scalar_subquery()
    )
    reversal = aliased(Payment, name="reversal")
    paid = (
        select(func.coalesce(spoke, Payment.taken_by_id).label("staff_id"), Payment.amount_cents)
        .outerjoin(reversal, reversal.reverses_id == Payment.id)
        .where(
            Payment.received_at >= span.begins,
            Payment.received_at < span.ends,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.state == PaymentState.COMPLETE,
            reversal.id.is_(None),
            asked.hanging(Payment),
        )
        .subquery()
    )
    cents = cast(func.sum(paid.c.amount_cents), BigInteger).label("cents")
    return select(paid.c.staff_id, cents).where(paid.c.staff_id.is_not(None)).group_by(paid.c.staff_id)


def cures(session: Session, viewer: Viewer, span: Span, criteria: Criteria | None = None) -> dict[CureKind, int]:
    """How many accounts became current in the span, by what brought them back; pay-offs are no cures."""
    extended_on = (
        select(func.max(Arrangement.applied_on))
        .where(
            Arrangement.account_id == BucketChange.account_id,
            Arrangement.state == ArrangementState.APPLIED,
            Arrangement.applied_on <= BucketChange.business_on,
        )
        .correlate(BucketChange)
        .scalar_subquery()
    )
    card_paid_on = (
        select(func.max(Payment.posted_on))
        .where(
            Payment.account_id == BucketChange.account_id,
            Payment.method == PaymentMethod.CARD,
            Payment.state == PaymentState.COMPLETE,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.taken_by_id.is_(None),
            Payment.posted_on <= BucketChange.business_on,
        )
        .correlate(BucketChange)
        .scalar_subquery()
    )
    spoken_at = (
        select(func.max(Activity.at))
        .where(
            Activity.account_id == BucketChange.account_id,
            Activity.disposition.in_(sorted(CONVERSATIONS)),
            Activity.withdrawn_at.is_(None),
            Activity.at < span.ends,
        )
        .correlate(BucketChange)
        .scalar_subquery()
    )
    query = (
        select(BucketChange.business_on, extended_on, card_paid_on, spoken_at)
        .join(Account, Account.id == BucketChange.account_id)
        .where(
            BucketChange.business_on.between(span.from_on, span.to_on),
            BucketChange.from_days > 0,
            BucketChange.to_days == 0,
            Account.balance_cents > 0,
            Narrowed(viewer, span.to_on, criteria or Criteria()).hanging(BucketChange),
        )
    )
    found = dict.fromkeys(CureKind, 0)
    for on, extended, charged, spoken in session.execute(query):
        found[kind(Cure(on, extended, charged, clock.business_date(spoken) if spoken else None))] += 1
    return found
