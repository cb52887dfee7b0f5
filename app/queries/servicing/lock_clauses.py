"""Which clause of an agreement allows a lock, and what stands in the way of one today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.collections.contact import PromiseStatus
from app.domain.collections.contact_rules import LASTING
from app.domain.collections.messages import MessageState
from app.domain.payments.kinds import PaymentKind, PaymentState
from app.domain.servicing.device_locks import ENDED_LOCKS, Standing
from app.domain.servicing.disputes import PAUSING
from app.models import (
    Account,
    ContactRestriction,
    DeviceCheck,
    DeviceLock,
    Dispute,
    LockClause,
    LockNotice,
    Message,
    Payment,
    Portfolio,
    Promise,
    Staff,
)
from app.queries.listing import Field, Flag, Join, Listing, One, Text
from app.queries.servicing.contracts import state_of

LOCK_CLAUSES = Listing(
    LockClause,
    joins=(
        Join("portfolio", Portfolio, LockClause.portfolio_id == Portfolio.id, is_outer=True),
        Join("verifier", Staff, LockClause.verified_by_id == Staff.id, is_outer=True),
    ),
    fields=(
        Field("state", LockClause.state, sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("contract_from_on", LockClause.contract_from_on, sort=True),
        Field("name", LockClause.name),
        Field("words", LockClause.words),
        Field("notice_days", LockClause.notice_days),
        Field("citation", LockClause.citation),
        Field("verified_on", LockClause.verified_on),
        Field("verified_by", Staff.name, "verifier"),
        Field("is_active", LockClause.is_active),
    ),
    filters=(
        Text("state", "State", LockClause.state),
        One("portfolio", "Portfolio", LockClause.portfolio_id, model=Portfolio, order_by=Portfolio.name, none="All"),
        Flag("active", "Active", LockClause.is_active),
        Flag("verified", "Verified", LockClause.verified_on.is_not(None)),
    ),
    order="state",
)


def clause_of(session: Session, account: Account) -> LockClause | None:
    """The newest active clause not after the contract's date; one for its portfolio wins, then one for its state."""
    state = state_of(session, account)
    return session.scalar(
        select(LockClause)
        .where(
            LockClause.is_active,
            LockClause.contract_from_on <= account.start_on,
            or_(LockClause.state == state, LockClause.state.is_(None)),
            or_(LockClause.portfolio_id == account.portfolio_id, LockClause.portfolio_id.is_(None)),
        )
        .order_by(LockClause.portfolio_id.is_(None), LockClause.state.is_(None), LockClause.contract_from_on.desc())
        .limit(1)
    )


def notices_of(session: Session, account_id: int) -> Sequence[LockNotice]:
    """Notices that were given, the latest first. One whose message failed was not given."""
    query = (
        select(LockNotice)
        .outerjoin(Message, Message.id == LockNotice.message_id)
        .where(LockNotice.account_id == account_id, or_(Message.id.is_(None), Message.state != MessageState.FAILED))
    )
    return session.scalars(query.order_by(LockNotice.given_on.desc(), LockNotice.id.desc()).limit(5)).all()


def lock_of(session: Session, account_id: int) -> DeviceLock | None:
    """The lock of an account's device that has not ended."""
    query = select(DeviceLock).where(DeviceLock.account_id == account_id, DeviceLock.state.not_in(ENDED_LOCKS))
    return session.scalar(query)


def any_open_lock(session: Session) -> bool:
    """Whether any device is locked, or on its way to be or not to be."""
    return session.scalar(select(DeviceLock.id).where(DeviceLock.state.not_in(ENDED_LOCKS)).limit(1)) is not None


def locks_of(session: Session, account_id: int) -> Sequence[DeviceLock]:
    """All locks of an account's device, the latest first."""
    query = select(DeviceLock).where(DeviceLock.account_id == account_id)
    return session.scalars(query.order_by(DeviceLock.id.desc()).limit(10)).all()


def standing_of(session: Session, account: Account, *, today: dt.date) -> Standing:
    """What decides whether the device of an account may be locked today."""
    clause = clause_of(session, account)
    notices = notices_of(session, account.id)
    lock = lock_of(session, account.id)
    is_late = account.past_due_cents > 0 and account.next_due_on is not None and account.next_due_on < today
    stop = session.scalar(
        select(ContactRestriction.kind)
        .where(
            ContactRestriction.customer_id == account.customer_id,
            ContactRestriction.kind.in_(LASTING),
            ContactRestriction.lifted_at.is_(None),
        )
        .limit(1)
    )
    return Standing(
        status=account.status,
        past_due_cents=account.past_due_cents,
        past_due_since=account.next_due_on if is_late else None,
        verdict=session.scalar(select(DeviceCheck.verdict).where(DeviceCheck.account_id == account.id)),
        clause=None if clause is None else clause.name,
        notice_days=0 if clause is None else clause.notice_days,
        notice_on=notices[0].given_on if notices else None,
        promise_on=session.scalar(
            select(Promise.due_on).where(Promise.account_id == account.id, Promise.status == PromiseStatus.OPEN)
        ),
        has_dispute=session.scalar(
            select(Dispute.id).where(Dispute.account_id == account.id, Dispute.state.in_(PAUSING)).limit(1)
        )
        is not None,
        processing_cents=_on_its_way(session, account.id),
        stop=None if stop is None else stop.label,
        lock=None if lock is None else lock.state,
    )


def _on_its_way(session: Session, account_id: int) -> int:
    """Cents of payments that are being processed."""
    query = select(func.sum(Payment.amount_cents)).where(
        Payment.account_id == account_id, Payment.kind == PaymentKind.PAYMENT, Payment.state == PaymentState.PROCESSING
    )
    return int(session.scalar(query) or 0)
