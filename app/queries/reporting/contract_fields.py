"""What every report of the UAS set says about a contract: where it came from, whose it is, how it stands."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Numeric, String, and_, case, cast, func, select
from sqlalchemy.orm import aliased

from app.domain.reporting.transactions import ContractStatus
from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    Company,
    ContractFinance,
    ContractTerms,
    Customer,
    CustomerPhone,
    Dealer,
    Device,
    Installment,
    Office,
    Portfolio,
    Region,
)
from app.queries.listing import Choice, Field, Filter, Join, Kind, One, Text
from app.queries.servicing.accounts import IS_LATE

ReportPhone = aliased(CustomerPhone, name="report_phone")

CLOSED_STATUSES = (AccountStatus.PAID_OFF, AccountStatus.RETURNED, AccountStatus.CHARGED_OFF, AccountStatus.CLOSED)

CONTRACT_STATUS: ColumnElement[str] = case(
    (Account.status == AccountStatus.PENDING_REVIEW, ContractStatus.PENDING.value),
    (Account.status.in_(sorted(CLOSED_STATUSES)), ContractStatus.CLOSED.value),
    (Account.status == AccountStatus.CANCELLED, ContractStatus.CANCELLED.value),
    (Account.status == AccountStatus.VOID, ContractStatus.VOID.value),
    else_=ContractStatus.ACTIVE.value,
)
"""Default and recovery are sub statuses of a contract that is still serviced."""

_IS_ENDED = Account.status.in_(sorted({*CLOSED_STATUSES, AccountStatus.CANCELLED, AccountStatus.VOID}))
_LABELS = [(Account.status == status, status.label) for status in AccountStatus if status is not AccountStatus.ACTIVE]
SUB_STATUSES = [
    (word, word)
    for word in ("Current", "Past Due", *(status.label for status in AccountStatus if status is not AccountStatus.ACTIVE))
]
SUB_STATUS: ColumnElement[str] = case((IS_LATE, "Past Due"), *_LABELS, else_="Current")
EXIT_STATUS: ColumnElement[str | None] = case((_IS_ENDED, case(*_LABELS, else_=None)), else_=None)

_IS_PURCHASED = ContractTerms.pricing_tier.istartswith("purchas")
CODE: ColumnElement[str] = case((_IS_PURCHASED, "PUR"), else_="SRV")
"""A contract is serviced unless its pricing tier says that it was purchased."""
PURCHASED = select(ContractTerms.account_id).where(_IS_PURCHASED)

TERM: ColumnElement[int] = select(func.count()).where(Installment.account_id == Account.id).correlate(Account).scalar_subquery()
"""Number of payments."""

_DAYS_OF_MONTH = func.coalesce(
    func.array_to_string(Account.anchor_days, " and "), cast(func.extract("day", Account.first_due_on), String)
)
DUE_DAY: ColumnElement[str] = case(
    (Account.frequency.in_([Frequency.WEEKLY, Frequency.BIWEEKLY]), func.to_char(Account.first_due_on, "Dy")),
    else_=_DAYS_OF_MONTH,
)
"""Day of the month; of a weekly contract the day of the week."""

_PERSON = func.to_char(Account.customer_id, "FM0000000")
"""The number of the customer, for contracts that came in without an application."""

_ADDRESS = func.nullif(
    func.concat_ws(
        " ",
        func.nullif(func.concat_ws(", ", Customer.address, Customer.city), ""),
        Customer.state,
        Customer.zip_code,
    ),
    "",
)

_JOINS: tuple[Join, ...] = (
    Join("customer", Customer, Account.customer_id == Customer.id, after="account"),
    Join("terms", ContractTerms, ContractTerms.account_id == Account.id, after="account", is_outer=True),
    # These stand behind the terms because some values are looked for in the terms first.
    Join("portfolio", Portfolio, Account.portfolio_id == Portfolio.id, after="terms"),
    Join("office", Office, Account.office_id == Office.id, after="terms", is_outer=True),
    Join("dealer", Dealer, Account.dealer_id == Dealer.id, after="office", is_outer=True),
    Join("device", Device, Account.device_id == Device.id, after="terms", is_outer=True),
    Join("finance", ContractFinance, ContractFinance.account_id == Account.id, after="account", is_outer=True),
    Join(
        "phone",
        ReportPhone,
        and_(ReportPhone.customer_id == Account.customer_id, ReportPhone.is_primary),
        after="account",
        is_outer=True,
    ),
)


def joins(account: Join | None = None) -> tuple[Join, ...]:
    """The joins of a report; `account` leads from a row to its account where the row itself is none."""
    if account is not None:
        return (account, *_JOINS)
    return tuple(replace(one, after=None) if one.after == "account" else one for one in _JOINS)


def fields(account: str | None = None) -> tuple[Field, ...]:
    """What the columns of all five reports read; `account` names the join to the account."""
    return (
        Field("account_id", Account.id, account),
        Field("program", func.coalesce(ContractTerms.program, Portfolio.name), "portfolio"),
        Field("location_id", func.coalesce(Office.code, Dealer.code), "dealer"),
        Field("location", func.coalesce(ContractTerms.location, Office.name, Dealer.name), "dealer"),
        Field("holder_number", func.coalesce(ContractTerms.holder_number, Account.account_number), "terms"),
        Field(
            "contract_number", func.coalesce(ContractTerms.contract_number, Account.approval_id, Account.account_number), "terms"
        ),
        Field("applicant", func.concat_ws(" ", Customer.first_name, Customer.last_name), "customer", Kind.TEXT),
        Field("applicant_id", func.coalesce(ContractTerms.applicant_id, ContractTerms.holder_number, _PERSON), "terms"),
        Field("merchant_ext_id", func.coalesce(ContractTerms.merchant_ext_id, Account.approval_id), "terms"),
        Field("contract_status", CONTRACT_STATUS, account, Kind.TEXT),
        Field("sub_status", SUB_STATUS, account, Kind.TEXT),
        Field("seller", ContractTerms.seller, "terms"),
    )


def contract_own_fields() -> tuple[Field, ...]:
    """What the two reports with a row per contract have in common."""
    return (
        Field("code", CODE, "terms", Kind.TEXT),
        Field("active_on", Account.start_on, sort=True),
        Field("note_on", func.coalesce(ContractTerms.note_on, Account.start_on), "terms"),
        Field("interest_rate", cast(func.coalesce(ContractFinance.interest_rate, 0), Numeric(9, 2)), "finance", Kind.NUMBER),
        Field("term", TERM, kind=Kind.NUMBER),
        Field("first_due_on", Account.first_due_on),
        Field("closed_on", Account.closed_on),
        Field("pricing_tier", ContractTerms.pricing_tier, "terms"),
        Field("rescission_on", ContractTerms.rescission_on, "terms"),
        Field("exit_status", EXIT_STATUS, kind=Kind.TEXT),
        Field("address", _ADDRESS, "customer", Kind.TEXT),
        Field("phone_e164", ReportPhone.e164, "phone"),
        Field("description", func.coalesce(ContractTerms.description, Device.model), "device", Kind.TEXT),
    )


def filters(account: str | None = None) -> tuple[Filter, ...]:
    """By where a contract belongs and how it stands."""
    return (
        One("portfolio", "Portfolio", Account.portfolio_id, account, model=Portfolio, order_by=Portfolio.name),
        One("company", "Company", Account.company_id, account, model=Company, order_by=Company.name, none="None"),
        One("region", "Region", Account.region_id, account, model=Region, order_by=Region.name, none="None"),
        One("office", "Office", Account.office_id, account, model=Office, order_by=Office.name, none="None"),
        One("dealer", "Dealer", Account.dealer_id, account, model=Dealer, order_by=Dealer.name, none="None"),
        Choice("status", "Contract status", CONTRACT_STATUS, account, words=ContractStatus),
        Choice("sub_status", "Sub status", SUB_STATUS, account, words=SUB_STATUSES),
        Choice("type", "Contract type", Account.contract_type, account, words=ContractType),
        Choice("frequency", "Frequency", Account.frequency, account, words=Frequency),
        Text("account", "Account #", Account.account_number, account),
    )
