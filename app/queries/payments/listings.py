"""The lists of payments: all of them, and those that people took by hand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from app.domain.payments.kinds import MANUAL_METHODS, PaymentKind, PaymentMethod, PaymentState
from app.models import Payment, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Dates, Field, Join, Listing, Money, One, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, ACCOUNT_FILTERS, BY_CUSTOMER, account_joins
from app.queries.servicing.search import accounts_matching


def payments_matching(typed: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """A SELECT of payment ids: payments of accounts that match, or whose reference or Square id is what was typed."""
    accounts = accounts_matching(typed, viewer, limit)
    found = select(Payment.id).where(
        Payment.account_id.in_(accounts) | (Payment.reference == typed.strip()) | (Payment.square_payment_id == typed.strip()),
        condition(Payment, viewer),
    )
    return found if limit is None else found.limit(limit)


_FIELDS = (
    *ACCOUNT_FIELDS,
    Field("received_at", Payment.received_at, sort=True),
    Field("effective_on", Payment.effective_on, sort=True),
    Field("posted_on", Payment.posted_on),
    Field("amount_cents", Payment.amount_cents, sort=True, total=True),
    Field("method", Payment.method, sort=True),
    Field("kind", Payment.kind),
    Field("state", Payment.state),
    Field("reference", Payment.reference),
    Field("square_payment_id", Payment.square_payment_id),
    Field("note", Payment.note),
    Field("tot_status", Payment.tot_status),
    Field("tot_past_due_cents", Payment.tot_past_due_cents),
    Field("tot_days_past_due", Payment.tot_days_past_due),
    Field("taken_by", Staff.name, "staff"),
)
_JOINS = (*account_joins(Payment.account_id), Join("staff", Staff, Payment.taken_by_id == Staff.id, is_outer=True))
_FILTERS = (
    Dates("received", "Received", Payment.received_at),
    Dates("effective", "Effective", Payment.effective_on),
    Money("amount", "Amount", Payment.amount_cents),
    Choice("state", "State", Payment.state, words=PaymentState),
    Text("reference", "Reference", Payment.reference),
    One("taken_by", "Taken by", Payment.taken_by_id, model=Staff, none="Nobody"),
    *ACCOUNT_FILTERS,
    only_test_leases(Payment.account_id),
)

PAYMENTS = Listing(
    Payment,
    joins=_JOINS,
    fields=_FIELDS,
    sorts={"customer": BY_CUSTOMER},
    filters=(
        Choice("method", "Method", Payment.method, words=PaymentMethod),
        Choice("kind", "Type", Payment.kind, words=PaymentKind),
        *_FILTERS,
    ),
    order="-received_at",
    search=payments_matching,
)
"""Every entry of the ledger: payments, declines, reversals, what the prior system had collected."""

MANUAL_PAYMENTS = Listing(
    Payment,
    joins=_JOINS,
    fields=_FIELDS,
    sorts={"customer": BY_CUSTOMER},
    filters=(
        Choice("method", "Method", Payment.method, words=[(m.value, m.label) for m in PaymentMethod if m in MANUAL_METHODS]),
        *_FILTERS,
    ),
    order="-received_at",
    search=payments_matching,
    where=Payment.method.in_(MANUAL_METHODS) & (Payment.kind == PaymentKind.PAYMENT),
)
"""Money that a person took: cash, Zelle, Cash App, Venmo, checks, money orders."""
