"""Cells that many lists share: the customer with the account's number, the standing of an account."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from admin_views.grid.columns import Column
from app.domain.servicing.status import AccountStatus, standing

TONES: dict[AccountStatus, str] = {
    AccountStatus.PENDING_REVIEW: "open",
    AccountStatus.ACTIVE: "good",
    AccountStatus.PAID_OFF: "mute",
    AccountStatus.DEFAULT: "bad",
    AccountStatus.RECOVERY: "warn",
    AccountStatus.RETURNED: "open",
    AccountStatus.CANCELLED: "mute",
    AccountStatus.VOID: "mute",
    AccountStatus.CHARGED_OFF: "mute",
    AccountStatus.CLOSED: "mute",
}
"""The mark before each status word (design.md part 5)."""


def customer(row: Any) -> str:
    """The name as a link, the account number muted behind it; needs account_id, account_number, first_name, last_name."""
    name = escape(f"{row.first_name} {row.last_name}".strip() or "No name")
    return f'<a href="/admin/accounts/{row.account_id}">{name}</a> <span class="muted xs">{escape(row.account_number)}</span>'


def customer_name(row: Any) -> str:
    """First and last name, for files and labels."""
    return f"{row.first_name} {row.last_name}".strip()


def status_mark(status: AccountStatus, days_past_due: int) -> str:
    """The standing with its mark, and how many days late."""
    late = status is AccountStatus.ACTIVE and days_past_due > 0
    days = f' <span class="muted xs">{days_past_due} d</span>' if late else ""
    return f'<span class="st {"bad" if late else TONES[status]}">{standing(status, days_past_due)}</span>{days}'


def customer_column(label: str = "Customer") -> Column:
    """The customer of an account, in any list with the ACCOUNT_FIELDS of app.queries.servicing.hanging."""
    return Column(
        "customer",
        label,
        needs=("account_id", "account_number", "first_name", "last_name"),
        cell=customer,
        plain=customer_name,
        sort="customer",
    )
