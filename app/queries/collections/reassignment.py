"""Reassignment (U1111): the delinquent accounts that a supervisor may move, and what was moved before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, SmallInteger, and_, bindparam, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.domain.collections.balancing import Load, Person
from app.domain.servicing.status import OPEN_STATUSES
from app.models import (
    Account,
    Bucket,
    Company,
    Customer,
    Office,
    Portfolio,
    Reassignment,
    ReassignmentHold,
    Region,
    Staff,
)
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_OPEN, PAST_DUE_CENTS
from app.queries.collections.worklist import LAST_CONTACT_AT
from app.queries.listing import Banded, Dates, Field, Flag, Join, Listing, Money, Numbers, One, Sort, Text
from app.queries.scope import Viewer, condition
from app.queries.servicing.accounts import bucket_label
from app.queries.servicing.hanging import BY_CUSTOMER
from app.queries.servicing.search import accounts_matching

Collector = aliased(Staff, name="collector")

IS_HELD: ColumnElement[bool] = exists().where(ReassignmentHold.account_id == Account.id).correlate(Account)
"""Never reassigned automatically: "N" in LeasePak's MANUAL REASG field."""

_LATE = and_(IS_OPEN, Account.days_past_due > 0)

REASSIGNABLE = Listing(
    Account,
    joins=(
        Join("customer", Customer, Account.customer_id == Customer.id),
        Join("portfolio", Portfolio, Account.portfolio_id == Portfolio.id),
        Join("company", Company, Account.company_id == Company.id, is_outer=True),
        Join("region", Region, Account.region_id == Region.id, is_outer=True),
        Join("office", Office, Account.office_id == Office.id, is_outer=True),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, is_outer=True),
    ),
    fields=(
        Field("account_id", Account.id),
        Field("account_number", Account.account_number, sort=True),
        Field("customer_number", Account.customer_id),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
        Field("days_past_due", DAYS_PAST_DUE),
        Field("past_due_cents", PAST_DUE_CENTS, total=True),
        Field("balance_cents", Account.balance_cents, sort=True, total=True),
        Field("bucket", bucket_label(DAYS_PAST_DUE, "worklist")),
        Field("status", Account.status),
        Field("is_held", IS_HELD),
        Field("last_contact_at", LAST_CONTACT_AT),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("company", Company.name, "company"),
        Field("region", Region.name, "region"),
        Field("office", Office.name, "office"),
        Field("assigned_to", Collector.name, "collector"),
    ),
    sorts={
        "customer": BY_CUSTOMER,
        "days_past_due": Sort((Account.days_past_due, Account.past_due_cents)),
        "past_due_cents": Sort((Account.past_due_cents,)),
    },
    filters=(
        One("portfolio", "Portfolio", Account.portfolio_id, model=Portfolio, order_by=Portfolio.name),
        One("company", "Company", Account.company_id, model=Company, order_by=Company.name, none="None"),
        One("region", "Region", Account.region_id, model=Region, order_by=Region.name, none="None"),
        One("office", "Office", Account.office_id, model=Office, order_by=Office.name, none="None"),
        One(
            "assigned",
            "Collector",
            Account.assigned_to_id,
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active.is_(True),
            none="Nobody",
            me="Me",
        ),
        Numbers("days", "Days delinquent", DAYS_PAST_DUE),
        Money("past_due", "Amount delinquent", PAST_DUE_CENTS),
        Text("account", "Lease number", Account.account_number),
        Text("last_name", "Lessee (last name)", Customer.last_name, "customer", lowered=True),
        Numbers("customer_number", "Customer number", Account.customer_id),
        Banded("bucket", "Bucket", cast(DAYS_PAST_DUE, SmallInteger), bands=Bucket, which=Bucket.scheme == "worklist"),
        Flag("held", "Never reassigned automatically", IS_HELD),
        Dates("start", "Start date", Account.start_on),
    ),
    order="-days_past_due",
    search=accounts_matching,
    # Past due as of the last end of day: what the index on days past due finds.
    where=_LATE,
)
"""Delinquent accounts, the longest overdue first."""


def collectors(session: Session, viewer: Viewer) -> Sequence[Row[int, str, str]]:
    """Everybody who may be given accounts: (id, name, role), collectors first."""
    rows = session.execute(select(Staff.id, Staff.name, Staff.role).where(Staff.is_active).order_by(Staff.name)).all()
    return sorted(rows, key=lambda row: row.role.rank)


