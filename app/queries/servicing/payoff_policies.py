"""The list of payoff policies."""

from __future__ import annotations

from app.domain.servicing.early_purchase import Formula
from app.models import PayoffPolicy, Portfolio, Staff
from app.queries.listing import Choice, Field, Flag, Join, Listing, One, Text

PAYOFF_POLICIES = Listing(
    PayoffPolicy,
    joins=(
        Join("portfolio", Portfolio, PayoffPolicy.portfolio_id == Portfolio.id, is_outer=True),
        Join("verifier", Staff, PayoffPolicy.verified_by_id == Staff.id, is_outer=True),
    ),
    fields=(
        Field("state", PayoffPolicy.state, sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("contract_from_on", PayoffPolicy.contract_from_on, sort=True),
        Field("formula", PayoffPolicy.formula),
        Field("percent", PayoffPolicy.percent),
        Field("cash_months", PayoffPolicy.cash_months),
        Field("cash_days", PayoffPolicy.cash_days),
        Field("needs_payments", PayoffPolicy.needs_payments),
        Field("balloon_cents", PayoffPolicy.balloon_cents),
        Field("good_days", PayoffPolicy.good_days),
        Field("citation", PayoffPolicy.citation),
        Field("verified_on", PayoffPolicy.verified_on),
        Field("verified_by", Staff.name, "verifier"),
        Field("is_active", PayoffPolicy.is_active),
    ),
    filters=(
        Text("state", "State", PayoffPolicy.state),
        Choice("formula", "Formula", PayoffPolicy.formula, words=Formula),
        One("portfolio", "Portfolio", PayoffPolicy.portfolio_id, model=Portfolio, order_by=Portfolio.name, none="All"),
        Flag("active", "Active", PayoffPolicy.is_active),
        Flag("verified", "Verified", PayoffPolicy.verified_on.is_not(None)),
    ),
    order="state",
)
