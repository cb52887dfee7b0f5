"""Replay: what payments cover is derived anew from the ledger, in the order in which the money counts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from app.domain.payments.allocation import Policy
from app.domain.payments.allocation import replay as replayed
from app.domain.servicing.buckets import bucket_of
from app.domain.servicing.charges import ChargeKind
from app.models import Account, Allocation, BucketChange
from app.queries.collections.buckets import buckets
from app.queries.payments.ledger import ledger_of
from app.services.reporting import snapshots
from app.services.servicing import standing


def replay(session: Session, account: Account, *, from_on: dt.date, today: dt.date, policy: Policy = Policy.FEES_FIRST) -> None:
    """Re-apply all complete payments of an account by (effective date, sequence) and restate what follows from it.

    `from_on` is the effective date of the entry that made it necessary: snapshots from that day on are posted again.
    Replaying twice changes nothing. The caller holds the account's row lock.
    """
    session.flush()
    ledger = replayed(ledger_of(session, account.id), today=today, policy=policy)
    effective = {payment.sequence: payment.effective_on for payment in ledger.payments}
    rows = [
        {
            "payment_id": payment.sequence,
            "account_id": account.id,
            "installment_number": part.key if part.kind is ChargeKind.INSTALLMENT else None,
            "fee_id": part.key if part.kind is ChargeKind.FEE else None,
            "amount_cents": part.cents,
            "effective_on": effective[payment.sequence],
        }
        for payment in ledger.payments
        for part in payment.parts
    ]
    if rows != _present(session, account.id):
        session.execute(delete(Allocation).where(Allocation.account_id == account.id))
        if rows:
            session.execute(insert(Allocation), rows)
        _cover(session, account.id)
    days_before = account.days_past_due
    standing.restate(session, [account.id], today=today)
    session.refresh(account)
    _note_bucket_change(session, account, days_before=days_before, today=today)
    snapshots.repost(session, account.id, from_on=from_on, before=today)


def _present(session: Session, account_id: int) -> list[dict[str, object]]:
    """The allocations as they stand, in the order in which they were written."""
    columns = (
        Allocation.payment_id,
        Allocation.account_id,
        Allocation.installment_number,
        Allocation.fee_id,
        Allocation.amount_cents,
        Allocation.effective_on,
    )
    found = session.execute(select(*columns).where(Allocation.account_id == account_id).order_by(Allocation.id))
    return [dict(row) for row in found.mappings()]


def _cover(session: Session, account_id: int) -> None:
    """Write onto installments and fees what the allocations cover of them."""
    session.execute(
        text(
            """
            update installment i set paid_cents = i.opening_cents + x.cents,
                paid_on = case when i.opening_cents + x.cents = i.amount_cents then x.last_on end
            from (
                select installment.number, coalesce(sum(allocation.amount_cents), 0) as cents,
                    max(allocation.effective_on) as last_on
                from installment
                left join allocation on allocation.account_id = installment.account_id
                    and allocation.installment_number = installment.number
                where installment.account_id = :account group by installment.number
            ) x
            where i.account_id = :account and i.number = x.number
                and (i.paid_cents <> i.opening_cents + x.cents or i.paid_on is distinct from x.last_on)
            """
        ),
        {"account": account_id},
    )
    session.execute(
        text(
            """
            update fee set paid_cents = x.cents
            from (
                select fee.id, coalesce(sum(allocation.amount_cents), 0) as cents
                from fee left join allocation on allocation.fee_id = fee.id
                where fee.account_id = :account group by fee.id
            ) x
            where fee.id = x.id and fee.paid_cents <> x.cents
            """
        ),
        {"account": account_id},
    )
    session.expire_all()


def _note_bucket_change(session: Session, account: Account, *, days_before: int, today: dt.date) -> None:
    """Keep the day's move between report buckets: one row per account and day, from the first bucket to the last."""
    scheme = buckets(session, "report")
    old, new = bucket_of(days_before, scheme), bucket_of(account.days_past_due, scheme)
    if old.label == new.label:
        return
    change = session.get(BucketChange, (account.id, today))
    if change is None:
        change = BucketChange(
            account_id=account.id, business_on=today, from_days=days_before, from_bucket=old.label, reason="payment"
        )
        session.add(change)
    change.to_days, change.to_bucket = account.days_past_due, new.label
    session.flush()
