"""The way to all records."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from admin_views.base import Page, expose
from admin_views.gate import person
from admin_views.records.behind_reports import Buckets, PortfolioDays, SavedViews, SettingRecords, Snapshots
from admin_views.records.collecting import Activities, Assignments, BucketChanges, Notes, Promises, StatusChanges
from admin_views.records.contracts import Contracts
from admin_views.records.customers import Consents, Customers, Devices, Phones
from admin_views.records.money import Adjustments, Allocations, Cards, Fees, Installments, Ledger, Quotes
from app.domain.staff.roles import Role

GROUPS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Customers", (Customers, Phones, Consents, Devices, Contracts)),
    ("Money", (Ledger, Installments, Allocations, Fees, Adjustments, Quotes, Cards)),
    ("Collections", (Activities, Notes, Promises, Assignments, StatusChanges, BucketChanges)),
    ("Behind the reports", (Snapshots, PortfolioDays, Buckets, SettingRecords, SavedViews)),
)


class RecordsOverview(Page):
    """The way to all of them."""

    title, url, endpoint = "Records", "/admin/records", "records"
    minimum_role = Role.COLLECTOR

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The lists that the signed-in person may open, in groups."""
        role = person().role
        groups = [(title, [one for one in screens if role.includes(one.minimum_role)]) for title, screens in GROUPS]
        return render_template("grid/records.html", screen=self, groups=[group for group in groups if group[1]])
