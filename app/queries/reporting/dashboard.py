"""The figures of the Dashboard, for one person and perhaps one portfolio."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.models import Portfolio
from app.queries.autopay import lists as autopay
from app.queries.autopay.lists import LastRun
from app.queries.collections import aging, alerts, follow_ups
from app.queries.collections.aging import Aged
from app.queries.collections.follow_ups import Waiting
from app.queries.reporting import due, trend
from app.queries.reporting.due import Due, Received
from app.queries.reporting.trend import Trend
from app.queries.scope import Viewer, condition
from app.queries.servicing import disputes

DAYS_BEFORE, DAYS_AHEAD = 13, 7
WEEKS_BEFORE, WEEKS_AHEAD = 7, 4
ALERT_DAYS = 7
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """A day or a week of the tables, with its figures."""

    from_on: dt.date
    to_on: dt.date
    due: Due
    holds_today: bool
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the Dashboard shows, as of one moment."""

    as_of: dt.datetime
    today: Due
    rate_a_week_ago: float | None
    """Rate of the same weekday a week ago at the same time of day."""
    received: Received
    last_run: LastRun | None
    """The newest AutoPay batch."""
    aged: list[Aged]
    follow_ups: Waiting
    alerts_today: dict[int, int]
    alerts_week: dict[int, int]
    disputes_near: int
    """Disputes that have to be decided by now or soon."""
    days: list[Span]
    weeks: list[Span]
    trend: Trend

    @property
    def accounts(self) -> int:
        """Open accounts."""
        return sum(one.accounts for one in self.aged)

    @property
    def active(self) -> int:
        """Open accounts of status Active, late ones included."""
        return sum(one.active for one in self.aged)

    @property
    def started(self) -> int:
        """Leases that began this week."""
        return sum(one.started for one in self.aged)

    @property
    def late_accounts(self) -> int:
        """Open accounts that are past due."""
        return sum(one.accounts for one in self.aged if one.is_late)

    @property
    def past_due_cents(self) -> int:
        """What is past due on open accounts."""
        return sum(one.past_due_cents for one in self.aged)


def figures(session: Session, viewer: Viewer, *, today: dt.date, now: dt.datetime, portfolio_id: int | None = None) -> Figures:
    """Ask for all of it: a handful of statements, each one pass over an index or over the accounts."""
    monday = today - dt.timedelta(days=today.weekday())
    from_on = min(monday - WEEKS_BEFORE * WEEK, today - dt.timedelta(days=DAYS_BEFORE))
    to_on = max(monday + (WEEKS_AHEAD + 1) * WEEK - dt.timedelta(days=1), today + dt.timedelta(days=DAYS_AHEAD))
    by_day = due.by_day(session, viewer, from_on=from_on, to_on=to_on, portfolio_id=portfolio_id)

    def span(first: dt.date, length: int) -> Span:
        covered = [first + dt.timedelta(days=n) for n in range(length)]
        return Span(first, covered[-1], due.total(by_day, covered), today in covered, first > today)

    days = [span(on, 1) for on in _steps(today, -DAYS_BEFORE, DAYS_AHEAD, 1)]
    weeks = [span(on, 7) for on in _steps(monday, -WEEKS_BEFORE, WEEKS_AHEAD, 7)]
    begins = clock.moment(today, dt.time.min)
    ends = clock.moment(today + dt.timedelta(days=1), dt.time.min)
    return Figures(
        as_of=now,
        today=by_day.get(today, Due()),
        rate_a_week_ago=due.rate_by(session, viewer, due_on=today - WEEK, at=now - WEEK, portfolio_id=portfolio_id),
        received=due.received(session, viewer, since=begins, until=ends, portfolio_id=portfolio_id),
        last_run=autopay.last_run(session, viewer, portfolio_id=portfolio_id),
        aged=aging.live(session, viewer, today=today, started_since=monday, portfolio_id=portfolio_id),
        follow_ups=follow_ups.waiting(session, viewer, today=today, now=now, portfolio_id=portfolio_id),
        alerts_today=alerts.counts(session, viewer, since_on=today, today=today, portfolio_id=portfolio_id),
        alerts_week=alerts.counts(
            session, viewer, since_on=today - dt.timedelta(days=ALERT_DAYS - 1), today=today, portfolio_id=portfolio_id
        ),
        disputes_near=disputes.count_near(session, viewer, today=today, portfolio_id=portfolio_id),
        days=days,
        weeks=weeks,
        trend=trend.aging_trend(session, viewer, today=today, portfolio_id=portfolio_id),
    )


def _steps(start: dt.date, first: int, last: int, days: int) -> Iterator[dt.date]:
    for n in range(first, last + 1):
        yield start + dt.timedelta(days=n * days)


def portfolios(session: Session, viewer: Viewer) -> list[Portfolio]:
    """The portfolios that somebody may choose from."""
    query = select(Portfolio).where(condition(Portfolio, viewer), Portfolio.is_active).order_by(Portfolio.name)
    return list(session.scalars(query))
