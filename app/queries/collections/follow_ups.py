"""Follow-ups: the list of them, and how many wait."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from app import clock
from app.domain.collections.contact import FollowUpKind, FollowUpStatus
from app.models import Account, FollowUp, Portfolio, Staff
from app.queries.collections.aging import in_portfolio
from app.queries.collections.past_due import IS_REAL, only_test_leases
from app.queries.listing import Choice, Dates, Field, Join, Listing, One
from app.queries.scope import Viewer, condition
from app.queries.servicing.hanging import ACCOUNT_FIELDS, BY_CUSTOMER, account_joins
from app.queries.servicing.search import accounts_matching

Creator = aliased(Staff, name="creator")
Collector = aliased(Staff, name="collector")


def follow_ups_matching(typed: str, viewer: Viewer, limit: int | None) -> Select[Any]:
    """A SELECT of follow-up ids: those of accounts that match what was typed."""
    accounts = accounts_matching(typed, viewer, limit)
    found = select(FollowUp.id).where(FollowUp.account_id.in_(accounts), condition(FollowUp, viewer))
    return found if limit is None else found.limit(limit)


FOLLOW_UPS = Listing(
    FollowUp,
    joins=(
        *account_joins(FollowUp.account_id),
        Join("creator", Creator, FollowUp.created_by_id == Creator.id, is_outer=True),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, after="account", is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("due_at", FollowUp.due_at, sort=True),
        Field("kind", FollowUp.kind, sort=True),
        Field("note", FollowUp.note),
        Field("created_at", FollowUp.created_at),
        Field("created_by", Creator.name, "creator"),
        Field("status", FollowUp.status),
        Field("closed_at", FollowUp.closed_at),
        Field("days_past_due", Account.days_past_due, "account"),
        Field("past_due_cents", Account.past_due_cents, "account", total=True),
        Field("assigned_to", Collector.name, "collector"),
    ),
    sorts={"customer": BY_CUSTOMER},
    filters=(
        Choice("status", "Status", FollowUp.status, words=FollowUpStatus),
        Dates("due", "Follow-up date", FollowUp.due_at),
        Choice("kind", "Type", FollowUp.kind, words=FollowUpKind),
        Dates("created", "Created", FollowUp.created_at),
        One("created_by", "Created by", FollowUp.created_by_id, model=Staff, order_by=Staff.name, me="Me"),
        One(
            "assigned",
            "Assigned to",
            Account.assigned_to_id,
            join="account",
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active.is_(True),
            none="Nobody",
            me="Me",
        ),
        One("portfolio", "Portfolio", Account.portfolio_id, join="account", model=Portfolio, order_by=Portfolio.name),
        only_test_leases(FollowUp.account_id),
    ),
    order="due_at",
    search=follow_ups_matching,
)
"""All follow-ups that somebody may see, the earliest first."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open follow-ups up to the end of the business date."""

    due: int
    overdue: int
    """Of these, from earlier days."""
    next_at: dt.datetime | None
    """The next one today whose time is still to come."""


def waiting(session: Session, viewer: Viewer, *, today: dt.date, now: dt.datetime, portfolio_id: int | None = None) -> Waiting:
    """How many follow-ups are due today or were earlier, and when the next one is."""
    begins, ends = (clock.moment(on, dt.time.min) for on in (today, today + dt.timedelta(days=1)))
    due, overdue, next_at = session.execute(
        select(
            func.count(),
            func.count().filter(FollowUp.due_at < begins),
            func.min(FollowUp.due_at).filter(FollowUp.due_at >= now),
        )
        .join(Account, Account.id == FollowUp.account_id)
        .where(
            FollowUp.status == FollowUpStatus.OPEN,
            FollowUp.due_at < ends,
            IS_REAL,
            condition(Account, viewer),
            in_portfolio(portfolio_id),
        )
    ).one()
    return Waiting(int(due), int(overdue), next_at)
