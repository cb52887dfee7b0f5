"""The forecast by the evidence of the last 90 days, and how earlier ones turned out (domain.md part 13).

Next days: what is open of each installment times the on-time rate of accounts like its own (bucket, AutoPay, frequency), and
beside it promises times the share that is kept and scheduled retries times the share that succeeds. Months: the open schedule
of active accounts times the chance that an account of that age has not defaulted by then.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.autopay.charges import ChargeKind, ChargeState
from app.domain.collections.contact import PromiseStatus
from app.domain.reporting.forecast import (
    DAYS_AHEAD,
    EVIDENCE_DAYS,
    MONTHS_AHEAD,
    Exits,
    Forecast,
    Horizon,
    Tested,
    hazards,
    rounded,
    smoothed,
    survival,
)
from app.domain.servicing.buckets import BucketRange
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AccountStatus
from app.models import (
    Account,
    AccountSnapshot,
    Allocation,
    AutopayEnrollment,
    Charge,
    CollectionForecast,
    Installment,
    Portfolio,
    Promise,
)
from app.queries.collections.buckets import buckets
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_OPEN, IS_REAL
from app.queries.scope import Viewer, condition
from app.queries.servicing.first_payments import GRACE, GRACE_LONGER

DAY = dt.timedelta(days=1)

Kind = tuple[int, bool, Frequency]
"""Place of the bucket, whether AutoPay was on, frequency."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The evidence of one kind of account."""

    kind: Kind
    due: int
    on_time: int

    @property
    def rate(self) -> Fraction:
        """Smoothed."""
        return smoothed(self.on_time, self.due)


def _band(days: Any, bands: Iterable[BucketRange]) -> ColumnElement[int]:
    return case(*((bucket.from_days <= days, place) for place, bucket in reversed(list(enumerate(bands)))), else_=0)


def _has_autopay(on: Any) -> ColumnElement[bool]:
    """Whether AutoPay stood on a day."""
    since = cast(AutopayEnrollment.at, _DATE)
    until = cast(AutopayEnrollment.revoked_at, _DATE)
    return exists().where(
        AutopayEnrollment.account_id == Account.id, since <= on, or_(AutopayEnrollment.revoked_at.is_(None), until > on)
    )


_DATE = CollectionForecast.made_on.type


def rates(session: Session, viewer: Viewer, *, today: dt.date) -> dict[Kind, Rate]:
    """On-time rates by kind of account: installments whose grace ended in the last 90 days, by the bucket of the day before.

    Installments without a snapshot of that day are no evidence: nobody knows how the account stood.
    """
    bands = buckets(session, "report")
    kinds = (_band(AccountSnapshot.days_past_due, bands), _has_autopay(Installment.due_on), Account.frequency)
    is_on_time = and_(Installment.paid_cents == Installment.amount_cents, Installment.paid_on <= Installment.due_on + GRACE)
    query = (
        select(*kinds, func.count(), func.count().filter(is_on_time))
        .select_from(Installment)
        .join(Account, Account.id == Installment.account_id)
        .join(
            AccountSnapshot,
            and_(AccountSnapshot.account_id == Installment.account_id, AccountSnapshot.business_on == Installment.due_on - 1),
        )
        .where(
            Installment.due_on >= today - (EVIDENCE_DAYS + GRACE_LONGER) * DAY,
            Installment.due_on + GRACE < today,
            IS_REAL,
            condition(Account, viewer),
        )
        .group_by(*kinds)
    )
    found = {}
    for band, autopay, frequency, due, on_time in session.execute(query):
        kind = (int(band), bool(autopay), Frequency(frequency))
        found[kind] = Rate(kind, due, on_time)
    return found


def kept_rate(session: Session, viewer: Viewer, *, today: dt.date) -> tuple[int, int]:
    """(kept, matured) promises of the last 90 days."""
    row = session.execute(
        select(func.count().filter(Promise.status == PromiseStatus.KEPT), func.count()).where(
            Promise.due_on >= today - EVIDENCE_DAYS * DAY,
            Promise.status.in_([PromiseStatus.KEPT, PromiseStatus.PARTLY_KEPT, PromiseStatus.BROKEN]),
            condition(Promise, viewer),
        )
    ).one()
    return int(row[0]), int(row[1])


def retry_rate(session: Session, viewer: Viewer, *, today: dt.date) -> tuple[int, int]:
    """(succeeded, tried) card charges of the last 90 days that tried again what was declined."""
    row = session.execute(
        select(func.count().filter(Charge.state == ChargeState.SUCCEEDED), func.count()).where(
            Charge.kind == ChargeKind.RETRY,
            Charge.state.in_([ChargeState.SUCCEEDED, ChargeState.DECLINED]),
            Charge.business_on >= today - EVIDENCE_DAYS * DAY,
            condition(Charge, viewer),
        )
    ).one()
    return int(row[0]), int(row[1])


