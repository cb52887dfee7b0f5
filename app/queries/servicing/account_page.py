"""What the Account page shows of one account: its sections and the one timeline of all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.collections.contact import FollowUpStatus
from app.models import (
    Account,
    Activity,
    Adjustment,
    Allocation,
    AuditEvent,
    Customer,
    Fee,
    FollowUp,
    Installment,
    Invoice,
    Note,
    Payment,
    PaymentSplit,
    Promise,
    Staff,
    StatusChange,
)
from app.queries.scope import Viewer, scope

MOST_ENTRIES = 200
"""Entries of each kind on the timeline; an account with more is a finding in itself."""


def visible_account(session: Session, account_id: int, *, viewer: Viewer) -> Account | None:
    """The account with all that its header needs, or None when the viewer may not see it."""
    query = scope(select(Account), Account, viewer).where(Account.id == account_id)
    return session.scalar(
        query.options(
            joinedload(Account.customer).selectinload(Customer.phones),
            joinedload(Account.device),
            joinedload(Account.portfolio),
            joinedload(Account.dealer),
            joinedload(Account.assigned_to),
        )
    )


def schedule(session: Session, account_id: int) -> Sequence[Any]:
    """Lines of the schedule, with the late fees that hang on each and the invoice that it is."""
    fees = (
        select(Fee.installment_number, func.sum(Fee.amount_cents - Fee.waived_cents).label("cents"))
        .where(Fee.account_id == account_id)
        .group_by(Fee.installment_number)
        .subquery()
    )
    return session.execute(
        select(
            Installment.number,
            Installment.due_on,
            Installment.original_due_on,
            Installment.bought_days,
            Installment.amount_cents,
            Installment.paid_cents,
            Installment.opening_cents,
            Installment.paid_on,
            cast(func.coalesce(fees.c.cents, 0), BigInteger).label("late_fee_cents"),
            Invoice.number.label("invoice"),
        )
        .outerjoin(Invoice, (Invoice.account_id == Installment.account_id) & (Invoice.installment_number == Installment.number))
        .outerjoin(fees, fees.c.installment_number == Installment.number)
        .where(Installment.account_id == account_id)
        .order_by(Installment.due_on, Installment.number)
    ).all()


def payments(session: Session, account_id: int) -> Sequence[Payment]:
    """The ledger, newest first, with who took each payment."""
    return session.scalars(
        select(Payment)
        .where(Payment.account_id == account_id)
        .options(joinedload(Payment.taken_by))
        .order_by(Payment.effective_on.desc(), Payment.id.desc())
    ).all()


def covered_by(session: Session, account_id: int) -> dict[int, list[Any]]:
    """What each payment covers, in order: payment id → [(installment number | None, fee kind | None, due_on, cents)]."""
    rows = session.execute(
        select(
            Allocation.payment_id,
            Allocation.installment_number,
            Fee.kind.label("fee_kind"),
            Installment.due_on,
            Allocation.amount_cents,
        )
        .outerjoin(Fee, Fee.id == Allocation.fee_id)
        .outerjoin(
            Installment,
            (Installment.account_id == Allocation.account_id) & (Installment.number == Allocation.installment_number),
        )
        .where(Allocation.account_id == account_id)
        .order_by(Allocation.id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        if row.payment_id is not None:
            found.setdefault(row.payment_id, []).append(row)
    return found


def splits(session: Session, account_id: int) -> dict[int, PaymentSplit]:
    """How payments of a financed contract paid interest and principal: payment id → the split. Nothing for a lease."""
    rows = session.scalars(
        select(PaymentSplit).where(PaymentSplit.account_id == account_id, PaymentSplit.payment_id.is_not(None))
    )
    return {row.payment_id: row for row in rows if row.payment_id is not None}


def adjustments(session: Session, account_id: int) -> Sequence[Adjustment]:
    """Corrections that are not money in."""
    return session.scalars(
        select(Adjustment).where(Adjustment.account_id == account_id).order_by(Adjustment.effective_on, Adjustment.id)
    ).all()


def promises(session: Session, account_id: int) -> Sequence[Promise]:
    """Promises to pay, newest first."""
    return session.scalars(
        select(Promise)
        .where(Promise.account_id == account_id)
        .options(joinedload(Promise.taken_by))
        .order_by(Promise.made_at.desc())
    ).all()


def status_history(session: Session, account_id: int) -> Sequence[Any]:
    """Changes of status, newest first, with the name of who made them: (StatusChange, name | None)."""
    return session.execute(
        select(StatusChange, Staff.name)
        .outerjoin(Staff, Staff.id == StatusChange.by_id)
        .where(StatusChange.account_id == account_id)
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
    ).all()


def changes(session: Session, account_id: int) -> Sequence[AuditEvent]:
    """What was changed on the account, newest first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.account_id == account_id)
        .options(joinedload(AuditEvent.actor))
        .order_by(AuditEvent.id.desc())
        .limit(MOST_ENTRIES)
    ).all()


