"""Arrangements: what waits for a decision. Free Money: what the days that were granted are worth."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import request
from markupsafe import escape
from sqlalchemy.orm import Session

from admin_views import formats
from admin_views.base import GridPage
from admin_views.gate import viewer
from admin_views.grid import Button, Column, View, cells, customer_column
from admin_views.grid.state import GridState
from app.clock import today
from app.domain.money import as_text
from app.domain.servicing.arrangements import Terms
from app.domain.staff.roles import Role
from app.queries.servicing.arrangement_lists import ARRANGEMENTS, FREE_MONEY, given_away

TONES = {"requested": "info", "approved": "info", "applied": "good", "reversed": "warn"}
WAITING = "state=requested&state=approved&sort=requested_at"
"""What the page shows before anybody filters: what waits, the oldest first."""


def state(row: Any) -> str:
    """Mark and word."""
    return f'<span class="st {TONES.get(row.state.value, "mute")}">{escape(row.state.label)}</span>'


def terms(row: Any) -> str:
    """What is agreed on, in a few words."""
    return str(escape(terms_in_words(row)))


def terms_in_words(row: Any) -> str:
    """10 days, 1 installment, from Dec 25, in 4 parts, $100.00 by Dec 4."""
    agreed = Terms.of(row.terms)
    if agreed.days:
        return f"{agreed.days} day{'s' if agreed.days > 1 else ''}"
    if agreed.count:
        return f"{agreed.count} installment{'s' if agreed.count > 1 else ''}"
    if agreed.parts:
        return f"in {agreed.parts} parts"
    if agreed.amount_cents:
        return as_text(agreed.amount_cents) + (f" by {agreed.due_on:%b %-d, %Y}" if agreed.due_on else "")
    return f"from {agreed.due_on:%b %-d, %Y}" if agreed.due_on else ""


def beyond(row: Any) -> str:
    """The limits that it exceeds."""
    if not row.beyond:
        return formats.DASH
    return f'<span class="warn" title="{escape(row.beyond)}">Beyond limits</span>'


def account_url(row: Any) -> str:
    """A row leads to its account's arrangements."""
    return f"/admin/accounts/{row.account_id}#arrangements"


TERMS = Column("terms", "Terms", cell=terms, plain=terms_in_words)
STATE = Column("state", "Status", cell=state, card="state")


class Arrangements(GridPage):
    """Extensions, deferrals, plans and settlements of all accounts; supervisors decide from here."""

    title = "Arrangements"
    url = "/admin/arrangements"
    endpoint = "arrangements"
    minimum_role = Role.SUPERVISOR
    context = "What was asked for and waits for a decision, and what became of the others"
    listing = ARRANGEMENTS
    noun = "arrangements"
    columns = (
        customer_column(),
        Column("account_number", "Account #"),
        Column("requested_at", "Requested"),
        Column("kind", "Type", card="detail", card_label=""),
        TERMS,
        Column("reason", "Reason", wide=True),
        Column("days_moved", "Days", dash_zero=True),
        Column("value_cents", "Value", dash_zero=True, card="figure"),
        Column("beyond", "Limits", cell=beyond),
        Column("requested_by", "Requested by"),
        STATE,
        Column("approved_by", "Approved by", shown=False),
        Column("applied_on", "Applied", shown=False),
        Column("beyond_reason", "Reason for the exception", shown=False),
        Column("days_past_due", "Days past due", shown=False, dash_zero=True),
        Column("contract_days_past_due", "By the contract", shown=False, dash_zero=True),
        Column("past_due_cents", "Past due", shown=False, dash_zero=True),
    )
    views = (
        View("To decide", WAITING),
        View("Applied", "state=applied"),
        View("Reversed", "state=reversed"),
        View("Refused", "state=rejected&state=withdrawn&state=failed"),
    )
    empty = ("Nothing was arranged yet", "Open an account and choose Arrange: what a collector asks for there waits here.")
    row_url = staticmethod(account_url)
    name_field = staticmethod(cells.customer_name)

    def state(self) -> GridState:
        """What this request asks for; what waits when it asks for nothing."""
        pairs = list(request.args.items(multi=True))
        return GridState.of(pairs or parse_qsl(WAITING), self.listing)


class FreeMoney(GridPage):
    """What the days that were granted are worth, by month, by who asked and by kind."""

    title = "Free Money"
    url = "/admin/free-money"
    endpoint = "free_money"
    minimum_role = Role.MANAGER
    context = "Value of days moved: payment × days / days of a period; of a settlement what was forgiven"
    listing = FREE_MONEY
    noun = "arrangements"
    template = "arrangements/free_money.html"
    columns = (
        customer_column(),
        Column("account_number", "Account #"),
        Column("applied_on", "Applied"),
        Column("kind", "Type", card="detail", card_label=""),
        TERMS,
        Column("days_moved", "Days", dash_zero=True),
        Column("value_cents", "Value", card="figure"),
        Column("requested_by", "Requested by"),
        Column("approved_by", "Approved by"),
        Column("days_past_due", "Days past due", dash_zero=True),
        Column("contract_days_past_due", "By the contract", dash_zero=True),
        Column("reason", "Reason", shown=False),
        Column("beyond", "Limits", cell=beyond, shown=False),
    )
    views = (
        View("All"),
        View("Last 30 days", "applied_from=-30d"),
        View("Extensions", "kind=extension"),
        View("Settlements", "kind=settlement"),
    )
    buttons = (Button("Requests", "/admin/arrangements/", icon="calendar-range", minimum_role=Role.SUPERVISOR),)
    empty = (
        "Nothing was granted yet",
        "What is granted on an account stands here once it applies.",
    )
    row_url = staticmethod(account_url)
    name_field = staticmethod(cells.customer_name)

    def context_values(self, session: Session) -> dict[str, Any]:
        """The sums of what the filters find."""
        groups = given_away(session, viewer(), self.state().criteria, today=today())
        return {
            "groups": groups,
            "totals": {
                "count": sum(group.count for group in groups),
                "value_cents": sum(group.value_cents for group in groups),
            },
        }
