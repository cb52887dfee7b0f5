"""Batches, charges and breaks as lists, and whose installment is charged next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Row, cast, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.domain.autopay.batches import BatchKind, RunState
from app.domain.autopay.breaks import BreakKind, BreakState
from app.domain.autopay.charges import OPEN_CHARGES, ChargeKind, ChargeState
from app.domain.payments.card_refunds import OPEN_CARD_REFUNDS, CardRefundState
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AuditEvent,
    AutopayBatch,
    AutopayEnrollment,
    Card,
    CardRefund,
    CardRefundEvent,
    Charge,
    ChargeEvent,
    Customer,
    CustomerPhone,
    SquareBreak,
    Staff,
)
from app.queries.listing import Choice, Dates, Field, Join, Kind, Listing, Money, Numbers, One, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, ACCOUNT_FILTERS, BY_CUSTOMER, account_joins, through_accounts

Owner = aliased(Staff, name="owner")
Planner = aliased(Staff, name="planner")

BATCHES = Listing(
    AutopayBatch,
    joins=(Join("planner", Planner, AutopayBatch.planned_by_id == Planner.id, is_outer=True),),
    fields=(
        Field("business_on", AutopayBatch.business_on, sort=True),
        Field("kind", AutopayBatch.kind),
        Field("state", AutopayBatch.state),
        Field("reason", AutopayBatch.reason),
        Field("eligible", AutopayBatch.eligible, kind=Kind.NUMBER),
        Field("left_out", AutopayBatch.left_out, kind=Kind.NUMBER),
        Field("succeeded", AutopayBatch.succeeded, kind=Kind.NUMBER),
        Field("failed", AutopayBatch.failed, kind=Kind.NUMBER),
        Field("unknown", AutopayBatch.unknown, kind=Kind.NUMBER),
        Field("skipped", AutopayBatch.skipped, kind=Kind.NUMBER),
        Field("charged_cents", AutopayBatch.charged_cents, total=True),
        Field("started_at", AutopayBatch.started_at, sort=True),
        Field("finished_at", AutopayBatch.finished_at),
        Field(
            "seconds",
            cast(func.extract("epoch", AutopayBatch.finished_at - AutopayBatch.started_at), Integer),
            kind=Kind.NUMBER,
        ),
        Field("planned_by", Planner.name, "planner"),
    ),
    filters=(
        Choice("kind", "Type", AutopayBatch.kind, words=BatchKind),
        Choice("state", "Status", AutopayBatch.state, words=RunState),
        Dates("on", "Date", AutopayBatch.business_on),
    ),
    order="-started_at",
)
"""All AutoPay runs, the newest first."""

CHARGES = Listing(
    Charge,
    joins=(*account_joins(Charge.account_id), Join("card", Card, Charge.card_id == Card.id)),
    fields=(
        *ACCOUNT_FIELDS,
        Field("business_on", Charge.business_on, sort=True),
        Field("amount_cents", Charge.amount_cents, total=True),
        Field("kind", Charge.kind),
        Field("state", Charge.state),
        Field("card", Card.brand + " …" + Card.last_four, "card"),
        Field("square_payment_id", Charge.square_payment_id),
        Field("decline_code", Charge.decline_code),
        Field("error", Charge.error),
        Field("retry_on", Charge.retry_on),
        Field("retry_why", Charge.retry_why),
        Field("skip_reason", Charge.skip_reason),
        Field("sends", Charge.sends, kind=Kind.NUMBER),
        Field("planned_at", Charge.planned_at),
        Field("settled_at", Charge.settled_at),
    ),
    sorts={"customer": BY_CUSTOMER},
    filters=(
        Choice("state", "Status", Charge.state, words=ChargeState),
        Choice("kind", "Type", Charge.kind, words=ChargeKind),
        Dates("on", "Date", Charge.business_on),
        Money("amount", "Amount", Charge.amount_cents),
        Numbers("batch", "Batch", Charge.batch_id),
        Text("code", "Decline code", Charge.decline_code),
        Text("account", "Account #", Account.account_number, "account"),
        *ACCOUNT_FILTERS,
    ),
    order="-business_on",
    search=through_accounts(Charge, Charge.account_id),
)
"""All charges of cards that somebody may see, the newest first."""

REFUNDS = Listing(
    CardRefund,
    joins=(
        *account_joins(CardRefund.account_id),
        Join("planner", Planner, CardRefund.planned_by_id == Planner.id, is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("business_on", CardRefund.business_on, sort=True),
        Field("amount_cents", CardRefund.amount_cents, total=True),
        Field("state", CardRefund.state),
        Field("square_refund_id", CardRefund.square_refund_id),
        Field("error", CardRefund.error),
        Field("reason", CardRefund.reason),
        Field("planned_by", Planner.name, "planner"),
        Field("settled_at", CardRefund.settled_at),
    ),
    sorts={"customer": BY_CUSTOMER},
    filters=(
        Choice("state", "Status", CardRefund.state, words=CardRefundState),
        Dates("on", "Date", CardRefund.business_on),
        Money("amount", "Amount", CardRefund.amount_cents),
        Text("account", "Account #", Account.account_number, "account"),
    ),
    order="-business_on",
    search=through_accounts(CardRefund, CardRefund.account_id),
)
"""All refunds of card payments at Square that somebody may see, the newest first."""

BREAKS = Listing(
    SquareBreak,
    joins=(
        Join("account", Account, SquareBreak.account_id == Account.id, is_outer=True),
        Join("owner", Owner, SquareBreak.owner_id == Owner.id, is_outer=True),
    ),
    fields=(
        Field("found_at", SquareBreak.found_at, sort=True),
        Field("kind", SquareBreak.kind),
        Field("said", SquareBreak.said),
        Field("square_cents", SquareBreak.square_cents),
        Field("ledger_cents", SquareBreak.ledger_cents),
        Field("reference", SquareBreak.reference),
        Field("account_id", Account.id, "account"),
        Field("account_number", Account.account_number, "account"),
        Field("owner", Owner.name, "owner"),
        Field("state", SquareBreak.state),
        Field("resolution", SquareBreak.resolution),
        Field("resolved_at", SquareBreak.resolved_at),
        Field("seen_at", SquareBreak.seen_at),
    ),
    filters=(
        Choice("kind", "Type", SquareBreak.kind, words=BreakKind),
        Choice("state", "Status", SquareBreak.state, words=BreakState),
        Dates("found", "Found", SquareBreak.found_at),
        One("owner", "Owner", SquareBreak.owner_id, model=Staff, order_by=Staff.name, none="Nobody", me="Me"),
    ),
    order="found_at",
)
"""Where Square and the ledger do not agree, the oldest first."""


def next_up(session: Session, viewer: Viewer, *, today: dt.date, limit: int) -> Sequence[Row[Any]]:
    """Whose installment is charged next, by due date: account_id, first_name, last_name, phone, amount_cents, card, due_on."""
    card = (
        select(Card.brand + " …" + Card.last_four)
        .where(Card.customer_id == Account.customer_id, Card.is_enabled)
        .order_by((Card.id == AutopayEnrollment.card_id).is_(True).desc(), Card.is_primary.desc(), Card.id)
        .limit(1)
        .correlate(Account, AutopayEnrollment)
        .scalar_subquery()
    )
    return session.execute(
        select(
            Account.id.label("account_id"),
            Account.account_number,
            Customer.first_name,
            Customer.last_name,
            CustomerPhone.e164.label("phone"),
            func.least(func.greatest(AutopayEnrollment.fixed_cents, Account.next_due_cents), Account.balance_cents).label(
                "amount_cents"
            ),
            card.label("card"),
            Account.next_due_on.label("due_on"),
            AutopayEnrollment.hold_until,
        )
        .join(AutopayEnrollment, (AutopayEnrollment.account_id == Account.id) & AutopayEnrollment.revoked_at.is_(None))
        .join(Customer, Customer.id == Account.customer_id)
        .outerjoin(CustomerPhone, (CustomerPhone.customer_id == Customer.id) & CustomerPhone.is_primary)
        .where(
            Account.status == AccountStatus.ACTIVE,
            ~Account.is_test,
            Account.next_due_on >= today,
            condition(Account, viewer),
        )
        .order_by(Account.next_due_on, Account.id)
        .limit(limit)
    ).all()


def timeline_of(session: Session, charge_id: int) -> Sequence[Any]:
    """What happened to a charge, in order, with the name of who did it."""
    return session.execute(
        select(ChargeEvent, Staff.name)
        .outerjoin(Staff, Staff.id == ChargeEvent.by_id)
        .where(ChargeEvent.charge_id == charge_id)
        .order_by(ChargeEvent.id)
    ).all()


def payment_told_of(session: Session, charge_id: int) -> str | None:
    """Square's id of the payment that was last told of for a charge."""
    told = ChargeEvent.evidence["payment_id"].as_string()
    return session.scalar(
        select(told)
        .where(ChargeEvent.charge_id == charge_id, ChargeEvent.evidence.is_not(None))
        .order_by(ChargeEvent.id.desc())
        .limit(1)
    )