def next_days(session: Session, viewer: Viewer, *, today: dt.date) -> dict[int, list[Forecast]]:
    """Portfolio id → the forecast of today and the nine days after it."""
    bands, last = buckets(session, "report"), today + (DAYS_AHEAD - 1) * DAY
    known = rates(session, viewer, today=today)
    keys = (Account.portfolio_id, Installment.due_on, _band(DAYS_PAST_DUE, bands), _has_autopay(today), Account.frequency)
    query = (
        select(*keys, func.count(), func.sum(Installment.amount_cents - Installment.paid_cents))
        .select_from(Installment)
        .join(Account, Account.id == Installment.account_id)
        .where(
            Installment.due_on.between(today, last),
            Installment.paid_cents < Installment.amount_cents,
            IS_OPEN,
            condition(Account, viewer),
        )
        .group_by(*keys)
    )
    sums: dict[tuple[int, dt.date], list[Any]] = defaultdict(lambda: [0, 0, Fraction(0), Fraction(0), Fraction(0)])
    for portfolio_id, on, band, autopay, frequency, due, cents in session.execute(query, {"today": today}):
        kind = (int(band), bool(autopay), Frequency(frequency))
        row = sums[portfolio_id, on]
        row[0] += due
        row[1] += int(cents)
        row[2] += int(cents) * known.get(kind, Rate(kind, 0, 0)).rate
    for place, (found, share) in enumerate(
        (
            (_promised(session, viewer, today, last), smoothed(*kept_rate(session, viewer, today=today))),
            (_retried(session, viewer, today, last), smoothed(*retry_rate(session, viewer, today=today))),
        ),
        start=3,
    ):
        for (portfolio_id, on), cents in found.items():
            sums[portfolio_id, on][place] += cents * share
    days = [today + place * DAY for place in range(DAYS_AHEAD)]
    return {
        portfolio_id: [_forecast(Horizon.DAY, on, sums.get((portfolio_id, on))) for on in days]
        for portfolio_id in _portfolios(session, viewer)
    }


def _promised(session: Session, viewer: Viewer, first: dt.date, last: dt.date) -> dict[tuple[int, dt.date], int]:
    query = (
        select(Account.portfolio_id, Promise.due_on, func.sum(Promise.amount_cents))
        .join(Account, Account.id == Promise.account_id)
        .where(Promise.status == PromiseStatus.OPEN, Promise.due_on.between(first, last), IS_REAL, condition(Account, viewer))
        .group_by(Account.portfolio_id, Promise.due_on)
    )
    return {(portfolio_id, on): int(cents) for portfolio_id, on, cents in session.execute(query)}


def _retried(session: Session, viewer: Viewer, first: dt.date, last: dt.date) -> dict[tuple[int, dt.date], int]:
    query = (
        select(Account.portfolio_id, Charge.retry_on, func.sum(Charge.amount_cents))
        .join(Account, Account.id == Charge.account_id)
        .where(Charge.retry_on.between(first, last), IS_REAL, condition(Account, viewer))
        .group_by(Account.portfolio_id, Charge.retry_on)
    )
    return {(portfolio_id, on): int(cents) for portfolio_id, on, cents in session.execute(query) if on}


def exits(session: Session, viewer: Viewer, *, today: dt.date) -> dict[int, Exits]:
    """Months on book → how many accounts were last seen there, in default or otherwise."""
    until = func.least(func.coalesce(Account.default_on, Account.closed_on, today), today)
    age = cast(_months(until) - _months(Account.start_on), Integer)
    is_default = Account.default_on.is_not(None)
    query = (
        select(age, func.count().filter(is_default), func.count().filter(~is_default))
        .where(Account.start_on <= today, IS_REAL, condition(Account, viewer))
        .group_by(age)
    )
    found: dict[int, Exits] = {}
    for months, defaulted, others in session.execute(query):
        before = found.get(max(0, months), Exits())
        found[max(0, months)] = Exits(before.defaulted + defaulted, before.others + others)
    return found


def _months(on: Any) -> ColumnElement[Any]:
    return func.extract("year", on) * 12 + func.extract("month", on)


def next_months(session: Session, viewer: Viewer, *, today: dt.date) -> dict[int, list[Forecast]]:
    """Portfolio id → the forecast of this month and the eleven after it, of active accounts only."""
    chances = hazards(exits(session, viewer, today=today))
    first = today.replace(day=1)
    firsts = [_month_after(first, place) for place in range(MONTHS_AHEAD + 1)]
    age = cast(_months(today) - _months(Account.start_on), Integer)
    ahead = cast(_months(Installment.due_on) - _months(today), Integer)
    keys = (Account.portfolio_id, age, ahead)
    query = (
        select(*keys, func.count(), func.sum(Installment.amount_cents - Installment.paid_cents))
        .select_from(Installment)
        .join(Account, Account.id == Installment.account_id)
        .where(
            Account.status == AccountStatus.ACTIVE,
            Installment.due_on >= today,
            Installment.due_on < firsts[-1],
            Installment.paid_cents < Installment.amount_cents,
            IS_REAL,
            condition(Account, viewer),
        )
        .group_by(*keys)
    )
    sums: dict[tuple[int, dt.date], list[Any]] = defaultdict(lambda: [0, 0, Fraction(0), Fraction(0), Fraction(0)])
    for portfolio_id, months, later, due, cents in session.execute(query):
        row = sums[portfolio_id, firsts[later]]
        row[0] += due
        row[1] += int(cents)
        row[2] += int(cents) * survival(chances, max(0, months), later)
    return {
        portfolio_id: [_forecast(Horizon.MONTH, on, sums.get((portfolio_id, on))) for on in firsts[:-1]]
        for portfolio_id in _portfolios(session, viewer)
    }


