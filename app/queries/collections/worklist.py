"""The worklist: which accounts are worked today, in the order of `app.domain.collections.worklist`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, SmallInteger, and_, cast, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.domain.collections.contact import CONTACT_KINDS, FollowUpStatus, PromiseStatus
from app.domain.collections.worklist import FOLLOW_UP_FIRST
from app.models import (
    Account,
    Activity,
    Bucket,
    Company,
    Customer,
    CustomerPhone,
    FollowUp,
    Office,
    Portfolio,
    Promise,
    Region,
    Staff,
    WorkedToday,
)
from app.queries.collections import today_facts, weights
from app.queries.collections.alerts import HAS_CROSSED, Crossed
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_REAL, PAST_DUE_CENTS
from app.queries.listing import (
    TODAY,
    Banded,
    Choice,
    Dates,
    Field,
    Flag,
    Join,
    Listing,
    Money,
    Numbers,
    One,
    Sort,
)
from app.queries.servicing.accounts import bucket_label
from app.queries.servicing.hanging import BY_CUSTOMER
from app.queries.servicing.search import accounts_matching

Collector = aliased(Staff, name="collector")
PrimaryPhone = aliased(CustomerPhone, name="primary_phone")

IS_WORKED_ON: ColumnElement[bool] = and_(Account.worklist_weight.is_not(None), IS_REAL)
BY_RANK = Sort(
    (Account.worklist_weight, Account.past_due_cents, Account.days_past_due, Account.account_number.collate("C")),
    against=frozenset({3, 4}),
)
"""Most points first, ties by amount, then by days past due, then by account number upwards."""

HAS_FOLLOW_UP_DUE: ColumnElement[bool] = Account.worklist_weight >= FOLLOW_UP_FIRST

_CONTACT = and_(Activity.account_id == Account.id, Activity.kind.in_(sorted(CONTACT_KINDS)), Activity.withdrawn_at.is_(None))
LAST_CONTACT_AT = (
    select(Activity.at).where(_CONTACT).order_by(Activity.at.desc(), Activity.id.desc()).limit(1).correlate(Account)
).scalar_subquery()
_LAST_DISPOSITION = (
    select(Activity.disposition).where(_CONTACT).order_by(Activity.at.desc(), Activity.id.desc()).limit(1).correlate(Account)
).scalar_subquery()
_OPEN_FOLLOW_UP = and_(FollowUp.account_id == Account.id, FollowUp.status == FollowUpStatus.OPEN)
NEXT_FOLLOW_UP_AT = select(func.min(FollowUp.due_at)).where(_OPEN_FOLLOW_UP).correlate(Account).scalar_subquery()

# The promise that speaks for the account: the open one, or else the last whose day has come.
_PROMISE = (
    select(Promise.id)
    .where(Promise.account_id == Account.id, Promise.status != PromiseStatus.CANCELLED)
    .order_by((Promise.status == PromiseStatus.OPEN).desc(), Promise.made_at.desc(), Promise.id.desc())
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)


_Spoken, _Newer = aliased(Promise, name="spoken"), aliased(Promise, name="newer")


def _promise_of(status: PromiseStatus) -> ColumnElement[bool]:
    """The account's promise (as `_PROMISE` picks it) has this status; found from the promises, of which there are few."""
    is_newer = tuple_(_Newer.made_at, _Newer.id) > tuple_(_Spoken.made_at, _Spoken.id)
    overruled = exists().where(
        _Newer.account_id == _Spoken.account_id,
        _Newer.status != PromiseStatus.CANCELLED,
        or_(and_(_Newer.status == PromiseStatus.OPEN, _Spoken.status != PromiseStatus.OPEN), is_newer),
    )
    found = exists().where(_Spoken.account_id == Account.id, _Spoken.status == status)
    return (found if status is PromiseStatus.OPEN else found.where(~overruled.correlate(_Spoken))).correlate(Account)