def refund_timeline(session: Session, refund_id: int) -> Sequence[Any]:
    """What happened to a refund, in order, with the name of who did it."""
    return session.execute(
        select(CardRefundEvent, Staff.name)
        .outerjoin(Staff, Staff.id == CardRefundEvent.by_id)
        .where(CardRefundEvent.card_refund_id == refund_id)
        .order_by(CardRefundEvent.id)
    ).all()


def open_refunds(session: Session, account_id: int) -> Sequence[CardRefund]:
    """Refunds of an account that are not decided yet, the oldest first."""
    undecided = CardRefund.state.in_(OPEN_CARD_REFUNDS)
    return session.scalars(select(CardRefund).where(CardRefund.account_id == account_id, undecided).order_by(CardRefund.id)).all()


def undecided_refunds(session: Session, viewer: Viewer) -> int:
    """How many refunds that somebody may see are not decided yet."""
    found = select(func.count()).select_from(CardRefund)
    return session.scalar(found.where(CardRefund.state.in_(OPEN_CARD_REFUNDS), condition(CardRefund, viewer))) or 0


def attempts(session: Session, account_id: int) -> Sequence[Charge]:
    """Tries to charge a card for an account, whatever became of them, newest first, each with its card."""
    return session.scalars(
        select(Charge).where(Charge.account_id == account_id).options(joinedload(Charge.card)).order_by(Charge.id.desc())
    ).all()


