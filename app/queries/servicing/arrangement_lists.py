"""The list of arrangements, and what the days that they moved were worth: by month, by who asked, by kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy.orm import Session, aliased

from app.domain.servicing.arrangements import ArrangementKind, ArrangementState
from app.models import Account, Arrangement, Portfolio, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Criteria, Dates, Empty, Field, Join, Listing, One
from app.queries.scope import Viewer
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins, through_accounts

Requester = aliased(Staff, name="requester")
Approver = aliased(Staff, name="approver")

_JOINS = (
    *account_joins(Arrangement.account_id),
    Join("requester", Requester, Arrangement.requested_by_id == Requester.id, is_outer=True),
    Join("approver", Approver, Arrangement.approved_by_id == Approver.id, is_outer=True),
)
_FIELDS = (
    *ACCOUNT_FIELDS,
    Field("requested_at", Arrangement.requested_at, sort=True),
    Field("applied_on", Arrangement.applied_on, sort=True, empty=Empty.NULL),
    Field("kind", Arrangement.kind),
    Field("terms", Arrangement.terms),
    Field("reason", Arrangement.reason),
    Field("beyond", Arrangement.beyond),
    Field("beyond_reason", Arrangement.beyond_reason),
    Field("days_moved", Arrangement.days_moved, total=True),
    Field("value_cents", Arrangement.value_cents, total=True),
    Field("state", Arrangement.state),
    Field("requested_by", Requester.name, "requester"),
    Field("approved_by", Approver.name, "approver"),
    Field("days_past_due", Account.days_past_due, "account"),
    Field("contract_days_past_due", Account.contract_days_past_due, "account"),
    Field("past_due_cents", Account.past_due_cents, "account"),
)
_FILTERS = (
    Choice("state", "Status", Arrangement.state, words=ArrangementState),
    Choice("kind", "Type", Arrangement.kind, words=ArrangementKind),
    Dates("requested", "Requested", Arrangement.requested_at),
    Dates("applied", "Applied", Arrangement.applied_on),
    One("by", "Requested by", Arrangement.requested_by_id, model=Staff, order_by=Staff.name, me="Me"),
    One("portfolio", "Portfolio", Account.portfolio_id, join="account", model=Portfolio, order_by=Portfolio.name),
    only_test_leases(Arrangement.account_id),
)

ARRANGEMENTS = Listing(
    Arrangement,
    joins=_JOINS,
    fields=_FIELDS,
    sorts={"customer": BY_CUSTOMER},
    filters=_FILTERS,
    order="-requested_at",
    search=through_accounts(Arrangement, Arrangement.account_id),
)
"""All arrangements, the newest first."""

FREE_MONEY = Listing(
    Arrangement,
    joins=_JOINS,
    fields=_FIELDS,
    sorts={"customer": BY_CUSTOMER},
    filters=_FILTERS,
    order="-applied_on",
    search=through_accounts(Arrangement, Arrangement.account_id),
    where=Arrangement.state == ArrangementState.APPLIED,
)
"""Those that stand: applied and not reversed."""

MOST_GROUPS = 60


@dataclass(frozen=True, slots=True)
class Given:
    """What one person arranged in one month in one way. `days` is the sum of the days moved."""

    month: dt.date
    by: str | None
    kind: ArrangementKind
    count: int
    days: int
    value_cents: int


def given_away(
    session: Session, viewer: Viewer, criteria: Criteria, *, today: dt.date, most: int | None = MOST_GROUPS
) -> Sequence[Given]:
    """The free money by month, by who asked for it and by kind, newest month and largest value first; None: all of it."""
    month = func.date_trunc("month", Arrangement.applied_on)
    value = func.sum(Arrangement.value_cents)
    columns = (month, Requester.name, Arrangement.kind, func.count(), func.sum(Arrangement.days_moved), value)
    statement = FREE_MONEY.statement(columns, viewer, criteria, today, joins=["requester"])
    rows = session.execute(
        statement.group_by(month, Requester.name, Arrangement.kind).order_by(month.desc(), value.desc()).limit(most)
    )
    return [Given(at.date(), by, kind, int(count), int(days), int(cents)) for at, by, kind, count, days, cents in rows]
