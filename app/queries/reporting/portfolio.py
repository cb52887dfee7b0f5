"""The portfolio by status, frequency, bank type and bucket: live, or as it stood at the end of a past day.

One statement makes the heaps, whatever is asked for: the five tables of the Reports page add up from them, so they agree.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, case, cast, func, null, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import RuleViolation
from app.domain.payments.kinds import MONEY_IN_KINDS, PaymentState
from app.domain.reporting.portfolio import PAST_DUE, Heap, Sums
from app.domain.servicing.buckets import BucketRange
from app.domain.servicing.frequency import Frequency
from app.domain.servicing.status import AGED_STATUSES, OPEN_STATUSES, AccountStatus
from app.models import Account, AccountSnapshot, Device, Payment, PortfolioDay, StatusChange
from app.queries.collections.buckets import buckets
from app.queries.collections.past_due import DAYS_PAST_DUE, IS_REAL, PAST_DUE_CENTS
from app.queries.listing import Criteria, Filter
from app.queries.listing.filters import Asking
from app.queries.scope import Viewer, condition
from app.queries.servicing.accounts import ACCOUNTS
from app.queries.servicing.first_payments import BANK_TYPE, FIRST_IS_DUE, FIRST_IS_MADE, FIRST_LINE, OWN_CARD, First, ReportCard

FILTERS: dict[str, Filter] = {
    key: ACCOUNTS.filters[key] for key in ("portfolio", "company", "region", "office", "dealer", "frequency", "start")
}
"""What the report can be narrowed to; the same names as on the Accounts list, so its figures lead to their rows."""
PARAMETERS = tuple(name for each in FILTERS.values() for name in each.parameters)


def heaps(
    session: Session, viewer: Viewer, *, today: dt.date, as_of: dt.date | None = None, criteria: Criteria | None = None
) -> list[Heap]:
    """Every account that the viewer may see and the criteria find, in heaps.

    `as_of` asks for the end of a past day; what was opened since is left out. Terms, dealers, costs and cards are today's.
    Raises RuleViolation for a day that has no snapshots.
    """
    if as_of is not None:
        demand_day(session, as_of)
    bands = buckets(session, "report")
    given = (criteria or Criteria()).filters
    narrowed = [each.condition(given, Asking(viewer, today)) for each in FILTERS.values() if each.is_set(given)]
    all_of_them = _live(bands) if as_of is None else _then(as_of, bands)
    stood = all_of_them.where(condition(Account, viewer), IS_REAL, *narrowed).subquery("stood")
    column = stood.c
    keys = (column.standing, column.frequency, column.bank, column.band)
    sums = [func.coalesce(func.sum(column[name]), 0) for name in _SUMMED]
    query = select(*keys, func.count(), *sums).group_by(*keys)
    return [
        Heap(standing, Frequency(frequency), bank, band, Sums(*map(int, figures)))
        for standing, frequency, bank, band, *figures in session.execute(query, {"today": as_of or today})
    ]


_SUMMED = (
    "owed_cents", "past_due_cents", "payment_cents", "down_cents", "costed", "profit_cents", "realised_cents", "first_due",
    "first_made",
)  # fmt: skip


def days(session: Session, viewer: Viewer, *, most: int = 400) -> list[dt.date]:
    """Days with snapshots, the newest first."""
    query = select(PortfolioDay.business_on).where(condition(PortfolioDay, viewer)).distinct()
    return list(session.scalars(query.order_by(PortfolioDay.business_on.desc()).limit(most)))


def demand_day(session: Session, on: dt.date) -> None:
    """Refuse a day whose end never ran, naming the last one before it that has."""
    if session.scalar(select(PortfolioDay.business_on).where(PortfolioDay.business_on == on).limit(1)) is not None:
        return
    before = session.scalar(select(func.max(PortfolioDay.business_on)).where(PortfolioDay.business_on < on))
    hint = f" The last one before it: {before.isoformat()}." if before else ""
    raise RuleViolation(f"No end of day was kept for {on.isoformat()}.{hint}", field="as_of")


def _live(bands: tuple[BucketRange, ...]) -> Select[Any]:
    is_aged = Account.status.in_(sorted(AGED_STATUSES))
    return _stood(
        status=cast(Account.status, String),
        days=DAYS_PAST_DUE,
        owed=case((is_aged, Account.balance_cents), else_=0),
        past_due=case((Account.status.in_(sorted(OPEN_STATUSES)), PAST_DUE_CENTS), else_=0),
        paid=Account.paid_cents,
        bands=bands,
    )


def _then(on: dt.date, bands: tuple[BucketRange, ...]) -> Select[Any]:
    """From the snapshots, the changes of status and the ledger."""
    snapshot = AccountSnapshot
    next_change = (
        select(func.coalesce(cast(StatusChange.from_status, String), cast(StatusChange.to_status, String)))
        .where(StatusChange.account_id == Account.id, StatusChange.business_on > on)
        .order_by(StatusChange.business_on, StatusChange.id)
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    kept = (PaymentState.COMPLETE, PaymentState.REVERSED, PaymentState.REFUNDED)
    paid = (
        select(
            func.coalesce(
                func.sum(case((Payment.kind.in_(sorted(MONEY_IN_KINDS)), Payment.amount_cents), else_=-Payment.amount_cents)), 0
            )
        )
        .where(Payment.account_id == Account.id, Payment.state.in_(kept), Payment.effective_on <= on)
        .correlate(Account)
        .scalar_subquery()
    )
    status = func.coalesce(cast(snapshot.status, String), next_change, cast(Account.status, String))
    query = _stood(
        status=status,
        days=func.coalesce(snapshot.days_past_due, 0),
        owed=func.coalesce(snapshot.balance_cents, 0),
        past_due=case((status.in_(sorted(OPEN_STATUSES)), func.coalesce(snapshot.past_due_cents, 0)), else_=0),
        paid=cast(paid, BigInteger),
        bands=bands,
    )
    return query.outerjoin(snapshot, and_(snapshot.account_id == Account.id, snapshot.business_on == on)).where(
        Account.opened_at < clock.moment(on + dt.timedelta(days=1), dt.time.min)
    )


def _stood(
    *,
    status: ColumnElement[Any],
    days: ColumnElement[Any],
    owed: ColumnElement[Any],
    past_due: ColumnElement[Any],
    paid: Any,
    bands: tuple[BucketRange, ...],
) -> Select[Any]:
    """A row for each account, with what it is grouped by and what is added up."""
    is_late = and_(status == AccountStatus.ACTIVE.value, days > 0)
    band = case(*((bucket.from_days <= days, place) for place, bucket in reversed(list(enumerate(bands)))), else_=0)
    cost = Device.cost_cents
    return (
        select(
            case((is_late, PAST_DUE), else_=status).label("standing"),
            cast(Account.frequency, String).label("frequency"),
            BANK_TYPE.label("bank"),
            case((status.in_(sorted(OPEN_STATUSES)), band), else_=null()).label("band"),
            owed.label("owed_cents"),
            past_due.label("past_due_cents"),
            Account.payment_cents.label("payment_cents"),
            Account.down_payment_cents.label("down_cents"),
            case((cost.is_not(None), 1), else_=0).label("costed"),
            (paid + owed - cost).label("profit_cents"),
            (paid - cost).label("realised_cents"),
            case((FIRST_IS_DUE, 1), else_=0).label("first_due"),
            case((FIRST_IS_MADE, 1), else_=0).label("first_made"),
        )
        .select_from(Account)
        .outerjoin(Device, Device.id == Account.device_id)
        .outerjoin(ReportCard, OWN_CARD)
        .outerjoin(First, FIRST_LINE)
    )
