"""Portfolios, companies, regions, offices, dealers: what reassignment, reports and rules select by."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue

from admin_views.base import EditableView, RecordService, expose
from admin_views.gate import viewer
from admin_views.grid import Column, View
from app.domain.staff.roles import Role
from app.models import Company, Dealer, Office, Portfolio, Region
from app.queries.portfolio import organization as lists
from app.services.portfolio import organization

TABS = (View("All"), View("Active", "active=1"), View("Inactive", "active=0"))


def state(row: Any) -> str:
    """Mark and word."""
    return '<span class="st good">Active</span>' if row.is_active else '<span class="st mute">Inactive</span>'


STATE = Column("is_active", "Status", cell=state, card="state")


class OrganizationView(EditableView):
    """What the five lists have in common."""

    is_abstract = True
    minimum_role = Role.ADMIN
    service = RecordService(organization.create, organization.change, organization.remove)
    views = TABS
    form_help = {
        "code": "Short and unique: letters, digits, - and _.",
        "is_active": "Inactive ones are not offered for new leases.",
    }
    opens_details = True


class Portfolios(OrganizationView):
    """The books."""

    title, url, endpoint, noun = "Portfolios", "/admin/org/portfolios", "portfolios", "portfolios"
    model = Portfolio
    listing = lists.PORTFOLIOS
    columns = (
        Column("name", "Name"),
        Column("code", "Code", mono=True, card="figure"),
        Column("currency", "Currency"),
        Column("time_zone", "Time zone", card="detail", card_label=""),
        Column("tolerance_cents", "Tolerance", hint="An installment with no more than this unpaid is not past due"),
        STATE,
    )
    form_columns = ("code", "name", "currency", "time_zone", "tolerance_cents", "is_active")
    empty = ("There is no portfolio yet", "Add one here; accounts are imported into it.")

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> ResponseReturnValue:
        """A new book; not by staff who are kept to some of them, for they could not see it."""
        if viewer().portfolio_ids:
            abort(403)
        answer: ResponseReturnValue = super().create_view()
        return answer


class Companies(OrganizationView):
    """Legal entities inside a portfolio."""

    title, url, endpoint, noun = "Companies", "/admin/org/companies", "companies", "companies"
    model = Company
    listing = lists.COMPANIES
    columns = (
        Column("name", "Name"),
        Column("code", "Code", mono=True, card="figure"),
        Column("portfolio", "Portfolio", card="detail", card_label=""),
        STATE,
    )
    form_columns = ("portfolio", "code", "name", "is_active")
    empty = ("There is no company yet", "Add the legal entities of each portfolio.")


class Regions(OrganizationView):
    """Parts of a company's territory."""

    title, url, endpoint, noun = "Regions", "/admin/org/regions", "regions", "regions"
    model = Region
    listing = lists.REGIONS
    columns = (
        Column("name", "Name"),
        Column("code", "Code", mono=True, card="figure"),
        Column("company", "Company", card="detail", card_label=""),
        Column("portfolio", "Portfolio"),
        STATE,
    )
    form_columns = ("company", "code", "name", "is_active")
    empty = ("There is no region yet", "Add the regions of each company.")


class Offices(OrganizationView):
    """Places of business inside a region."""

    title, url, endpoint, noun = "Offices", "/admin/org/offices", "offices", "offices"
    model = Office
    listing = lists.OFFICES
    columns = (
        Column("name", "Name"),
        Column("code", "Code", mono=True, card="figure"),
        Column("phone", "Phone"),
        Column("region", "Region", card="detail", card_label=""),
        Column("portfolio", "Portfolio"),
        STATE,
    )
    form_columns = ("region", "code", "name", "phone", "is_active")
    empty = ("There is no office yet", "Add the offices of each region.")


class Dealers(OrganizationView):
    """The shops that write contracts."""

    title, url, endpoint, noun = "Dealers", "/admin/org/dealers", "dealers", "dealers"
    model = Dealer
    listing = lists.DEALERS
    columns = (
        Column("name", "Name"),
        Column("code", "Code", mono=True, card="figure"),
        Column("contact", "Contact"),
        Column("phone", "Phone"),
        Column("office", "Office"),
        Column("portfolio", "Portfolio", card="detail", card_label=""),
        STATE,
    )
    form_columns = ("portfolio", "office", "code", "name", "contact", "phone", "is_active")
    empty = ("There is no dealer yet", "Add the shops that write contracts for a portfolio.")