def activities(session: Session, account_id: int) -> Sequence[Activity]:
    """What was done on the account, newest first."""
    return session.scalars(
        select(Activity)
        .where(Activity.account_id == account_id, Activity.withdrawn_at.is_(None))
        .options(joinedload(Activity.staff))
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(MOST_ENTRIES)
    ).all()


def notes(session: Session, account_id: int) -> Sequence[Note]:
    """Notes that were not taken back, newest first."""
    return session.scalars(
        select(Note)
        .where(Note.account_id == account_id, Note.withdrawn_at.is_(None))
        .options(joinedload(Note.created_by))
        .order_by(Note.created_at.desc(), Note.id.desc())
        .limit(MOST_ENTRIES)
    ).all()


def follow_ups(session: Session, account_id: int) -> Sequence[FollowUp]:
    """Follow-ups, open ones first, then by time."""
    return session.scalars(
        select(FollowUp)
        .where(FollowUp.account_id == account_id)
        .options(joinedload(FollowUp.created_by))
        .order_by(FollowUp.status != FollowUpStatus.OPEN, FollowUp.due_at.desc())
        .limit(MOST_ENTRIES)
    ).all()


def other_accounts(session: Session, account: Account, *, viewer: Viewer) -> Sequence[Account]:
    """The same customer's other accounts that the viewer may see."""
    query = scope(select(Account), Account, viewer)
    return session.scalars(
        query.where(Account.customer_id == account.customer_id, Account.id != account.id)
        .options(joinedload(Account.device))
        .order_by(Account.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the merged timeline."""

    at: dt.datetime
    kind: str
    title: str
    icon: str
    tone: str = ""
    details: tuple[str, ...] = ()
    by: str | None = None


ICONS = {
    "call": "telephone",
    "text": "chat-dots",
    "email": "envelope",
    "letter": "envelope-paper",
    "visit": "house",
    "payment": "cash-coin",
    "follow_up": "calendar-check",
    "promise": "hand-thumbs-up",
    "arrangement": "calendar-range",
    "return": "box-seam",
    "recovery": "arrow-counterclockwise",
    "dispute": "shield-exclamation",
    "status": "flag",
    "import": "box-arrow-in-down",
    "assignment": "person-check",
    "system": "gear",
    "note": "journal-text",
}


def timeline(session: Session, account_id: int) -> list[Entry]:
    """One stream of all that happened, newest first."""
    return merged(
        activities(session, account_id),
        notes(session, account_id),
        follow_ups(session, account_id),
        status_history(session, account_id),
    )


def merged(done: Sequence[Activity], noted: Sequence[Note], planned: Sequence[FollowUp], statuses: Sequence[Any]) -> list[Entry]:
    """One stream of activity (calls, payments, promises …), notes, follow-ups and changes of status, newest first."""
    entries = [
        Entry(
            at=each.at,
            kind=str(each.kind),
            title=each.summary,
            icon=ICONS[str(each.kind)],
            tone="good" if each.kind == "payment" else "",
            by=each.staff.name if each.staff else None,
        )
        for each in done
    ]
    entries += [
        Entry(
            at=each.created_at,
            kind="note",
            title="Note",
            icon=ICONS["note"],
            details=(each.body,),
            by=each.created_by.name if each.created_by else None,
        )
        for each in noted
    ]
    entries += [
        Entry(
            at=each.created_at,
            kind="follow_up",
            title=f"Follow-up planned: {each.kind.label.lower()}",
            icon=ICONS["follow_up"],
            details=(each.note,) if each.note else (),
            by=each.created_by.name if each.created_by else None,
        )
        for each in planned
    ]
    entries += [
        Entry(
            at=change.at,
            kind="status",
            title=f"Status: {change.from_status.label} → {change.to_status.label}"
            if change.from_status
            else f"Status: {change.to_status.label}",
            icon=ICONS["status"],
            details=(change.reason,),
            by=name,
        )
        for change, name in statuses
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)
