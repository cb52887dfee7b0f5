"""Accounts: every lease in one list."""

from __future__ import annotations

from typing import Any

from admin_views import formats
from admin_views.account_actions import ACCOUNT_ACTIONS
from admin_views.base import ReadOnlyView
from admin_views.grid import Button, Column, View, cells, customer_column
from app.domain.collections.profiles import MenuEntry
from app.domain.servicing.status import standing
from app.domain.staff.roles import Role
from app.models import Account
from app.queries.servicing import account_export
from app.queries.servicing.accounts import ACCOUNTS


def payment(row: Any) -> str:
    """The amount with its rhythm: $54.00 2 wk."""
    return f'{formats.cents(row.payment_cents)} <span class="muted xs">{row.frequency.suffix}</span>'


def status(row: Any) -> str:
    """Mark, word and how many days late."""
    return cells.status_mark(row.status, row.days_past_due)


def bucket(row: Any) -> str:
    """The bar of the ramp and the label; 0 to 4 by the usual lower ends."""
    step = sum(row.days_past_due >= low for low in (1, 31, 61, 91))
    return f'<span class="bk b{step}">{formats.text(row.bucket)}</span>'


COLUMNS = (
    customer_column(),
    Column("device_model", "Device"),
    Column("start_on", "Start Date"),
    Column("payment_cents", "Payment", needs=("payment_cents", "frequency"), cell=payment),
    Column("balance_cents", "Balance", card="figure", css="strong"),
    Column("fees_cents", "Late Fees", dash_zero=True),
    Column("next_due_on", "Due Date", weekday=True, card="detail", card_label="Due"),
    Column(
        "status",
        "Status",
        needs=("status", "days_past_due"),
        cell=status,
        plain=lambda row: standing(row.status, row.days_past_due),
        card="state",
    ),
    Column("account_number", "Account #", shown=False),
    Column("approval_id", "Approval ID", shown=False),
    Column("phone_e164", "Phone", shown=False),
    Column("days_past_due", "Days past due", shown=False, dash_zero=True),
    Column(
        "contract_days_past_due",
        "Days by the contract",
        shown=False,
        dash_zero=True,
        hint="Days past due as of the last end of day by the original due dates, as if nothing had been extended",
    ),
    Column("past_due_cents", "Past due", shown=False, dash_zero=True),
    Column("bucket", "Bucket", needs=("bucket", "days_past_due"), cell=bucket, shown=False),
    Column("paid_cents", "Total paid", shown=False),
    Column("payments_made", "Payments made", shown=False),
    Column("total_cents", "Contract value", shown=False),
    Column("next_due_cents", "Next due", shown=False, dash_zero=True),
    Column("credit_cents", "Credit", shown=False, dash_zero=True),
    Column("frequency", "Frequency", shown=False),
    Column("contract_type", "Contract type", shown=False),
    Column("device_imei", "IMEI", shown=False, mono=True),
    Column("device_serial", "Serial", shown=False, mono=True),
    Column("device_cost_cents", "Device cost", shown=False),
    Column("assigned_to", "Assigned to", shown=False),
    Column("last_paid_on", "Last paid", shown=False),
    Column("default_on", "Default date", shown=False),
    Column("closed_on", "Closed", shown=False),
    Column("portfolio", "Portfolio", shown=False),
    Column("company", "Company", shown=False),
    Column("region", "Region", shown=False),
    Column("office", "Office", shown=False),
    Column("dealer", "Dealer", shown=False),
    Column("city", "City", shown=False),
    Column("state", "State", shown=False),
)


def _stored(name: str, field: str) -> Column:
    """A column of the export with every field: the names and values of `leasedesk export accounts`."""
    kind = ACCOUNTS.fields[field].holds
    return Column(
        name,
        name,
        needs=(field,),
        plain=lambda row: account_export.stored(kind, getattr(row, field)),
        file_kind=formats.FILE_KINDS[kind],
    )


class Accounts(ReadOnlyView):
    """The list that everybody starts from."""

    title = "Accounts"
    url = "/admin/accounts"
    endpoint = "accounts"
    minimum_role = Role.COLLECTOR
    menu_entry = MenuEntry.ACCOUNT_SELECTION
    model = Account
    listing = ACCOUNTS
    columns = COLUMNS
    noun = "accounts"
    views = (
        View("All"),
        View("Active", "status=active"),
        View("Past due", "status=past_due"),
        View("Defaults", "status=default"),
        View("Pending review", "status=pending_review"),
        View("Paid off", "status=paid_off"),
        View("Test leases", "test=1"),
    )
    buttons = (
        Button("Import", "/admin/import/", icon="upload", minimum_role=Role.SUPERVISOR),
        Button("Quick Lease", "/admin/quick-lease/", icon="lightning-charge"),
        Button("New Lease", "/admin/new-lease/", icon="file-earmark-plus", kind="primary"),
    )
    empty = ("There are no accounts yet", "Import a portfolio workbook, and its accounts stand here.")
    actions = ACCOUNT_ACTIONS
    exports_all_fields = tuple(_stored(name, field) for name, field in account_export.EXPORT)
    name_field = staticmethod(cells.customer_name)