WORKLIST = Listing(
    Account,
    joins=(
        Join("customer", Customer, Account.customer_id == Customer.id),
        Join(
            "phone",
            PrimaryPhone,
            and_(PrimaryPhone.customer_id == Account.customer_id, PrimaryPhone.is_primary),
            is_outer=True,
        ),
        Join("promise", Promise, Promise.id == _PROMISE, is_outer=True),
        Join("portfolio", Portfolio, Account.portfolio_id == Portfolio.id),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, is_outer=True),
    ),
    fields=(
        Field("account_id", Account.id),
        Field("account_number", Account.account_number),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
        Field("phone_e164", PrimaryPhone.e164, "phone"),
        Field("weight", Account.worklist_weight),
        Field("weight_points", Account.weight_points),
        Field("days_past_due", DAYS_PAST_DUE),
        Field("past_due_cents", PAST_DUE_CENTS, total=True),
        Field("balance_cents", Account.balance_cents, sort=True, total=True),
        Field("next_due_on", Account.next_due_on),
        Field("start_on", Account.start_on),
        Field("collection_code", weights.CODE),
        Field("average_days_late", weights.AVERAGE_DAYS_LATE),
        Field("bucket", bucket_label(DAYS_PAST_DUE)),
        Field("status", Account.status),
        Field("last_contact_at", LAST_CONTACT_AT, sort=True),
        Field("last_disposition", _LAST_DISPOSITION),
        Field("next_follow_up_at", NEXT_FOLLOW_UP_AT),
        Field("promise_status", Promise.status, "promise"),
        Field("promise_cents", Promise.amount_cents, "promise"),
        Field("promise_on", Promise.due_on, "promise"),
        Field("has_crossed", HAS_CROSSED),
        Field("handled_at", today_facts.HANDLED_AT),
        Field("promised_today_cents", today_facts.PROMISED_CENTS),
        Field("paid_today_cents", today_facts.PAID_CENTS),
        Field("last_paid_on", Account.last_paid_on),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("assigned_to", Collector.name, "collector"),
    ),
    sorts={
        "weight": BY_RANK,
        "customer": BY_CUSTOMER,
        "days_past_due": Sort((Account.days_past_due,)),
        "past_due_cents": Sort((Account.past_due_cents,)),
    },
    filters=(
        One(
            "assigned",
            "Assigned to",
            Account.assigned_to_id,
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active.is_(True),
            none="Nobody",
            me="Me",
        ),
        Banded("bucket", "Bucket", cast(DAYS_PAST_DUE, SmallInteger), bands=Bucket, which=Bucket.scheme == "worklist"),
        Numbers("days", "Days past due", DAYS_PAST_DUE),
        Money("past_due", "Past due", PAST_DUE_CENTS),
        Flag("follow_up_due", "Follow-up due", HAS_FOLLOW_UP_DUE),
        Choice(
            "promise",
            "Promise",
            None,
            words=[(one.value, one.label) for one in PromiseStatus if one is not PromiseStatus.CANCELLED],
            conditions={one.value: _promise_of(one) for one in PromiseStatus},
        ),
        Crossed("crossed", "Crossed in the last 7 days", None),
        Choice(
            "contact",
            "Last contact",
            None,
            words=[("week", "In the last 7 days"), ("older", "Not in the last 7 days"), ("never", "Never")],
            conditions={
                "week": func.coalesce(LAST_CONTACT_AT >= TODAY - 7, False),
                "older": func.coalesce(LAST_CONTACT_AT < TODAY - 7, True),
                "never": LAST_CONTACT_AT.is_(None),
            },
        ),
        Flag(
            "worked",
            "Worked today",
            exists().where(WorkedToday.account_id == Account.id, WorkedToday.business_on == TODAY).correlate(Account),
        ),
        Dates("last_paid", "Last paid", Account.last_paid_on),
        One("portfolio", "Portfolio", Account.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        One("company", "Company", Account.company_id, model=Company, order_by=Company.name, none="None"),
        One("region", "Region", Account.region_id, model=Region, order_by=Region.name, none="None"),
        One("office", "Office", Account.office_id, model=Office, order_by=Office.name, none="None"),
    ),
    order="-weight",
    search=accounts_matching,
    where=IS_WORKED_ON,
)
"""Accounts with something to work, most points first."""
