"""The Accounts list: which accounts, how late they are today, and by what they are found."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, SmallInteger, String, and_, cast, false, func, or_, select
from sqlalchemy.orm import aliased

from app.domain.servicing.contract import ContractType
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AutopayEnrollment,
    Bucket,
    Company,
    Customer,
    CustomerPhone,
    Dealer,
    Device,
    Office,
    Portfolio,
    Region,
    Staff,
)
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_AGED, PAST_DUE_CENTS, only_test_leases
from app.queries.listing import (
    TODAY,
    Banded,
    Choice,
    Dates,
    Empty,
    Field,
    Join,
    Listing,
    Money,
    Numbers,
    One,
    Sort,
    Text,
)
from app.queries.listing.filters import Asking, Given
from app.queries.servicing.first_payments import BANK_TYPE_OF_ACCOUNT, BANK_TYPES, FIRST_CONDITIONS, FIRSTS
from app.queries.servicing.hanging import BY_CUSTOMER
from app.queries.servicing.rent import RentAccounted, RentDue
from app.queries.servicing.search import accounts_matching

PrimaryPhone = aliased(CustomerPhone, name="primary_phone")
Collector = aliased(Staff, name="collector")

MOST_DAYS = 32_767
"""More days past due than anybody can be: a small integer holds no more."""


def bucket_label(days: ColumnElement[int], scheme: str = "report") -> ColumnElement[str]:
    """The label of the bucket that holds a number of days, from the buckets as they are set."""
    return (
        select(Bucket.label)
        .where(Bucket.scheme == scheme, cast(days, SmallInteger).between(Bucket.from_days, func.coalesce(Bucket.to_days, 32_767)))
        .order_by(Bucket.from_days)
        .limit(1)
        .scalar_subquery()
    )


IS_LATE: ColumnElement[bool] = and_(Account.status == AccountStatus.ACTIVE, Account.next_due_on < TODAY)
IS_ON_TIME: ColumnElement[bool] = and_(
    Account.status == AccountStatus.ACTIVE, or_(Account.next_due_on >= TODAY, Account.next_due_on.is_(None))
)

PAYS_BY_CARD: ColumnElement[bool] = (
    select(AutopayEnrollment.id)
    .where(AutopayEnrollment.account_id == Account.id, AutopayEnrollment.revoked_at.is_(None))
    .correlate(Account)
    .exists()
)
"""A consent to AutoPay that is not revoked."""

STANDINGS: list[tuple[str, str]] = [
    (AccountStatus.ACTIVE.value, AccountStatus.ACTIVE.label),
    ("past_due", "Past due"),
    *((status.value, status.label) for status in AccountStatus if status is not AccountStatus.ACTIVE),
]
"""What the Status column can say: an active account that is late is "Past due" there, so it is here."""

_STANDING_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "past_due": IS_LATE,
    **{status.value: Account.status == status for status in AccountStatus},
    AccountStatus.ACTIVE.value: IS_ON_TIME,
}


@dataclass(frozen=True)
class DaysPastDue(Numbers):
    """A range of days past due, asked of the due date: the index on it answers, and it is right before any end of day."""

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """At least 30 days late is due 30 days ago or before; who is not late at all is 0 days late."""
        low, high = 0, MOST_DAYS
        try:
            low = max([low, *(self.read(text, asking.today) for text in given.get(f"{self.key}_from", ()))])
            high = min([high, *(self.read(text, asking.today) for text in given.get(f"{self.key}_to", ()))])
        except ValueError:
            return false()
        if low > high:
            return false()
        ages = Account.next_due_on >= TODAY - high
        ages = and_(ages, Account.next_due_on <= TODAY - low) if low > 0 else or_(ages, Account.next_due_on.is_(None))
        return or_(and_(IS_AGED, ages), and_(~IS_AGED, Account.days_past_due.between(low, high)))


ACCOUNTS = Listing(
    Account,
    joins=(
        Join("customer", Customer, Account.customer_id == Customer.id),
        Join(
            "phone",
            PrimaryPhone,
            and_(PrimaryPhone.customer_id == Account.customer_id, PrimaryPhone.is_primary),
            is_outer=True,
        ),
        Join("device", Device, Account.device_id == Device.id, is_outer=True),
        Join("portfolio", Portfolio, Account.portfolio_id == Portfolio.id),
        Join("company", Company, Account.company_id == Company.id, is_outer=True),
        Join("region", Region, Account.region_id == Region.id, is_outer=True),
        Join("office", Office, Account.office_id == Office.id, is_outer=True),
        Join("dealer", Dealer, Account.dealer_id == Dealer.id, is_outer=True),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, is_outer=True),
    ),
    fields=(
        Field("account_id", Account.id),
        Field("account_number", Account.account_number, sort=True),
        Field("approval_id", Account.approval_id, sort=True),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
        Field("phone_e164", PrimaryPhone.e164, "phone"),
        Field("device_model", Device.model, "device"),
        Field("device_imei", Device.imei, "device"),
        Field("device_serial", Device.serial, "device"),
        Field("device_cost_cents", Device.cost_cents, "device", total=True),
        Field("contract_type", Account.contract_type),
        Field("frequency", Account.frequency),
        Field("start_on", Account.start_on, sort=True),
        Field("first_due_on", Account.first_due_on),
        Field("payment_cents", Account.payment_cents, sort=True, total=True),
        Field("total_cents", Account.total_cents, total=True),
        Field("balance_cents", Account.balance_cents, sort=True, total=True),
        Field("fees_cents", Account.fees_cents, sort=True, total=True, empty=Empty.ZERO),
        Field("credit_cents", Account.credit_cents, total=True),
        Field("paid_cents", Account.paid_cents, total=True),
        Field("payments_made", Account.payments_made),
        Field("next_due_on", Account.next_due_on, sort=True),
        Field("next_due_cents", Account.next_due_cents, total=True),
        Field("days_past_due", DAYS_PAST_DUE),
        Field("contract_days_past_due", Account.contract_days_past_due),
        Field("past_due_cents", PAST_DUE_CENTS),
        Field("bucket", bucket_label(DAYS_PAST_DUE)),
        Field("status", Account.status),
        Field("default_on", Account.default_on),
        Field("closed_on", Account.closed_on),
        Field("closed_reason", Account.closed_reason),
        Field("last_paid_on", Account.last_paid_on),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("portfolio_code", Portfolio.code, "portfolio"),
        Field("company", Company.name, "company"),
        Field("region", Region.name, "region"),
        Field("office", Office.name, "office"),
        Field("dealer", Dealer.name, "dealer"),
        Field("dealer_code", Dealer.code, "dealer"),
        Field("assigned_to", Collector.name, "collector"),
        Field("assigned_to_username", Collector.username, "collector"),
        Field("city", Customer.city, "customer"),
        Field("state", Customer.state, "customer"),
        Field("uuid", cast(Account.uuid, String)),
    ),
    sorts={
        "customer": BY_CUSTOMER,
        "device_model": Sort((Device.model, Device.id), "device", Empty.NULL),
        "status": Sort((Account.status, Account.start_on)),
        # The longer ago the oldest open line fell due, the more days past due: the index of the one serves the other.
        "days_past_due": Sort((Account.days_past_due,), empty=Empty.ZERO),
    },
    filters=(
        Choice("status", "Status", Account.status, words=STANDINGS, conditions=_STANDING_CONDITIONS),
        One("portfolio", "Portfolio", Account.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        One(
            "assigned",
            "Assigned to",
            Account.assigned_to_id,
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active,
            none="Nobody",
            me="Me",
        ),
        Banded("bucket", "Bucket", cast(DAYS_PAST_DUE, SmallInteger), bands=Bucket, which=Bucket.scheme == "report"),
        DaysPastDue("days", "Days past due", DAYS_PAST_DUE),
        Dates("due", "Due date", Account.next_due_on),
        Dates("start", "Start date", Account.start_on),
        Dates("first_due", "First due date", Account.first_due_on),
        RentDue("rent", "Rent due", None),
        RentAccounted("accounted", "Rent accounted for", None),
        Dates("last_paid", "Last paid", Account.last_paid_on),
        Money("balance", "Balance", Account.balance_cents),
        Money("payment", "Payment", Account.payment_cents),
        Money("fees", "Late fees", Account.fees_cents),
        Choice("frequency", "Frequency", Account.frequency, words=Frequency),
        Choice("type", "Contract type", Account.contract_type, words=ContractType),
        Text("device", "Device", Device.model, "device"),
        Text("imei", "IMEI", Device.imei, "device"),
        Text("account", "Account #", Account.account_number),
        Text("approval", "Approval ID", Account.approval_id),
        One("dealer", "Dealer", Account.dealer_id, model=Dealer, order_by=Dealer.name, none="None"),
        One("company", "Company", Account.company_id, model=Company, order_by=Company.name, none="None"),
        One("region", "Region", Account.region_id, model=Region, order_by=Region.name, none="None"),
        One("office", "Office", Account.office_id, model=Office, order_by=Office.name, none="None"),
        Choice("bank", "Bank type", BANK_TYPE_OF_ACCOUNT, words=BANK_TYPES),
        Choice("first", "First payment", None, words=FIRSTS, conditions=FIRST_CONDITIONS),
        Choice("autopay", "AutoPay", None, words=[("1", "Yes"), ("0", "No")], conditions={"1": PAYS_BY_CARD, "0": ~PAYS_BY_CARD}),
        only_test_leases(Account.id),
    ),
    order="-start_on",
    search=accounts_matching,
)
"""Accounts as every page, export and command finds them."""
