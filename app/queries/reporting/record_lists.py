"""The records that reports are made of."""

from __future__ import annotations

from app.domain.servicing.status import AccountStatus
from app.models import AccountSnapshot, Portfolio, PortfolioDay
from app.queries.listing import Choice, Dates, Field, Join, Listing, Numbers, One, Sort
from app.queries.servicing.hanging import hanging

SNAPSHOTS = hanging(
    AccountSnapshot,
    AccountSnapshot.account_id,
    (
        Field("business_on", AccountSnapshot.business_on),
        Field("days_past_due", AccountSnapshot.days_past_due),
        Field("past_due_cents", AccountSnapshot.past_due_cents, total=True),
        Field("balance_cents", AccountSnapshot.balance_cents, total=True),
        Field("status", AccountSnapshot.status),
    ),
    (
        Dates("on", "Business date", AccountSnapshot.business_on),
        Choice("status", "Status", AccountSnapshot.status, words=AccountStatus),
        Numbers("days", "Days past due", AccountSnapshot.days_past_due),
    ),
    order="-place",
    sorts={"place": Sort((AccountSnapshot.business_on, AccountSnapshot.account_id))},
    identity=AccountSnapshot.account_id,
)

PORTFOLIO_DAYS = Listing(
    PortfolioDay,
    joins=(Join("portfolio", Portfolio, PortfolioDay.portfolio_id == Portfolio.id),),
    fields=(
        Field("business_on", PortfolioDay.business_on),
        Field("portfolio", Portfolio.name, "portfolio"),
        Field("from_days", PortfolioDay.from_days),
        Field("accounts", PortfolioDay.accounts, total=True),
        Field("past_due_cents", PortfolioDay.past_due_cents, total=True),
        Field("balance_cents", PortfolioDay.balance_cents, total=True),
    ),
    sorts={"place": Sort((PortfolioDay.business_on, PortfolioDay.portfolio_id))},
    filters=(
        Dates("on", "Business date", PortfolioDay.business_on),
        One("portfolio", "Portfolio", PortfolioDay.portfolio_id, model=Portfolio, order_by=Portfolio.name),
    ),
    order="-place",
    identity=PortfolioDay.from_days,
)
