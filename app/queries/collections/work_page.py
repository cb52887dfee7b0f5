"""What the Work account page shows of one person beside the accounts themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app import clock
from app.domain.collections.contact import ANSWERED_BY_A_CALL, CONTACT_KINDS, CONVERSATIONS, FollowUpStatus, PromiseStatus
from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.models import Activity, Card, Fee, FollowUp, Installment, Payment, Promise

MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One unpaid line of a schedule, with the late fees that hang on it."""

    account_id: int
    number: int
    due_on: dt.date
    amount_cents: int
    fee_cents: int
    """Late fees assessed and not waived."""
    paid_cents: int
    """Paid on the line and its fees."""

    @property
    def open_cents(self) -> int:
        """What is left to pay."""
        return self.amount_cents + self.fee_cents - self.paid_cents


def owed(session: Session, account_ids: Sequence[int], *, today: dt.date) -> list[Line]:
    """Unpaid lines of some accounts that are due by today, oldest first, and the next one of each that is still to come."""
    fees = (
        select(
            Fee.account_id,
            Fee.installment_number,
            func.sum(Fee.amount_cents - Fee.waived_cents).label("cents"),
            func.sum(Fee.paid_cents).label("paid"),
        )
        .where(Fee.account_id.in_(account_ids), Fee.installment_number.is_not(None))
        .group_by(Fee.account_id, Fee.installment_number)
        .subquery()
    )
    fee_cents, fee_paid = func.coalesce(fees.c.cents, 0), func.coalesce(fees.c.paid, 0)
    rows = session.execute(
        select(
            Installment.account_id,
            Installment.number,
            Installment.due_on,
            Installment.amount_cents,
            fee_cents.label("fee_cents"),
            (Installment.paid_cents + fee_paid).label("paid_cents"),
        )
        .outerjoin(
            fees,
            (fees.c.account_id == Installment.account_id) & (fees.c.installment_number == Installment.number),
        )
        .where(
            Installment.account_id.in_(account_ids),
            Installment.amount_cents + fee_cents > Installment.paid_cents + fee_paid,
        )
        .order_by(Installment.account_id, Installment.due_on, Installment.number)
    )
    lines: list[Line] = []
    coming: set[int] = set()
    for row in rows:
        if row.due_on > today:
            if row.account_id in coming:
                continue
            coming.add(row.account_id)
        lines.append(Line(row[0], row[1], row[2], row[3], int(row[4]), int(row[5])))
    return lines[:MOST_LINES]


def promises(session: Session, account_ids: Sequence[int], *, limit: int) -> Sequence[Promise]:
    """The latest promises that were not replaced."""
    return session.scalars(
        select(Promise)
        .where(Promise.account_id.in_(account_ids), Promise.status != PromiseStatus.CANCELLED)
        .order_by(Promise.made_at.desc(), Promise.id.desc())
        .limit(limit)
    ).all()


def promise_counts(session: Session, account_ids: Sequence[int]) -> dict[PromiseStatus, int]:
    """How many promises ended how."""
    rows = session.execute(
        select(Promise.status, func.count()).where(Promise.account_id.in_(account_ids)).group_by(Promise.status)
    )
    return dict.fromkeys(PromiseStatus, 0) | {status: int(count) for status, count in rows}


def happened(session: Session, account_ids: Sequence[int], *, limit: int) -> Sequence[Activity]:
    """The latest contacts, payments, promises and other activity."""
    return session.scalars(
        select(Activity)
        .where(Activity.account_id.in_(account_ids), Activity.withdrawn_at.is_(None))
        .options(joinedload(Activity.staff), joinedload(Activity.phone))
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(limit)
    ).all()


def last_contact(session: Session, account_ids: Sequence[int]) -> Activity | None:
    """The latest attempt to reach the person."""
    return session.scalar(
        select(Activity)
        .where(
            Activity.account_id.in_(account_ids),
            Activity.kind.in_(sorted(CONTACT_KINDS)),
            Activity.withdrawn_at.is_(None),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(1)
    )


def open_follow_ups(session: Session, account_ids: Sequence[int]) -> Sequence[FollowUp]:
    """Follow-ups that wait, the earliest first."""
    return session.scalars(
        select(FollowUp)
        .where(FollowUp.account_id.in_(account_ids), FollowUp.status == FollowUpStatus.OPEN)
        .order_by(FollowUp.due_at, FollowUp.id)
        .limit(5)
    ).all()


def cards(session: Session, customer_id: int) -> Sequence[Card]:
    """Cards on file that can be charged, the primary one first."""
    return session.scalars(
        select(Card).where(Card.customer_id == customer_id, Card.is_enabled).order_by(Card.is_primary.desc(), Card.id)
    ).all()


def last_card_try(session: Session, account_ids: Sequence[int]) -> Payment | None:
    """The latest try to charge a card, whatever became of it."""
    return session.scalar(
        select(Payment)
        .where(Payment.account_id.in_(account_ids), Payment.method == PaymentMethod.CARD)
        .order_by(Payment.received_at.desc(), Payment.id.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Day:
    """What a person has done on the business date."""

    contacts: int
    """Conversations with the right person."""
    promises: int
    cents: int
    """Payments that they took."""


def day_of(session: Session, staff_id: int, *, today: dt.date) -> Day:
    """The business date of one member of staff so far."""
    begins = clock.moment(today, dt.time.min)
    contacts = session.scalar(
        select(func.count()).where(
            Activity.staff_id == staff_id,
            Activity.at >= begins,
            Activity.disposition.in_(sorted(CONVERSATIONS)),
            Activity.withdrawn_at.is_(None),
        )
    )
    promised = session.scalar(
        select(func.count()).where(
            Promise.taken_by_id == staff_id, Promise.made_at >= begins, Promise.status != PromiseStatus.CANCELLED
        )
    )
    cents = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
            Payment.taken_by_id == staff_id,
            Payment.received_at >= begins,
            Payment.kind == PaymentKind.PAYMENT,
            Payment.state == PaymentState.COMPLETE,
        )
    )
    return Day(int(contacts or 0), int(promised or 0), int(cents or 0))


def due_by_a_call(session: Session, account_id: int, *, now: dt.datetime) -> dt.datetime | None:
    """When the earliest open follow-up came due that an outcome will tick off; None when there is none."""
    return session.scalar(
        select(func.min(FollowUp.due_at)).where(
            FollowUp.account_id == account_id,
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.kind.in_(sorted(ANSWERED_BY_A_CALL)),
            FollowUp.due_at <= now,
        )
    )
