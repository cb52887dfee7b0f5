"""Cohorts by months on book, and how accounts roll from bucket to bucket."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, and_, case, cast, exists, func, literal_column, select
from sqlalchemy.orm import Session, aliased

from app.domain.payments.kinds import MONEY_IN_KINDS, PaymentState
from app.domain.reporting.cohorts import Cohort, Roll
from app.domain.servicing.arrangements import ArrangementState
from app.domain.servicing.buckets import BucketRange
from app.domain.servicing.status import OPEN_STATUSES, AccountStatus
from app.models import Account, AccountSnapshot, Arrangement, Device, Payment, PortfolioDay
from app.queries.collections.buckets import buckets
from app.queries.collections.past_due import IS_REAL
from app.queries.listing import Criteria
from app.queries.listing.filters import Asking
from app.queries.reporting.portfolio import FILTERS
from app.queries.scope import Viewer, condition
from app.queries.servicing.accounts import IS_LATE
from app.queries.servicing.first_payments import FIRST_HAS_MATURED, FIRST_IS_MISSED, FIRST_LINE, First

DAY = dt.timedelta(days=1)
ROLL_DAYS = 30
MONTH: ColumnElement[dt.date] = cast(func.date_trunc("month", Account.start_on), Date)
_COUNTED = Account.status.not_in([AccountStatus.VOID, AccountStatus.PENDING_REVIEW])
"""A void contract never was, and a pending one has not begun."""


def _month_on_book(on: Any) -> ColumnElement[int]:
    """`app.domain.reporting.cohorts.month_on_book` in SQL: the least m with the day not after start + m months."""
    apart = cast(
        (func.extract("year", on) - func.extract("year", Account.start_on)) * 12
        + func.extract("month", on)
        - func.extract("month", Account.start_on),
        Integer,
    )
    is_over = on > cast(Account.start_on + func.make_interval(0, apart), Date)
    return func.greatest(1, apart + case((is_over, 1), else_=0))


def _seen(viewer: Viewer, today: dt.date, criteria: Criteria | None) -> list[ColumnElement[bool]]:
    given = (criteria or Criteria()).filters
    narrowed = [each.condition(given, Asking(viewer, today)) for each in FILTERS.values() if each.is_set(given)]
    return [condition(Account, viewer), IS_REAL, _COUNTED, Account.start_on <= today, *narrowed]


def cohorts(session: Session, viewer: Viewer, *, today: dt.date, criteria: Criteria | None = None) -> list[Cohort]:
    """Every month's batch of leases, the oldest first."""
    seen = _seen(viewer, today, criteria)
    parameters = {"today": today}
    defaults: dict[dt.date, dict[int, int]] = defaultdict(dict)
    age = _month_on_book(Account.default_on)
    query = select(MONTH, age, func.count()).where(*seen, Account.default_on.is_not(None)).group_by(MONTH, age)
    for month, at, number in session.execute(query, parameters):
        defaults[month][at] = number
    cash: dict[dt.date, dict[int, int]] = defaultdict(dict)
    signed = case((Payment.kind.in_(sorted(MONEY_IN_KINDS)), Payment.amount_cents), else_=-Payment.amount_cents)
    paid_at = _month_on_book(Payment.effective_on)
    states = (PaymentState.COMPLETE, PaymentState.REVERSED, PaymentState.REFUNDED)
    has_cost = and_(Device.id == Account.device_id, Device.cost_cents.is_not(None))
    paid = (
        select(MONTH, paid_at, func.sum(signed))
        .select_from(Payment)
        .join(Account, Account.id == Payment.account_id)
        .join(Device, has_cost)  # Only what has a cost can be paid back.
        .where(*seen, Payment.state.in_(states))
        .group_by(MONTH, paid_at)
    )
    for month, at, cents in session.execute(paid, parameters):
        cash[month][at] = int(cents)
    base = (
        select(
            MONTH,
            func.count(),
            func.count().filter(Account.status == AccountStatus.ACTIVE),
            func.count().filter(IS_LATE),
            func.count().filter(Account.status == AccountStatus.PAID_OFF),
            func.count().filter(Account.default_on.is_not(None)),
            func.max(Account.start_on),
            func.count().filter(FIRST_HAS_MATURED, First.account_id.is_not(None)),
            func.count().filter(FIRST_HAS_MATURED, FIRST_IS_MISSED),
            func.coalesce(func.sum(Device.cost_cents), 0),
        )
        .select_from(Account)
        .outerjoin(First, FIRST_LINE)
        .outerjoin(Device, Device.id == Account.device_id)
        .where(*seen)
        .group_by(MONTH)
        .order_by(MONTH)
    )
    return [
        Cohort(
            month_on=row[0],
            count=row[1],
            active=row[2],
            past_due=row[3],
            paid_off=row[4],
            defaulted=row[5],
            last_start_on=row[6],
            first_due=row[7],
            first_missed=row[8],
            cost_cents=int(row[9] or 0),
            defaults=defaults.get(row[0], {}),
            cash_cents=cash.get(row[0], {}),
        )
        for row in session.execute(base, parameters)
    ]


