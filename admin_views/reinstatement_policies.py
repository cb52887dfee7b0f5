"""Reinstatement policies: for how long a lapsed lease may be brought back in each state, with the citation of each rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views.base import EditableView, RecordService
from admin_views.gate import viewer
from admin_views.grid import Column, View
from admin_views.organization import STATE
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import Base, ReinstatementPolicy
from app.queries.servicing.reinstatement import REINSTATEMENT_POLICIES
from app.services.servicing import reinstatement


def state(row: Any) -> str:
    """The state, or that it is for every one."""
    return str(escape(row.state)) if row.state else "Every state"


def _create(session: Session, model: type[Base], values: Mapping[str, Any], **given: Any) -> Base:
    _demand_reach(values.get("portfolio"))
    return reinstatement.create(session, model, values, **given)


def _change(session: Session, row: Any, values: Mapping[str, Any], **given: Any) -> bool:
    _demand_reach(row.portfolio)
    _demand_reach(values.get("portfolio"))
    return reinstatement.change(session, row, values, **given)


def _remove(session: Session, row: Any, **given: Any) -> None:
    _demand_reach(row.portfolio)
    reinstatement.remove(session, row, **given)


def _demand_reach(portfolio: Any) -> None:
    """Who is kept to some portfolios does not change what counts in all of them."""
    if portfolio is None and viewer().portfolio_ids:
        raise RuleViolation("A policy for all portfolios is changed by somebody who works in all of them.", field="portfolio")


class ReinstatementPolicies(EditableView):
    """Until when a lapsed lease may be reinstated, and for what fee."""

    title, url, endpoint = "Reinstatement policies", "/admin/settings/reinstatement-policies", "reinstatement_policies"
    noun = "policies"
    model = ReinstatementPolicy
    listing = REINSTATEMENT_POLICIES
    minimum_role = Role.ADMIN
    context = "Counted from the first missed due date; the longest of days, periods and days if returned is granted."
    service = RecordService(_create, _change, _remove)
    views = (View("All"), View("Active", "active=1"), View("Inactive", "active=0"))
    opens_details = True
    columns = (
        Column("state", "State", cell=state),
        Column("contract_from_on", "Contracts from", card="detail"),
        Column("days_weekly", "Days weekly"),
        Column("days_longer", "Days longer", card="figure"),
        Column("periods", "Periods"),
        Column("days_if_returned", "Days if returned"),
        Column("fee_cents", "Fee up to", dash_zero=True),
        Column("citation", "Citation", wide=True),
        Column("verified_on", "Verified on"),
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
        "verified_on": "When somebody last compared this with the statute.",
    }
    empty = ("There is no policy yet", "Add the reinstatement rules of each state; without one a supervisor decides.")