def among(column: Any, accounts: Select[Any] | Sequence[int]) -> ColumnElement[bool]:
    """Rows of these accounts. Ids go as one array: a hundred thousand parameters would not fit a statement."""
    if isinstance(accounts, Select):
        found: ColumnElement[bool] = column.in_(accounts)
        return found
    these: ColumnElement[bool] = column == func.any(bindparam("ids", list(accounts), ARRAY(BigInteger), unique=True))
    return these


def people(session: Session, accounts: Select[Any] | Sequence[int], collectors_of: dict[int, frozenset[int]]) -> list[Person]:
    """The customers of these accounts that are still open. `collectors_of`: portfolio → who may see it."""
    rows = session.execute(
        select(
            Account.customer_id,
            Account.portfolio_id,
            func.array_agg(Account.id),
            func.coalesce(func.sum(Account.past_due_cents), 0),
        )
        .where(among(Account.id, accounts), IS_OPEN)
        .group_by(Account.customer_id, Account.portfolio_id)
    )
    return [
        Person(customer_id, tuple(sorted(ids)), int(cents), collectors_of.get(portfolio_id, frozenset()))
        for customer_id, portfolio_id, ids, cents in rows
    ]


def loads(session: Session, staff_ids: Sequence[int], *, without: Sequence[int]) -> dict[int, Load]:
    """What each of these collectors carries, leaving out the accounts that are about to be shared out."""
    chosen = set(without)
    carried = {staff_id: Load() for staff_id in staff_ids}
    rows = session.execute(
        select(Account.assigned_to_id, func.count(), func.coalesce(func.sum(Account.past_due_cents), 0))
        .where(Account.assigned_to_id.in_(staff_ids), Account.status.in_(sorted(OPEN_STATUSES)), Account.days_past_due > 0)
        .group_by(Account.assigned_to_id)
    )
    carried |= {staff_id: Load(int(count), int(cents)) for staff_id, count, cents in rows if staff_id is not None}
    theirs = session.execute(
        select(Account.assigned_to_id, func.count(), func.coalesce(func.sum(Account.past_due_cents), 0))
        .where(among(Account.id, sorted(chosen)), Account.assigned_to_id.in_(staff_ids), IS_OPEN, Account.days_past_due > 0)
        .group_by(Account.assigned_to_id)
    )
    for staff_id, count, cents in theirs:
        if staff_id is None:
            continue
        load = carried[staff_id]
        carried[staff_id] = Load(load.accounts - int(count), load.past_due_cents - int(cents))
    return carried


def latest(session: Session, viewer: Viewer, *, limit: int = 10) -> list[Reassignment]:
    """The last sharings-out that the viewer may see, newest first."""
    statement = select(Reassignment).where(condition(Reassignment, viewer))
    return list(session.scalars(statement.order_by(Reassignment.at.desc(), Reassignment.id.desc()).limit(limit)))


def books(session: Session) -> Sequence[Row[str, str, int, int]]:
    """(username, name, accounts, past_due_cents) of each collector with delinquent accounts; nobody's last."""
    return session.execute(
        select(
            Collector.username,
            Collector.name,
            func.count().label("accounts"),
            cast(func.coalesce(func.sum(Account.past_due_cents), 0), BigInteger).label("past_due_cents"),
        )
        .select_from(Account)
        .outerjoin(Collector, Collector.id == Account.assigned_to_id)
        .where(_LATE)
        .group_by(Collector.username, Collector.name)
        .order_by(Collector.name.nulls_last())
    ).all()


def unassigned(session: Session, *, limit: int) -> Sequence[Row[str, int, int]]:
    """Delinquent accounts in nobody's book, the longest overdue first."""
    return session.execute(
        select(Account.account_number, Account.days_past_due, Account.past_due_cents)
        .where(_LATE, Account.assigned_to_id.is_(None))
        .order_by(Account.days_past_due.desc(), Account.id.desc())
        .limit(limit)
    ).all()


def numbered(chosen: Select[Any], numbers: Sequence[str]) -> Select[Any]:
    """Of the chosen accounts those with these account numbers."""
    return chosen.where(Account.account_number.in_(list(numbers)))