def roll_days(session: Session, viewer: Viewer, *, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """The newest end of day, and the last one at least thirty days before it; None while there are no two such days."""
    seen = condition(PortfolioDay, viewer)
    last = session.scalar(select(func.max(PortfolioDay.business_on)).where(PortfolioDay.business_on <= today, seen))
    if last is None:
        return None
    first = session.scalar(
        select(func.max(PortfolioDay.business_on)).where(PortfolioDay.business_on <= last - ROLL_DAYS * DAY, seen)
    )
    return None if first is None else (first, last)


def rolls(
    session: Session, viewer: Viewer, *, today: dt.date, first: dt.date, last: dt.date, criteria: Criteria | None = None
) -> list[Roll]:
    """A row for each bucket: where its accounts of the first day stood on the last one."""
    bands = buckets(session, "report")
    before, after = aliased(AccountSnapshot, name="before"), aliased(AccountSnapshot, name="after")
    open_words = sorted(OPEN_STATUSES)
    to = case((after.status.in_(open_words), _band(after.days_past_due, bands)), else_=literal_column("-1"))
    is_extended = exists().where(
        Arrangement.account_id == Account.id,
        Arrangement.state == ArrangementState.APPLIED,
        Arrangement.applied_on > first,
        Arrangement.applied_on <= last,
    )
    start = _band(before.days_past_due, bands)
    query = (
        select(
            start,
            to,
            func.count(),
            func.count().filter(is_extended),
            func.count().filter(Account.status == AccountStatus.PAID_OFF),
        )
        .select_from(before)
        .join(Account, Account.id == before.account_id)
        .outerjoin(after, and_(after.account_id == before.account_id, after.business_on == last))
        .where(before.business_on == first, before.status.in_(open_words), *_seen(viewer, today, criteria))
        .group_by(start, to)
    )
    found: dict[int, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for band, end, number, extended, paid_off in session.execute(query, {"today": today}):
        found[int(band)][int(end)] = (number, extended, paid_off)
    made = []
    for place, bucket in enumerate(bands):
        ends = found.get(place, {})
        # Whoever was current stays so without a cure; only late accounts are made current by moved dates.
        extended = ends.get(0, (0, 0, 0))[1] if place else 0
        counts = [ends.get(end, (0, 0, 0))[0] for end in range(len(bands))]
        counts[0] -= extended
        gone, _, paid_off = ends.get(-1, (0, 0, 0))
        accounts = sum(number for number, _, _ in ends.values())
        made.append(Roll(bucket.label, accounts, tuple(counts), extended, paid_off, gone - paid_off))
    return made


def _band(days: Any, bands: tuple[BucketRange, ...]) -> ColumnElement[int]:
    return case(*((bucket.from_days <= days, place) for place, bucket in reversed(list(enumerate(bands)))), else_=0)
