"""The list of fee policies."""

from __future__ import annotations

from app.domain.payments.allocation import Policy
from app.domain.payments.partial import PartialPayments
from app.domain.servicing.fees import FrequencyClass
from app.models import FeePolicy, Portfolio, Staff
from app.queries.listing import Choice, Field, Flag, Join, Listing, One, Text

FEE_POLICIES = Listing(
    FeePolicy,
    joins=(
        Join("portfolio", Portfolio, FeePolicy.portfolio_id == Portfolio.id, is_outer=True),
        Join("verifier", Staff, FeePolicy.verified_by_id == Staff.id, is_outer=True),
    ),
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
        Field("partial_payments", FeePolicy.partial_payments),
        Field("returned_payment_cents", FeePolicy.returned_payment_cents),
        Field("citation", FeePolicy.citation),
        Field("verified_on", FeePolicy.verified_on),
        Field("verified_by", Staff.name, "verifier"),
        Field("is_active", FeePolicy.is_active),
    ),
    filters=(
        Text("state", "State", FeePolicy.state),
        Choice("class", "Frequency", FeePolicy.frequency_class, words=FrequencyClass),
        Choice("order", "Payments cover", FeePolicy.allocation, words=Policy),
        Choice("part", "A part payment", FeePolicy.partial_payments, words=PartialPayments),
        One("portfolio", "Portfolio", FeePolicy.portfolio_id, model=Portfolio, order_by=Portfolio.name, none="All"),
        Flag("active", "Active", FeePolicy.is_active),
        Flag("verified", "Verified", FeePolicy.verified_on.is_not(None)),
    ),
    order="name",
)
