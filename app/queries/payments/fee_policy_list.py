"""The list of fee policies."""

from __future__ import annotations

from app.domain.payments.allocation import Policy
from app.domain.servicing.fees import FrequencyClass
from app.models import FeePolicy, Portfolio
from app.queries.listing import Choice, Field, Flag, Join, Listing, One, Text

FEE_POLICIES = Listing(
    FeePolicy,
    joins=(Join("portfolio", Portfolio, FeePolicy.portfolio_id == Portfolio.id, is_outer=True),),
    fields=(
        Field("name", FeePolicy.name, sort=True),
        Field("state", FeePolicy.state, sort=True),
        Field("portfolio", Portfolio.name, "portfolio", sort=True),
        Field("contract_from_on", FeePolicy.contract_from_on, sort=True),
        Field("frequency_class", FeePolicy.frequency_class),
        Field("grace_days", FeePolicy.grace_days),
        Field("is_grace_business_days", FeePolicy.is_grace_business_days),
        Field("percent", FeePolicy.percent),
        Field("flat_cents", FeePolicy.flat_cents),
        Field("combiner", FeePolicy.combiner),
        Field("floor_cents", FeePolicy.floor_cents),
        Field("cap_cents", FeePolicy.cap_cents),
        Field("cap_total_cents", FeePolicy.cap_total_cents),
        Field("allocation", FeePolicy.allocation),
        Field("returned_payment_cents", FeePolicy.returned_payment_cents),
        Field("citation", FeePolicy.citation),
        Field("verified_on", FeePolicy.verified_on),
        Field("is_active", FeePolicy.is_active),
    ),
    filters=(
        Text("state", "State", FeePolicy.state),
        Choice("class", "Frequency", FeePolicy.frequency_class, words=FrequencyClass),
        Choice("order", "Payments cover", FeePolicy.allocation, words=Policy),
        One("portfolio", "Portfolio", FeePolicy.portfolio_id, model=Portfolio, order_by=Portfolio.name, none="All"),
        Flag("active", "Active", FeePolicy.is_active),
    ),
    order="name",
)
