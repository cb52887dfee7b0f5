"""What moved or will move the balance of a contract, whichever table it stands in: one row each, to be read only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Date, String, case, cast, literal, null, select, union_all
from sqlalchemy.orm import Mapped

from app.domain.autopay.charges import ChargeState
from app.domain.payments.kinds import MONEY_OUT_KINDS, PaymentKind, PaymentMethod, PaymentState
from app.domain.reporting.transactions import Source, TransactionState
from app.domain.servicing.charges import AdjustmentKind, FeeKind
from app.models.autopay.charge import Charge
from app.models.base import Base, UtcDateTime
from app.models.payments.payment import Adjustment, Payment
from app.models.servicing.fee import Fee

_KINDS = len(Source)
_NO_CENTS = cast(null(), BigInteger)
_NO_DAYS = cast(null(), BigInteger)
_NO_TEXT = cast(null(), String)


def _same(source: Source, identity: Any, account_id: Any, received_at: Any, processed_on: Any) -> list[Any]:
    place = list(Source).index(source)
    return [
        literal(source.value, String(24)).label("source"),
        identity.label("source_id"),
        (identity * _KINDS + place).label("id"),
        account_id.label("account_id"),
        cast(received_at, UtcDateTime()).label("received_at"),
        cast(processed_on, Date).label("processed_on"),
    ]


def _words(column: Any, words: Any, before: str) -> Any:
    return case(*((column == word, f"{before} - {word.label.upper()}") for word in words), else_=before)


_IS_OUT = Payment.kind.in_(sorted(MONEY_OUT_KINDS))
_IS_OPENING = Payment.kind == PaymentKind.OPENING
_METHODS = case(*((Payment.method == word, word.label.upper()) for word in PaymentMethod), else_="OTHER")
_PAYMENT_STATE = case(
    (Payment.state == PaymentState.PENDING, TransactionState.PENDING.value),
    (Payment.state.in_([PaymentState.PROCESSING, PaymentState.UNKNOWN]), TransactionState.PROCESSING.value),
    (Payment.state == PaymentState.DECLINE, TransactionState.DECLINE.value),
    # What was taken back had counted until then; the row that takes it back out counts from its own date.
    else_=TransactionState.COMPLETE.value,
)

_PAYMENTS = select(
    *_same(Source.PAYMENT, Payment.id, Payment.account_id, Payment.received_at, Payment.effective_on),
    cast(_PAYMENT_STATE, String(24)).label("state"),
    cast(
        case(
            (_IS_OPENING, "OPENING - PRIOR SYSTEM"),
            *((Payment.kind == out, f"{out.label.upper()} - " + _METHODS) for out in sorted(MONEY_OUT_KINDS)),
            else_="PMT - " + _METHODS,
        ),
        String,
    ).label("kind"),
    cast(
        case((_IS_OPENING, None), (_IS_OUT, -Payment.amount_cents), else_=Payment.amount_cents),
        BigInteger,
    ).label("payment_cents"),
    # What the prior system had collected is no payment taken here: it comes in as an adjustment of what is owed.
    cast(case((_IS_OPENING, -Payment.amount_cents), else_=None), BigInteger).label("adjusted_cents"),
    _NO_CENTS.label("adjusted_fees_cents"),
    _NO_CENTS.label("adjusted_interest_cents"),
    cast(case((_IS_OPENING, -Payment.amount_cents), else_=None), BigInteger).label("adjusted_principal_cents"),
    _NO_CENTS.label("fee_charged_cents"),
    Payment.card_id.label("card_id"),
    Payment.decline_code.label("decline_code"),
    cast(Payment.tot_status, String).label("tot_status"),
    Payment.tot_past_due_cents.label("tot_past_due_cents"),
    cast(Payment.tot_days_past_due, BigInteger).label("tot_days_past_due"),
)

_ADJUSTMENTS = select(
    *_same(Source.ADJUSTMENT, Adjustment.id, Adjustment.account_id, Adjustment.created_at, Adjustment.effective_on),
    literal(TransactionState.COMPLETE.value, String(24)).label("state"),
    cast(_words(Adjustment.kind, AdjustmentKind, "ADJ"), String).label("kind"),
    _NO_CENTS.label("payment_cents"),
    Adjustment.amount_cents.label("adjusted_cents"),
    Adjustment.fees_cents.label("adjusted_fees_cents"),
    Adjustment.interest_cents.label("adjusted_interest_cents"),
    Adjustment.principal_cents.label("adjusted_principal_cents"),
    _NO_CENTS.label("fee_charged_cents"),
    cast(null(), BigInteger).label("card_id"),
    _NO_TEXT.label("decline_code"),
    _NO_TEXT.label("tot_status"),
    _NO_CENTS.label("tot_past_due_cents"),
    _NO_DAYS.label("tot_days_past_due"),
)

_FEES = select(
    *_same(Source.FEE, Fee.id, Fee.account_id, Fee.created_at, Fee.assessed_on),
    literal(TransactionState.COMPLETE.value, String(24)).label("state"),
    cast(_words(Fee.kind, FeeKind, "FEE"), String).label("kind"),
    _NO_CENTS.label("payment_cents"),
    _NO_CENTS.label("adjusted_cents"),
    _NO_CENTS.label("adjusted_fees_cents"),
    _NO_CENTS.label("adjusted_interest_cents"),
    _NO_CENTS.label("adjusted_principal_cents"),
    (Fee.amount_cents - Fee.taken_back_cents).label("fee_charged_cents"),
    cast(null(), BigInteger).label("card_id"),
    _NO_TEXT.label("decline_code"),
    _NO_TEXT.label("tot_status"),
    _NO_CENTS.label("tot_past_due_cents"),
    _NO_DAYS.label("tot_days_past_due"),
).where(Fee.amount_cents > Fee.taken_back_cents)

_OPEN_CHARGES = select(
    *_same(Source.CHARGE, Charge.id, Charge.account_id, Charge.planned_at, Charge.business_on),
    cast(
        case((Charge.state == ChargeState.PLANNED, TransactionState.PENDING.value), else_=TransactionState.PROCESSING.value),
        String(24),
    ).label("state"),
    cast(literal("PMT - CARD"), String).label("kind"),
    Charge.amount_cents.label("payment_cents"),
    _NO_CENTS.label("adjusted_cents"),
    _NO_CENTS.label("adjusted_fees_cents"),
    _NO_CENTS.label("adjusted_interest_cents"),
    _NO_CENTS.label("adjusted_principal_cents"),
    _NO_CENTS.label("fee_charged_cents"),
    Charge.card_id.label("card_id"),
    _NO_TEXT.label("decline_code"),
    _NO_TEXT.label("tot_status"),
    _NO_CENTS.label("tot_past_due_cents"),
    _NO_DAYS.label("tot_days_past_due"),
    # Spelled as the index on them is.
).where(Charge.state.in_(["planned", "sending", "pending", "unknown", "needs_review"]))

_ROWS = union_all(_PAYMENTS, _ADJUSTMENTS, _FEES, _OPEN_CHARGES).subquery("contract_transaction")


class ContractTransaction(Base):
    """A payment, an adjustment, a fee, or a charge of a card that is not decided yet.

    Not a table but a UNION over four: PostgreSQL looks into it, so an account, a date or a key is found by the indexes of
    the tables themselves. Amounts have the sign that they have for the customer: money in is positive, what goes back out
    negative; adjustments have the sign of the balance.
    """

    __table__ = _ROWS
    __mapper_args__ = {"primary_key": [_ROWS.c.source, _ROWS.c.source_id]}

    source: Mapped[str]
    source_id: Mapped[int]
    id: Mapped[int]
    """One number over all four."""
    account_id: Mapped[int]
    received_at: Mapped[dt.datetime]
    processed_on: Mapped[dt.date]
    """From this day it counts in the balance."""
    state: Mapped[str]
    """PENDING, PROCESSING, COMPLETE or DECLINE."""
    kind: Mapped[str]
    payment_cents: Mapped[int | None]
    adjusted_cents: Mapped[int | None]
    adjusted_fees_cents: Mapped[int | None]
    adjusted_interest_cents: Mapped[int | None]
    adjusted_principal_cents: Mapped[int | None]
    fee_charged_cents: Mapped[int | None]
    card_id: Mapped[int | None]
    decline_code: Mapped[str | None]
    tot_status: Mapped[str | None]
    tot_past_due_cents: Mapped[int | None]
    tot_days_past_due: Mapped[int | None]
