"""Installments Due: the rows behind what the Dashboard counts."""

from __future__ import annotations

from typing import Any

from admin_views.base import GridPage
from admin_views.grid import Column, View, cells, customer_column
from app.domain.staff.roles import Role
from app.queries.reporting.installments_due import INSTALLMENTS_DUE


def state(row: Any) -> str:
    """Whether it is covered."""
    said = plain_state(row)
    tone = {"Collected": "good", "Part paid": "warn"}.get(said, "open")
    return f'<span class="st {tone}">{said}</span>'


def plain_state(row: Any) -> str:
    """Collected, part paid or outstanding."""
    if row.paid_cents >= row.amount_cents:
        return "Collected"
    return "Part paid" if row.paid_cents else "Outstanding"


class InstallmentsDue(GridPage):
    """What falls due, line by line."""

    title = "Installments Due"
    url = "/admin/due"
    endpoint = "due"
    minimum_role = Role.COLLECTOR
    context = "What falls due and what of it is collected, on accounts that were open on the due date"
    listing = INSTALLMENTS_DUE
    noun = "installments"
    columns = (
        customer_column(),
        Column("due_on", "Due", weekday=True, card="detail", card_label="Due"),
        Column("number", "#"),
        Column("amount_cents", "Amount Due", card="figure"),
        Column("paid_cents", "Collected", dash_zero=True),
        Column("open_cents", "Outstanding", dash_zero=True, css="strong"),
        Column("state", "Status", needs=("amount_cents", "paid_cents"), cell=state, plain=plain_state, card="state"),
        Column("paid_on", "Paid on"),
        Column(
            "standing",
            "Account",
            needs=("status", "days_past_due"),
            cell=lambda row: cells.status_mark(row.status, row.days_past_due),
            plain=lambda row: row.status.label,
            shown=False,
        ),
        Column("assigned_to", "Assigned to", shown=False),
    )
    views = (
        View("All"),
        View("Due today", "due_from=today&due_to=today"),
        View("Outstanding today", "due_from=today&due_to=today&state=outstanding"),
        View("Next seven days", "due_from=%2B1d&due_to=%2B7d"),
    )
    empty = ("There are no installments yet", "Each account that is imported or entered brings its schedule.")
    row_url = staticmethod(lambda row: f"/admin/accounts/{row.account_id}#schedule")
    name_field = staticmethod(cells.customer_name)
