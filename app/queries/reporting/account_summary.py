"""Account Summary and New Contracts of the UAS set: a row per contract (domain.md part 13)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Integer, Numeric, and_, case, cast, func, select

from app.domain.servicing.charges import AdjustmentKind
from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import OPEN_STATUSES
from app.models import (
    Account,
    Adjustment,
    Allocation,
    AutopayEnrollment,
    Card,
    ContractFinance,
    Fee,
    Installment,
    PaymentSplit,
)
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_REAL, PAST_DUE_CENTS
from app.queries.listing import TODAY, Dates, Field, Filter, Join, Kind, Listing, Money, Numbers
from app.queries.reporting.contract_fields import DUE_DAY, PURCHASED, contract_own_fields, fields, filters, joins
from app.queries.servicing.hanging import BY_CUSTOMER
from app.queries.servicing.search import accounts_matching

Cents = ColumnElement[int]

IS_LEASE = Account.contract_type == ContractType.LEASE
IS_LINE = Account.contract_type == ContractType.CREDIT_LINE


def _sum(column: Any, *where: ColumnElement[bool]) -> Cents:
    return cast(select(func.coalesce(func.sum(column), 0)).where(*where).correlate(Account).scalar_subquery(), BigInteger)


def _split(column: Any, of_payments: bool) -> Cents:
    of = PaymentSplit.payment_id if of_payments else PaymentSplit.adjustment_id
    return _sum(column, PaymentSplit.account_id == Account.id, of.is_not(None))


DEBITED = _sum(Adjustment.principal_cents, Adjustment.account_id == Account.id, Adjustment.kind == AdjustmentKind.DEBIT)
_CREDITED = _sum(
    Allocation.amount_cents,
    Allocation.account_id == Account.id,
    Allocation.adjustment_id.is_not(None),
    Allocation.installment_number.is_not(None),
)
_COVERED = _sum(Installment.paid_cents, Installment.account_id == Account.id)

FINANCED: Cents = case(
    (Account.contract_type == ContractType.INSTALLMENT, func.coalesce(ContractFinance.principal_cents, Account.total_cents)),
    # A debit on a lease or a line is a line of its schedule; it stands under the adjustments.
    else_=Account.total_cents - DEBITED,
)
PRINCIPAL_ADJUSTED: Cents = DEBITED - case((IS_LEASE, _CREDITED), else_=_split(PaymentSplit.principal_cents, False))
PRINCIPAL_PAID: Cents = case((IS_LEASE, _COVERED - _CREDITED), else_=_split(PaymentSplit.principal_cents, True))
PRINCIPAL_BALANCE: Cents = case(
    (IS_LEASE, Account.balance_cents - Account.fees_cents), else_=func.coalesce(ContractFinance.principal_open_cents, 0)
)
"""The rent of a lease stands where the principal of a financed contract does: amount financed + adjusted - paid = balance."""

INTEREST_ASSESSED: Cents = func.coalesce(ContractFinance.interest_assessed_cents, 0)
INTEREST_BALANCE: Cents = func.coalesce(ContractFinance.interest_open_cents, 0)
_DAYS_ACCRUED = func.greatest(0, func.least(TODAY, func.coalesce(ContractFinance.stops_on, TODAY)) - ContractFinance.accrued_on)
INTEREST_ACCRUED: Cents = INTEREST_ASSESSED + func.coalesce(
    cast(
        func.round(cast(ContractFinance.principal_open_cents, Numeric) * ContractFinance.interest_rate * _DAYS_ACCRUED / 36_500),
        BigInteger,
    ),
    0,
)
"""What was assessed, and what the days since then have earned (`app.domain.servicing.interest.accrued`)."""

_MONTH_END = cast(func.date_trunc("month", cast(TODAY, Date)) + func.make_interval(0, 1, 0, -1), Date)
DAYS_PAST_DUE_EOM: ColumnElement[int] = case(
    (DAYS_PAST_DUE > 0, DAYS_PAST_DUE + cast(_MONTH_END - TODAY, Integer)),
    else_=func.greatest(0, func.coalesce(cast(_MONTH_END - Account.next_due_on, Integer), 0)),
)
"""`app.domain.servicing.delinquency.delq_days_eom`, in SQL."""

_PRIMARY_CARD = (
    select(Card.id)
    .where(Card.customer_id == Account.customer_id, Card.is_primary, Card.is_enabled)
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)
_BRAND = (
    select(func.upper(Card.brand))
    .where(Card.id == func.coalesce(AutopayEnrollment.card_id, _PRIMARY_CARD))
    .correlate(Account, AutopayEnrollment)
    .scalar_subquery()
)
AUTOPAY_TYPE: ColumnElement[str] = case((AutopayEnrollment.id.is_(None), "NONE"), else_=func.coalesce(_BRAND, "NO CARD ON FILE"))

CREDIT_AVAILABLE: Cents = case(
    (DAYS_PAST_DUE > 0, 0),
    else_=func.greatest(0, ContractFinance.credit_line_cents - Account.balance_cents + Account.credit_cents),
)


MONTHLY: Cents = cast(
    func.round(
        cast(Account.payment_cents, Numeric)
        * case((Account.frequency == Frequency.WEEKLY, 52), (Account.frequency == Frequency.BIWEEKLY, 26), else_=24)
        / case((Account.frequency == Frequency.MONTHLY, 24), else_=12)
    ),
    BigInteger,
)
"""The payment by the month: weekly x 52/12, biweekly x 26/12, semimonthly x 2."""

_RETAIL_LESS_DOWN = func.greatest(0, Account.cash_price_cents - Account.down_payment_cents)
AMOUNT_FINANCED: Cents = case((and_(IS_LEASE, Account.cash_price_cents.is_not(None)), _RETAIL_LESS_DOWN), else_=FINANCED)
"""Retail price less down payment; the contract's own figure where it is financed or no retail price is known."""


