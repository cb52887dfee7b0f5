"""Fee policies: the late fee of each state, and in which order payments cover what is owed, with the citation of each rule."""

from __future__ import annotations

from typing import Any

from admin_views.grid import Column
from admin_views.organization import STATE
from admin_views.policies import VERIFIED, PolicyView, state, within_reach
from app.domain.money import as_text
from app.domain.servicing.fees import late_fee
from app.models import FeePolicy
from app.queries.payments.fee_policies import rule_of
from app.queries.payments.fee_policy_list import FEE_POLICIES
from app.services.payments import fee_policies

TRIED_CENTS = (2_999, 15_000, 40_000)
"""Installments for which the list shows what a policy makes of them."""


def grace(row: Any) -> str:
    """How long nothing is charged."""
    return f"{row.grace_days} business days" if row.is_grace_business_days else f"{row.grace_days} days"


def tried(row: Any) -> str:
    """What the policy charges on three amounts: the quickest way to see a figure that was mistyped."""
    rule = rule_of(row)
    return " · ".join(as_text(late_fee(rule, cents).cents) for cents in TRIED_CENTS)


class FeePolicies(PolicyView):
    """What a late installment costs, by state, portfolio, contract date and rhythm."""

    title, url, endpoint = "Fee policies", "/admin/settings/fee-policies", "fee_policies"
    model = FeePolicy
    listing = FEE_POLICIES
    context = "The newest active row not after the contract's date counts; one for a portfolio wins, then one for the state."
    service = within_reach(fee_policies.POLICIES)
    columns = (
        Column("name", "Policy"),
        Column("state", "State", cell=state, plain=state),
        Column("frequency_class", "Frequency"),
        Column("grace_days", "Grace", needs=("grace_days", "is_grace_business_days"), cell=grace, plain=grace),
        Column(
            "percent",
            "Fee",
            hint="On an installment of $29.99, of $150.00 and of $400.00",
            needs=("name", "percent", "flat_cents", "combiner", "floor_cents", "cap_cents", "cap_total_cents", "citation"),
            cell=tried,
            plain=tried,
            card="figure",
        ),
        Column("allocation", "Payments cover"),
        Column("partial_payments", "A part payment"),
        Column("returned_payment_cents", "Returned payment", dash_zero=True),
        Column("contract_from_on", "Contracts from", shown=False),
        Column("portfolio", "Portfolio"),
        Column("citation", "Citation"),
        VERIFIED,
        STATE,
    )
    form_columns = (
        "name",
        "state",
        "portfolio",
        "contract_from_on",
        "frequency_class",
        "grace_days",
        "is_grace_business_days",
        "percent",
        "flat_cents",
        "combiner",
        "floor_cents",
        "cap_cents",
        "cap_total_cents",
        "allocation",
        "partial_payments",
        "returned_payment_cents",
        "citation",
        "verified_on",
        "is_active",
    )
    form_labels = {
        "contract_from_on": "Contracts from",
        "frequency_class": "Frequency",
        "grace_days": "Days of grace",
        "is_grace_business_days": "Grace in business days",
        "flat_cents": "Flat amount",
        "combiner": "Of percentage and flat amount",
        "floor_cents": "At least",
        "cap_cents": "At most",
        "cap_total_cents": "At most for the whole contract",
        "allocation": "Payments cover",
        "partial_payments": "A part of an installment",
        "returned_payment_cents": "Fee for a returned payment",
    }
    form_help = {
        "name": "It stands on each fee that this policy makes.",
        "state": "Two letters; empty for any state.",
        "portfolio": "Empty for all portfolios.",
        "grace_days": "The fee is assessed at the end of the day after grace.",
        "percent": "5 is five percent of what is unpaid of the installment.",
        "cap_cents": "Empty for no cap.",
        "partial_payments": "$4.99 of $7.00 a week buys 4 days. Back rent: the rest is owed with the next installment. "
        "Leases only; what is open follows with the next entry on each account.",
        "cap_total_cents": "Empty for no cap.",
        "returned_payment_cents": "For a check or bank payment that comes back; a declined card costs nothing.",
        "citation": "The statute, or that it is a decision of the house.",
        "verified_on": "When you compared it with its source; your name is kept with it. Nothing here is legal advice.",
        "is_active": "Inactive ones are passed over.",
    }
    empty = ("There is no fee policy", "Without one, no late fee is charged.")
