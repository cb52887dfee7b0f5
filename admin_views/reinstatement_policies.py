"""Reinstatement policies: for how long a lapsed lease may be brought back in each state, with the citation of each rule."""

from __future__ import annotations

from admin_views.grid import Column
from admin_views.organization import STATE
from admin_views.policies import VERIFIED, PolicyView, state, within_reach
from app.models import ReinstatementPolicy
from app.queries.servicing.reinstatement import REINSTATEMENT_POLICIES
from app.services.servicing import reinstatement


class ReinstatementPolicies(PolicyView):
    """Until when a lapsed lease may be reinstated, and for what fee."""

    title, url, endpoint = "Reinstatement policies", "/admin/settings/reinstatement-policies", "reinstatement_policies"
    model = ReinstatementPolicy
    listing = REINSTATEMENT_POLICIES
    context = "Counted from the first missed due date; the longest of days, periods and days if returned is granted."
    service = within_reach(reinstatement.POLICIES)
    columns = (
        Column("state", "State", cell=state),
        Column("contract_from_on", "Contracts from"),
        Column("days_weekly", "Days weekly"),
        Column("days_longer", "Days longer", card="figure"),
        Column("periods", "Periods"),
        Column("days_if_returned", "Days if returned"),
        Column("fee_cents", "Fee up to", dash_zero=True),
        Column("citation", "Citation", wide=True),
        VERIFIED,
        Column("portfolio", "Portfolio", shown=False),
        STATE,
    )
    form_columns = (
        "state",
        "portfolio",
        "contract_from_on",
        "days_weekly",
        "days_longer",
        "periods",
        "days_if_returned",
        "fee_cents",
        "citation",
        "verified_on",
        "is_active",
    )
    form_help = {
        "state": "Two letters; empty for every state without a policy of its own.",
        "days_weekly": "Days after the first missed due date, weekly leases.",
        "days_longer": "The same for all other leases.",
        "periods": "At least so many payment periods; 0.5 is half a period.",
        "days_if_returned": "At least so many days when the device was given back.",
        "fee_cents": "The most that may be asked for reinstating.",
        "verified_on": "When you compared it with the statute; your name is kept with it.",
    }
    empty = ("There is no policy yet", "Add the reinstatement rules of each state; without one a supervisor decides.")