def _of_line(value: Any) -> Cents:
    return case((IS_LINE, value), else_=None)


_ENROLLMENT = Join(
    "enrollment",
    AutopayEnrollment,
    and_(AutopayEnrollment.account_id == Account.id, AutopayEnrollment.revoked_at.is_(None)),
    is_outer=True,
)

_OWN: tuple[Field, ...] = (
    Field("due_day", DUE_DAY, kind=Kind.TEXT),
    Field("next_due_on", Account.next_due_on, sort=True),
    Field("payment_cents", Account.payment_cents, sort=True, total=True),
    Field("override_cents", AutopayEnrollment.fixed_cents, "enrollment"),
    Field("past_due_cents", PAST_DUE_CENTS),
    Field("min_due_cents", Account.payment_cents + PAST_DUE_CENTS),
    Field("delinquent_on", case((DAYS_PAST_DUE > 0, Account.next_due_on), else_=None)),
    Field("days_past_due", DAYS_PAST_DUE),
    Field("days_past_due_eom", DAYS_PAST_DUE_EOM, kind=Kind.NUMBER),
    Field("autopay_type", AUTOPAY_TYPE, "enrollment", Kind.TEXT),
    Field("credit_charges_cents", _of_line(Account.total_cents)),
    Field("credit_line_cents", _of_line(ContractFinance.credit_line_cents), "finance"),
    Field("credit_balance_cents", _of_line(Account.balance_cents)),
    Field("credit_available_cents", _of_line(CREDIT_AVAILABLE), "finance"),
    Field("financed_cents", FINANCED, "finance"),
    Field("paid_cents", Account.paid_cents, total=True),
    Field("payments_made", Account.paid_cents // Account.payment_cents, kind=Kind.NUMBER),
    Field("principal_adjusted_cents", PRINCIPAL_ADJUSTED),
    Field("principal_paid_cents", PRINCIPAL_PAID),
    Field("principal_balance_cents", PRINCIPAL_BALANCE, "finance", total=True),
    Field("interest_accrued_cents", INTEREST_ACCRUED, "finance", total=True),
    Field("interest_assessed_cents", INTEREST_ASSESSED, "finance", total=True),
    Field("interest_paid_cents", _split(PaymentSplit.interest_cents, True)),
    Field("interest_balance_cents", INTEREST_BALANCE, "finance", total=True),
    Field("fees_assessed_cents", _sum(Fee.amount_cents - Fee.taken_back_cents, Fee.account_id == Account.id)),
    Field(
        "fees_paid_cents",
        _sum(
            Allocation.amount_cents,
            Allocation.account_id == Account.id,
            Allocation.fee_id.is_not(None),
            Allocation.payment_id.is_not(None),
        ),
    ),
    Field("fees_balance_cents", Account.fees_cents, total=True),
    Field("payoff_cents", PRINCIPAL_BALANCE + INTEREST_BALANCE + Account.fees_cents, "finance", total=True),
    Field(
        "zero_balance_on",
        case((Account.balance_cents == 0, func.coalesce(Account.last_paid_on, Account.closed_on)), else_=None),
    ),
    Field("closed_reason", Account.closed_reason),
)

_NEW: tuple[Field, ...] = (
    Field("monthly_cents", MONTHLY, kind=Kind.CENTS),
    Field("cash_price_cents", Account.cash_price_cents, total=True),
    Field("down_payment_cents", Account.down_payment_cents, total=True),
    Field("amount_financed_cents", AMOUNT_FINANCED, "finance"),
)

_FILTERS: tuple[Filter, ...] = (
    Dates("active", "Active date", Account.start_on),
    *filters(),
    Numbers("days", "Days past due", DAYS_PAST_DUE),
    Dates("due", "Next due", Account.next_due_on),
    Money("balance", "Balance", Account.balance_cents),
)

_JOINS = (*joins(), _ENROLLMENT)
_SORTS = {"customer": BY_CUSTOMER}

ACCOUNT_SUMMARY = Listing(
    Account,
    joins=_JOINS,
    fields=(*fields(), *contract_own_fields(), *_OWN),
    sorts=_SORTS,
    filters=_FILTERS,
    order="-active_on",
    search=accounts_matching,
    where=and_(Account.status.in_(sorted(OPEN_STATUSES)), Account.id.not_in(PURCHASED), IS_REAL),
)
"""Every contract that is active and in servicing."""

NEW_CONTRACTS = Listing(
    Account,
    joins=_JOINS,
    fields=(*fields(), *contract_own_fields(), *_NEW),
    sorts=_SORTS,
    filters=_FILTERS,
    order="-active_on",
    search=accounts_matching,
    where=IS_REAL,
)
"""Every contract, by the day on which its servicing began."""
