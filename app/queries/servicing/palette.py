"""What the search of every page finds: a few accounts and payments, best first, each by an indexed look-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, select, union
from sqlalchemy.orm import Session

from app.models import Account, Customer, CustomerPhone, Device, Payment
from app.queries.collections.past_due import DAYS_PAST_DUE
from app.queries.scope import Viewer, condition
from app.queries.servicing.search import accounts_matching

SHOWN = 7
CONSIDERED = 300
"""Accounts among which the best are chosen."""
SHORTEST_REFERENCE = 4


def accounts(session: Session, words: str, viewer: Viewer, *, today: dt.date) -> Sequence[Row[*tuple[Any, ...]]]:
    """The accounts that the words find: those that are late and owe most first, then by name."""
    found = list(session.scalars(accounts_matching(words, viewer, CONSIDERED)))
    if not found:
        return []
    statement = (
        select(
            Account.id,
            Account.account_number,
            Account.status,
            Account.balance_cents,
            DAYS_PAST_DUE.label("days_past_due"),
            Customer.first_name,
            Customer.last_name,
            CustomerPhone.e164,
            Device.model,
        )
        .join(Customer, Customer.id == Account.customer_id)
        .outerjoin(CustomerPhone, and_(CustomerPhone.customer_id == Customer.id, CustomerPhone.is_primary))
        .outerjoin(Device, Device.id == Account.device_id)
        .where(Account.id.in_(found), condition(Account, viewer))
        .order_by(Account.past_due_cents.desc(), Account.balance_cents.desc(), Customer.last_name, Account.id)
        .limit(SHOWN)
    )
    return session.execute(statement, {"today": today}).all()


def payments(session: Session, words: str, viewer: Viewer) -> Sequence[Row[*tuple[Any, ...]]]:
    """Payments by their Square id or the very reference that was written down."""
    if len(words) < SHORTEST_REFERENCE or " " in words:
        return []
    by_square = select(Payment.id).where(Payment.square_payment_id == words)
    by_reference = select(Payment.id).where(Payment.reference.in_({words, words.upper()}))
    ids = union(by_square, by_reference).subquery()
    statement = (
        select(
            Payment.id,
            Payment.account_id,
            Payment.amount_cents,
            Payment.method,
            Payment.effective_on,
            Payment.reference,
            Payment.square_payment_id,
            Customer.first_name,
            Customer.last_name,
        )
        .join(Account, Account.id == Payment.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .where(Payment.id.in_(select(ids.c.id)), condition(Payment, viewer))
        .order_by(Payment.received_at.desc(), Payment.id.desc())
        .limit(SHOWN)
    )
    return session.execute(statement).all()
