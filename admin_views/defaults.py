"""Defaults Overview: every account that went into default, and whether its device is back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import request
from markupsafe import escape

from admin_views.base import GridPage
from admin_views.case_page import account_link
from admin_views.grid import Column, View, cells
from admin_views.grid.state import GridState
from app.domain.staff.roles import Role
from app.queries.servicing.defaults import DEFAULTS, STANDS

TO_DO = "&".join(f"status={status.value}" for status in STANDS)


def customer(row: Any) -> str:
    """The name, as a link to the account."""
    return f'<a href="/admin/accounts/{row.account_id}">{escape(cells.customer_name(row) or "No name")}</a>'


def returned(row: Any) -> str:
    """Yes or no, leading to the return or to the recovery where there is one."""
    if row.is_returned:
        return (
            f'<a class="st good" href="/admin/returns/{row.return_id}">Yes</a>'
            if row.return_id
            else '<span class="st good">Yes</span>'
        )
    if row.return_id:
        return f'<a class="st info" href="/admin/returns/{row.return_id}">On its way</a>'
    if row.recovery_id:
        return f'<a class="st warn" href="/admin/recoveries/{row.recovery_id}" title="To its recovery">No</a>'
    return '<span class="st open">No</span>'


class Defaults(GridPage):
    """Accounts in default, with recovery tracking."""

    title = "Defaults Overview"
    url = "/admin/defaults"
    endpoint = "defaults"
    minimum_role = Role.COLLECTOR
    context = "All defaulted accounts with recovery tracking; the date of default never moves later"
    listing = DEFAULTS
    noun = "accounts"
    columns = (
        Column(
            "account_number",
            "Account #",
            needs=("account_id", "account_number"),
            cell=account_link,
            plain=lambda row: row.account_number,
        ),
        Column(
            "customer",
            "Customer",
            needs=("account_id", "first_name", "last_name"),
            cell=customer,
            plain=cells.customer_name,
            sort="customer",
            card="detail",
            card_label="",
        ),
        Column("phone_e164", "Phone"),
        Column("device_model", "Device"),
        Column("frequency", "Frequency"),
        Column("total_cents", "Contract Value"),
        Column("paid_cents", "Total Paid"),
        Column("balance_cents", "Balance Owed", card="figure"),
        Column("default_on", "Default Date"),
        Column(
            "is_returned",
            "Returned?",
            needs=("is_returned", "return_id", "recovery_id"),
            cell=returned,
            plain=lambda row: "Yes" if row.is_returned else "No",
            card="state",
        ),
        Column(
            "status",
            "Status",
            needs=("status", "days_past_due"),
            cell=lambda row: cells.status_mark(row.status, row.days_past_due),
            plain=lambda row: row.status.label,
            shown=False,
        ),
        Column("days_past_due", "Days past due", shown=False, dash_zero=True),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
        Column("last_paid_on", "Last paid", shown=False),
        Column("assigned_to", "Assigned to", shown=False),
        Column("portfolio", "Portfolio", shown=False),
    )
    views = (
        View("Defaulted", TO_DO),
        View("In default", "status=default"),
        View("In recovery", "status=recovery"),
        View("Returned", "returned=1"),
        View("Charged off", "status=charged_off"),
        View("Paid or closed", "status=paid_off&status=closed"),
        View("Caught up", "status=active"),
    )
    empty = ("Nothing is in default", "An account stands here once it is 60 days late (weekly) or 90 (longer).")
    row_url = staticmethod(lambda row: f"/admin/accounts/{row.id}")
    name_field = staticmethod(cells.customer_name)

    def state(self) -> GridState:
        """What this request asks for; the defaults that are not over when it asks for nothing."""
        pairs = list(request.args.items(multi=True))
        return GridState.of(pairs or parse_qsl(TO_DO), self.listing)
