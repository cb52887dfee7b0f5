"""Payoff policies: how an early purchase is priced in each state, with the citation of each rule."""

from __future__ import annotations

from typing import Any

from admin_views.grid import Column
from admin_views.organization import STATE
from admin_views.policies import VERIFIED, PolicyView, state, within_reach
from app.models import PayoffPolicy
from app.queries.servicing.payoff_policies import PAYOFF_POLICIES
from app.services.servicing import payoff_policies


def same_as_cash(row: Any) -> str:
    """How long a contract costs no more than its cash price."""
    spans = [(row.cash_months, "month"), (row.cash_days, "day")]
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in spans if count) or "—"


class PayoffPolicies(PolicyView):
    """What an early purchase costs, by state, portfolio and contract date."""

    title, url, endpoint = "Payoff policies", "/admin/settings/payoff-policies", "payoff_policies"
    model = PayoffPolicy
    listing = PAYOFF_POLICIES
    context = "The newest active row not after the contract's date counts; one for a portfolio wins, then one for the state."
    service = within_reach(payoff_policies.POLICIES)
    columns = (
        Column("state", "State", cell=state),
        Column("contract_from_on", "Contracts from"),
        Column("formula", "Formula", card="figure"),
        Column("percent", "Percent"),
        Column(
            "cash_months",
            "Same as cash",
            needs=("cash_months", "cash_days"),
            cell=same_as_cash,
            plain=same_as_cash,
        ),
        Column("needs_payments", "After payments", hint="Installments that must have been paid before", dash_zero=True),
        Column("balloon_cents", "Balloon", dash_zero=True, shown=False),
        Column("good_days", "Good for days", shown=False),
        Column("portfolio", "Portfolio"),
        Column("citation", "Citation"),
        VERIFIED,
        STATE,
    )
    form_columns = (
        "state",
        "portfolio",
        "contract_from_on",
        "formula",
        "percent",
        "cash_months",
        "cash_days",
        "needs_payments",
        "balloon_cents",
        "good_days",
        "citation",
        "verified_on",
        "is_active",
    )
    form_labels = {
        "contract_from_on": "Contracts from",
        "cash_months": "Same as cash, months",
        "cash_days": "Same as cash, days",
        "needs_payments": "Payments needed first",
        "balloon_cents": "Balloon",
        "good_days": "A quote is good for, days",
    }
    form_help = {
        "state": "Two letters; empty for every state.",
        "portfolio": "Empty for all portfolios.",
        "percent": "50 is a half. Only for formulas with a percentage.",
        "cash_months": "So long after the contract's date the price is the cash price less the payments made.",
        "needs_payments": "Without so many paid installments there is no discount.",
        "balloon_cents": "Only for the federal lease.",
        "good_days": "Never beyond the end of same-as-cash or the next due date.",
        "citation": "The statute, or that it is a decision of the house.",
        "verified_on": "When you compared it with its source; your name is kept with it. Nothing here is legal advice.",
        "is_active": "Inactive ones are passed over.",
    }
    empty = ("There is no payoff policy", "Without one, an early purchase costs all that is open.")
