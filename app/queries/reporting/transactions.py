"""Transactions, Transactions - Declined and Transactions - Pending of the UAS set (domain.md part 13)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Select, case, cast, func, literal, select

from app.domain.payments.kinds import PaymentMethod
from app.domain.reporting.transactions import Source, TransactionState
from app.domain.servicing.contract import ContractType
from app.models import Account, AccountSnapshot, Allocation, Card, PaymentSplit, Portfolio
from app.models import ContractTransaction as Transaction
from app.queries.collections.past_due import is_test_lease
from app.queries.listing import Choice, Dates, Field, Filter, Join, Kind, Listing, Money
from app.queries.reporting.contract_fields import fields, filters, joins
from app.queries.scope import Viewer, condition
from app.queries.servicing.search import accounts_matching

_IS_PAYMENT = Transaction.source == Source.PAYMENT


def _covered(column: Any, *where: ColumnElement[bool]) -> ColumnElement[int]:
    total = select(func.coalesce(func.sum(column), 0)).where(*where).correlate(Transaction, Account).scalar_subquery()
    return case((_IS_PAYMENT, cast(total, BigInteger)), else_=0)


_SPLIT = (PaymentSplit.payment_id == Transaction.source_id,)
_OWN_PARTS = (Allocation.payment_id == Transaction.source_id,)

FEES = _covered(Allocation.amount_cents, *_OWN_PARTS, Allocation.fee_id.is_not(None))
INTEREST = _covered(PaymentSplit.interest_cents, *_SPLIT)
PRINCIPAL = case(
    (
        Account.contract_type == ContractType.LEASE,
        _covered(Allocation.amount_cents, *_OWN_PARTS, Allocation.installment_number.is_not(None)),
    ),
    else_=_covered(PaymentSplit.principal_cents, *_SPLIT),
)
"""What of a payment paid rent or principal. The parts can be less than the payment: the rest waits as credit."""

MAPS = case(
    (
        Account.contract_type == ContractType.CREDIT_LINE,
        _covered(literal(1, BigInteger), *_OWN_PARTS, Allocation.installment_number.is_not(None)),
    ),
    else_=0,
)
"""Charges of a credit line that a payment was mapped to."""

_DAYS_THEN = (
    select(AccountSnapshot.days_past_due)
    .where(AccountSnapshot.account_id == Transaction.account_id, AccountSnapshot.business_on == Transaction.processed_on)
    .correlate(Transaction)
    .scalar_subquery()
)
RECEIVED_ON = cast(func.timezone(Portfolio.time_zone, Transaction.received_at), Date)


def transactions_matching(typed: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """Transactions of the accounts that match."""
    accounts = accounts_matching(typed, viewer, limit)
    found = select(Transaction.id).where(Transaction.account_id.in_(accounts), condition(Transaction, viewer))
    return found if limit is None else found.limit(limit)


_JOINS = (
    *joins(Join("account", Account, Account.id == Transaction.account_id)),
    Join("card", Card, Card.id == Transaction.card_id, is_outer=True),
)
_FIELDS = (
    *fields("account"),
    Field("transaction_id", Transaction.id, kind=Kind.TEXT),
    Field("received_on", RECEIVED_ON, "portfolio"),
    Field("processed_on", Transaction.processed_on, sort=True),
    Field("state", Transaction.state, kind=Kind.TEXT),
    Field("kind", Transaction.kind, kind=Kind.TEXT),
    Field("payment_cents", Transaction.payment_cents, total=True),
    Field("fees_cents", FEES),
    Field("interest_cents", INTEREST),
    Field("principal_cents", PRINCIPAL, "account"),
    Field("adjusted_cents", Transaction.adjusted_cents, total=True),
    Field("adjusted_fees_cents", Transaction.adjusted_fees_cents, total=True),
    Field("adjusted_interest_cents", Transaction.adjusted_interest_cents, total=True),
    Field("adjusted_principal_cents", Transaction.adjusted_principal_cents, total=True),
    Field("fee_charged_cents", Transaction.fee_charged_cents, total=True),
    Field("card_type", func.upper(Card.brand), "card", Kind.TEXT),
    Field("last_four", Card.last_four, "card"),
    Field("payment_maps", MAPS, "account", Kind.NUMBER),
    Field("tot_status", Transaction.tot_status, kind=Kind.TEXT),
    Field("tot_past_due_cents", Transaction.tot_past_due_cents),
    Field("tot_days_past_due", func.coalesce(Transaction.tot_days_past_due, _DAYS_THEN), kind=Kind.NUMBER),
    Field("decline_reason", Transaction.decline_code, kind=Kind.TEXT),
)
KINDS = {
    "payments": Transaction.payment_cents.is_not(None),
    "card": Transaction.kind == f"PMT - {PaymentMethod.CARD.label.upper()}",
    "adjustments": Transaction.adjusted_cents.is_not(None),
    "fees": Transaction.source == Source.FEE,
}
_FILTERS: tuple[Filter, ...] = (
    Dates("processed", "Processed", Transaction.processed_on),
    Dates("received", "Received", Transaction.received_at),
    Choice(
        "kind",
        "Type",
        None,
        words=[("payments", "Payments"), ("card", "Card payments"), ("adjustments", "Adjustments"), ("fees", "Fees charged")],
        conditions=KINDS,
    ),
    *filters("account"),
    Money("amount", "Payment amount", Transaction.payment_cents),
)


def _listing(*states: TransactionState) -> Listing:
    return Listing(
        Transaction,
        joins=_JOINS,
        fields=_FIELDS,
        filters=(
            *_FILTERS,
            *((Choice("state", "State", Transaction.state, words=TransactionState),) if len(states) > 1 else ()),
        ),
        order="-processed_on",
        search=transactions_matching,
        where=Transaction.state.in_([state.value for state in states]) & ~is_test_lease(Transaction.account_id),
        identity=Transaction.id,
    )


TRANSACTIONS = _listing(TransactionState.COMPLETE)
"""What has moved a balance, by the day from which it counts. A payment that was reversed stands here, and its reversal too."""

DECLINED = _listing(TransactionState.DECLINE)
"""Payments that did not come."""

PENDING = _listing(TransactionState.PENDING, TransactionState.PROCESSING)
"""Payments that may still come: post-dated, waiting to settle, cards that are being charged."""