def count_of(session: Session, viewer: Viewer, state: ChargeState) -> int:
    """How many charges of a state somebody may see."""
    found = select(func.count()).select_from(Charge).where(Charge.state == state, condition(Charge, viewer))
    return session.scalar(found) or 0


def charged_on(session: Session, viewer: Viewer, on: dt.date) -> tuple[int, int]:
    """How many charges of a business date succeeded, and their sum in cents."""
    found = select(func.count(), func.coalesce(func.sum(Charge.amount_cents), 0)).select_from(Charge)
    where = (Charge.business_on == on, Charge.state == ChargeState.SUCCEEDED, condition(Charge, viewer))
    count, cents = session.execute(found.where(*where)).one()
    return count, int(cents)


@dataclass(frozen=True, slots=True)
class LastRun:
    """What became of the newest batch, as far as somebody may see its charges."""

    business_on: dt.date
    charged: int
    failed: int
    open: int
    """Charges that wait for Square or for a person."""
    cents: int


def last_run(session: Session, viewer: Viewer, *, portfolio_id: int | None = None) -> LastRun | None:
    """The newest batch; None before the first."""
    batch = session.execute(
        select(AutopayBatch.id, AutopayBatch.business_on).order_by(AutopayBatch.id.desc()).limit(1)
    ).one_or_none()
    if batch is None:
        return None
    went_well = Charge.state == ChargeState.SUCCEEDED
    query = select(
        func.count().filter(went_well),
        func.count().filter(Charge.state.in_((ChargeState.DECLINED, ChargeState.REJECTED))),
        func.count().filter(Charge.state.in_(OPEN_CHARGES)),
        func.coalesce(func.sum(Charge.amount_cents).filter(went_well), 0),
    ).where(Charge.batch_id == batch.id, condition(Charge, viewer))
    if portfolio_id is not None:
        query = query.where(Charge.account_id.in_(select(Account.id).where(Account.portfolio_id == portfolio_id)))
    charged, failed, undecided, cents = session.execute(query).one()
    return LastRun(batch.business_on, charged, failed, undecided, int(cents))


def open_breaks(session: Session, viewer: Viewer) -> int:
    """How many breaks wait for somebody."""
    found = select(func.count()).select_from(SquareBreak)
    return session.scalar(found.where(SquareBreak.state == BreakState.OPEN, condition(SquareBreak, viewer))) or 0


def latest_events(session: Session, viewer: Viewer, *, limit: int) -> Sequence[AuditEvent]:
    """The last entries of the audit trail that are about AutoPay as a whole: runs, settings, the scheduler."""
    about = (AuditEvent.action.startswith("autopay"), AuditEvent.account_id.is_(None), condition(AuditEvent, viewer))
    return session.scalars(select(AuditEvent).where(*about).order_by(AuditEvent.id.desc()).limit(limit)).all()
