"""Alerts: accounts that have just become later than a threshold (domain.md part 8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, any_, exists, false, func, select
from sqlalchemy.orm import Session

from app.models import Account, CollectionSettings, Customer, ThresholdCrossing
from app.queries.collections.aging import in_portfolio
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_OPEN
from app.queries.listing import TODAY, Choice
from app.queries.listing.filters import Asking, Choices, Given
from app.queries.scope import Viewer, condition

LATELY_DAYS = 7

IS_IN_USE: ColumnElement[bool] = ThresholdCrossing.threshold == any_(CollectionSettings.thresholds)
"""The house counts its crossing as an alert still."""
_LATELY: ColumnElement[bool] = and_(
    ThresholdCrossing.account_id == Account.id,
    ThresholdCrossing.business_on.between(TODAY - (LATELY_DAYS - 1), TODAY),
    ThresholdCrossing.threshold < DAYS_PAST_DUE,
    IS_IN_USE,
)
HAS_CROSSED = select(func.max(ThresholdCrossing.threshold)).where(_LATELY).correlate(Account).scalar_subquery()
"""The highest threshold that an account crossed lately and is beyond still."""


@dataclass(frozen=True)
class Crossed(Choice):
    """Crossed any of some thresholds lately: `crossed=30&crossed=60`. What can be chosen stands in Collection Settings."""

    def choices(self, session: Session, viewer: Viewer) -> Choices:
        """The thresholds of the house."""
        return [(str(days), f"{days} days") for days in thresholds(session)]

    def condition(self, given: Given, asking: Asking) -> ColumnElement[bool]:
        """Any of them; what is no number finds nothing."""
        days = [int(text) for text in given[self.key] if text.isascii() and text.isdigit() and len(text) < 5]
        if not days:
            return false()
        return exists().where(_LATELY, ThresholdCrossing.threshold.in_(days)).correlate(Account)

    def said(self, given: Given, options: Choices = ()) -> str:
        """30 days, 60 days."""
        return ", ".join(f"{text} days" for text in given[self.key])


def thresholds(session: Session) -> tuple[int, ...]:
    """Days past due whose crossing is an alert in this house, the lowest first."""
    return tuple(sorted(session.scalar(select(CollectionSettings.thresholds)) or ()))


def crossed_on(viewer: Viewer, on: dt.date) -> Select[Any]:
    """Ids of the accounts that crossed a threshold on a day."""
    query = select(ThresholdCrossing.account_id).where(ThresholdCrossing.business_on == on, condition(ThresholdCrossing, viewer))
    return query.where(exists().where(IS_IN_USE).correlate(ThresholdCrossing)).distinct()


def _crossings(
    viewer: Viewer, since_on: dt.date, until_on: dt.date, portfolio_id: int | None, of: Sequence[int]
) -> Select[*tuple[Any, ...]]:
    """Accounts with the highest threshold that each crossed in these days and is beyond still."""
    return (
        select(
            ThresholdCrossing.account_id,
            func.max(ThresholdCrossing.threshold).label("threshold"),
            func.max(ThresholdCrossing.business_on).label("business_on"),
        )
        .join(Account, Account.id == ThresholdCrossing.account_id)
        .where(
            ThresholdCrossing.business_on.between(since_on, until_on),
            ThresholdCrossing.threshold.in_(of),
            ThresholdCrossing.threshold < DAYS_PAST_DUE,
            IS_OPEN,
            condition(Account, viewer),
            in_portfolio(portfolio_id),
        )
        .group_by(ThresholdCrossing.account_id)
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
