"""Aging over time: the share of open accounts in each late bucket, from the snapshots of the ends of day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.servicing.buckets import BucketRange
from app.models import Account, AccountSnapshot, Bucket, PortfolioDay
from app.queries.collections.aging import in_portfolio
from app.queries.collections.buckets import buckets
from app.queries.scope import Viewer, condition

WEEKS = 12
DAYS_WITHOUT_WEEKS = 21
"""A history shorter than this is shown day by day."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Points in time, and for each late bucket the share of accounts that stood in it then (0 to 1)."""

    days: tuple[dt.date, ...]
    buckets: tuple[BucketRange, ...]
    shares: tuple[tuple[float, ...], ...]
    """One tuple per day, in the order of the buckets."""


def aging_trend(session: Session, viewer: Viewer, *, today: dt.date, portfolio_id: int | None = None) -> Trend:
    """Up to twelve weekly points that end with the last end of day; daily ones while there are less than three weeks."""
    ended = select(PortfolioDay.business_on).distinct().where(PortfolioDay.business_on > today - dt.timedelta(weeks=WEEKS))
    days = _points(session.scalars(ended))
    counted = _of_own_book if viewer.sees_own_book_only else _of_portfolios
    bands = buckets(session, "report")
    counts: dict[tuple[dt.date, int], int] = {}
    for business_on, from_days, accounts in session.execute(counted(viewer, days, portfolio_id)):
        counts[business_on, from_days] = int(accounts)
    sums = {on: sum(counts.get((on, band.from_days), 0) for band in bands) for on in days}
    kept = tuple(on for on in days if sums[on])
    late = bands[1:]
    return Trend(kept, late, tuple(tuple(counts.get((on, band.from_days), 0) / sums[on] for band in late) for on in kept))


def _points(days: Iterable[dt.date]) -> list[dt.date]:
    known = sorted(days)
    if not known or (known[-1] - known[0]).days < DAYS_WITHOUT_WEEKS:
        return known
    return [on for on in known if (known[-1] - on).days % 7 == 0]


def _of_portfolios(viewer: Viewer, days: list[dt.date], portfolio_id: int | None) -> Select[*tuple[Any, ...]]:
    """Whole portfolios: the sums that each end of day has written."""
    query = (
        select(PortfolioDay.business_on, PortfolioDay.from_days, func.sum(PortfolioDay.accounts))
        .where(PortfolioDay.business_on.in_(days), condition(PortfolioDay, viewer))
        .group_by(PortfolioDay.business_on, PortfolioDay.from_days)
    )
    return query if portfolio_id is None else query.where(PortfolioDay.portfolio_id == portfolio_id)


def _of_own_book(viewer: Viewer, days: list[dt.date], portfolio_id: int | None) -> Select[*tuple[Any, ...]]:
    """The accounts of a collector's book today: how each stood then."""
    inside = AccountSnapshot.days_past_due.between(Bucket.from_days, func.coalesce(Bucket.to_days, 32_767))
    return (
        select(AccountSnapshot.business_on, Bucket.from_days, func.count())
        .join(Account, Account.id == AccountSnapshot.account_id)
        .join(Bucket, (Bucket.scheme == "report") & inside)
        .where(AccountSnapshot.business_on.in_(days), condition(Account, viewer), in_portfolio(portfolio_id))
        .group_by(AccountSnapshot.business_on, Bucket.from_days)
    )
