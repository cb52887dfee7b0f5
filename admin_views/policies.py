"""What the pages of policies have in common: who may change them, their tabs, and how a state is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views.base import EditableView, RecordService
from admin_views.gate import viewer
from admin_views.grid import Column, View
from app.domain.errors import RuleViolation
from app.domain.staff.roles import Role
from app.models import Base
from app.services.portfolio.policies import PolicyService


class PolicyView(EditableView):
    """Rows by state, portfolio and contract date; the newest that fits counts."""

    is_abstract = True
    noun = "policies"
    minimum_role = Role.ADMIN
    views = (View("All"), View("Active", "active=1"), View("Not verified", "active=1&verified=0"), View("Inactive", "active=0"))
    opens_details = True


def state(row: Any) -> str:
    """The state, or that it is for every one."""
    return str(escape(row.state)) if row.state else "Every state"


def verified(row: Any) -> str:
    """When somebody last compared it with its source, and who; plainly that nobody has, though it is in force."""
    if row.verified_on is None:
        return '<span class="st warn">Not verified</span>'
    return str(escape(_verified(row)))


def verified_plain(row: Any) -> str:
    """The same for files."""
    return "Not verified" if row.verified_on is None else _verified(row)


def _verified(row: Any) -> str:
    by = f" by {row.verified_by}" if row.verified_by else ""
    return f"{row.verified_on:%b %-d, %Y}{by}"


VERIFIED = Column(
    "verified_on", "Verified", needs=("verified_on", "verified_by"), cell=verified, plain=verified_plain, card="detail"
)
"""It stands beside the citation on every page of policies."""


def within_reach(policies: PolicyService) -> RecordService:
    """The service for a form: who is kept to some portfolios does not change what counts in all of them."""

    def create(session: Session, model: type[Base], values: Mapping[str, Any], **given: Any) -> Base:
        _demand_reach(values.get("portfolio"))
        return policies.create(session, model, values, **given)

    def change(session: Session, row: Any, values: Mapping[str, Any], **given: Any) -> bool:
        _demand_reach(row.portfolio)
        _demand_reach(values.get("portfolio"))
        return policies.change(session, row, values, **given)

    def remove(session: Session, row: Any, **given: Any) -> None:
        _demand_reach(row.portfolio)
        policies.remove(session, row, **given)

    return RecordService(create, change, remove)


def _demand_reach(portfolio: Any) -> None:
    if portfolio is None and viewer().portfolio_ids:
        raise RuleViolation("A policy for all portfolios is changed by somebody who works in all of them.", field="portfolio")
