"""Alerts: accounts that have just become later than a threshold (domain.md part 8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.models import Account, BucketChange, CollectionSettings, Customer
from app.queries.collections.aging import in_portfolio
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_OPEN
from app.queries.scope import Viewer, condition

THRESHOLDS = (30, 60)
"""Days past due whose crossing is an alert, unless Collection Settings say otherwise."""
POSSIBLE = (30, 60, 90)
"""Days past due that can be a threshold: the ends of the report's buckets, for moves between these are kept."""


def thresholds(session: Session) -> tuple[int, ...]:
    """Days past due whose crossing is an alert in this house, the lowest first."""
    return tuple(sorted(session.scalar(select(CollectionSettings.thresholds)) or ()))


def crossed(threshold: int) -> ColumnElement[bool]:
    """The change of bucket took an account from `threshold` days or fewer to more."""
    return and_(BucketChange.from_days <= threshold, BucketChange.to_days > threshold)


def _crossings(
    viewer: Viewer, since_on: dt.date, until_on: dt.date, portfolio_id: int | None, of: Sequence[int]
) -> Select[*tuple[Any, ...]]:
    """Accounts with the highest threshold that each crossed in these days and is beyond still."""
    highest = func.max(case(*((crossed(threshold), threshold) for threshold in reversed(of))))
    threshold = highest.label("threshold")
    return (
        select(BucketChange.account_id, threshold, func.max(BucketChange.business_on).label("business_on"))
        .join(Account, Account.id == BucketChange.account_id)
        .where(
            BucketChange.business_on.between(since_on, until_on),
            or_(*(crossed(threshold) for threshold in of)),
            IS_OPEN,
            condition(Account, viewer),
            in_portfolio(portfolio_id),
        )
        .group_by(BucketChange.account_id, Account.id)
        .having(highest < DAYS_PAST_DUE)
    )


def counts(
    session: Session, viewer: Viewer, *, since_on: dt.date, today: dt.date, portfolio_id: int | None = None
) -> dict[int, int]:
    """Threshold → accounts that crossed it from `since_on` to today and are beyond it still; each counts once."""
    of = thresholds(session)
    if not of:
        return {}
    found = _crossings(viewer, since_on, today, portfolio_id, of).subquery()
    rows = session.execute(select(found.c.threshold, func.count()).group_by(found.c.threshold), {"today": today})
    return dict.fromkeys(of, 0) | {int(days): int(count) for days, count in rows}


def latest(
    session: Session, viewer: Viewer, *, threshold: int, since_on: dt.date, today: dt.date, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Who crossed a threshold, the latest and largest first: account_id, first_name, last_name, business_on."""
    found = _crossings(viewer, since_on, today, None, thresholds(session)).subquery()
    return session.execute(
        select(found.c.account_id, Customer.first_name, Customer.last_name, found.c.business_on)
        .join(Account, Account.id == found.c.account_id)
        .join(Customer, Customer.id == Account.customer_id)
        .where(found.c.threshold == threshold)
        .order_by(found.c.business_on.desc(), Account.past_due_cents.desc(), Account.id)
        .limit(limit),
        {"today": today},
    ).all()