def _month_after(first: dt.date, months: int) -> dt.date:
    place = first.year * 12 + first.month - 1 + months
    return dt.date(place // 12, place % 12 + 1, 1)


def _forecast(horizon: Horizon, on: dt.date, row: list[Any] | None) -> Forecast:
    due, cents, *expected = row or [0, 0, Fraction(0), Fraction(0), Fraction(0)]
    return Forecast(horizon, on, due, cents, *(rounded(each) for each in expected))


def _portfolios(session: Session, viewer: Viewer) -> list[int]:
    return list(session.scalars(select(Portfolio.id).where(condition(Portfolio, viewer)).order_by(Portfolio.id)))


def together(of_portfolios: Iterable[list[Forecast]]) -> list[Forecast]:
    """The forecasts of several portfolios as one, day by day."""
    found: dict[tuple[Horizon, dt.date], list[int]] = {}
    for forecasts in of_portfolios:
        for each in forecasts:
            row = found.setdefault((each.horizon, each.for_on), [0] * 5)
            values = (each.due, each.contractual_cents, each.installments_cents, each.promises_cents, each.retries_cents)
            for place, value in enumerate(values):
                row[place] += value
    return [Forecast(horizon, on, *row) for (horizon, on), row in sorted(found.items(), key=lambda item: item[0][1])]


def back_test(session: Session, viewer: Viewer, *, today: dt.date, portfolio_id: int | None = None) -> dict[int, list[Tested]]:
    """Days ahead (0 to 9) → the kept forecasts of the last 90 days whose grace is over, beside what came in.

    What came in: money that covered installments of that day, from the making of the forecast to the end of the grace, and
    promises for that day that were kept.
    """
    matured = CollectionForecast.for_on < today - GRACE_LONGER * DAY
    expected = CollectionForecast.installments_cents + CollectionForecast.promises_cents + CollectionForecast.retries_cents
    forecasts = session.execute(
        select(CollectionForecast.made_on, CollectionForecast.for_on, func.sum(expected))
        .where(
            CollectionForecast.horizon == Horizon.DAY,
            CollectionForecast.for_on >= today - EVIDENCE_DAYS * DAY,
            matured,
            condition(CollectionForecast, viewer),
            *([CollectionForecast.portfolio_id == portfolio_id] if portfolio_id else []),
        )
        .group_by(CollectionForecast.made_on, CollectionForecast.for_on)
        .order_by(CollectionForecast.for_on, CollectionForecast.made_on)
    ).all()
    if not forecasts:
        return {}
    came = _came_in(session, viewer, first=min(row.for_on for row in forecasts), last=today, portfolio_id=portfolio_id)
    found: dict[int, list[Tested]] = defaultdict(list)
    for made_on, for_on, cents in forecasts:
        actual = sum(amount for on, amount in came.get(for_on, {}).items() if on >= made_on)
        found[(for_on - made_on).days].append(Tested(made_on, for_on, int(cents), actual))
    return dict(sorted(found.items()))


def _came_in(
    session: Session, viewer: Viewer, *, first: dt.date, last: dt.date, portfolio_id: int | None
) -> dict[dt.date, dict[dt.date, int]]:
    """Due date → day on which money counted → cents."""
    of_portfolio = [Account.portfolio_id == portfolio_id] if portfolio_id else []
    covered = (
        select(Installment.due_on, Allocation.effective_on, func.sum(Allocation.amount_cents))
        .select_from(Installment)
        .join(
            Allocation,
            and_(Allocation.account_id == Installment.account_id, Allocation.installment_number == Installment.number),
        )
        .join(Account, Account.id == Installment.account_id)
        .where(
            Installment.due_on.between(first, last),
            Allocation.payment_id.is_not(None),
            Allocation.effective_on <= Installment.due_on + GRACE,
            IS_REAL,
            condition(Account, viewer),
            *of_portfolio,
        )
        .group_by(Installment.due_on, Allocation.effective_on)
    )
    kept = (
        select(Promise.due_on, Promise.due_on, func.sum(Promise.amount_cents))
        .join(Account, Account.id == Promise.account_id)
        .where(
            Promise.status == PromiseStatus.KEPT,
            Promise.due_on.between(first, last),
            IS_REAL,
            condition(Account, viewer),
            *of_portfolio,
        )
        .group_by(Promise.due_on)
    )
    found: dict[dt.date, dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
    for query in (covered, kept):
        for due_on, on, cents in session.execute(query):
            found[due_on][on] += int(cents)
    return found
