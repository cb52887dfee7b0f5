"""Rows of money, of invoices and of dealer reconciliations, and which columns the preview of a format has."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from admin_views import formats
from admin_views.grid import Column, View
from admin_views.imports import cells
from app.domain.payments.kinds import PaymentMethod
from app.domain.portfolio.imports import ImportFormat
from app.queries.portfolio.import_rows import Fate


def reference(row: Any) -> str:
    """The payment's reference with the row's number behind it."""
    number = f'<span class="mono">{escape(row.reference)}</span>' if row.reference else formats.DASH
    return f'{number} <span class="muted xs">row {row.row_number}</span>'


def contract(row: Any) -> str:
    """The contract's number with the row's behind it."""
    number = f'<span class="mono">{escape(row.contract_number)}</span>' if row.contract_number else formats.DASH
    return f'{number} <span class="muted xs">row {row.row_number}</span>'


def invoice(row: Any) -> str:
    """The invoice's number with the row's behind it."""
    number = f'<span class="mono">{escape(row.invoice_number)}</span>' if row.invoice_number else formats.DASH
    return f'{number} <span class="muted xs">row {row.row_number}</span>'


def method(row: Any) -> str:
    """How it was paid, in words."""
    known = {word.value: word.label for word in PaymentMethod}
    return formats.text(known.get(row.method, row.method))


def account(row: Any) -> str:
    """The account that it is for, or the best suggestion; nothing for a row that stays out."""
    if not row.outcome.is_in or not row.payer:
        return formats.DASH
    name = f'{escape(row.payer)} <span class="muted xs">{escape(row.account_number)}</span>'
    return f'<a href="/admin/accounts/{row.account_id}">{name}</a>' if row.account_id else f'<span class="muted">{name}?</span>'


_FATE = Column(
    "fate",
    "Fate",
    needs=("outcome", "problems"),
    cell=cells.fate,
    plain=lambda row: cells.fate_of(row)[1],
    sort="outcome",
    card="state",
)
_WHY = Column(
    "remarks",
    "Why",
    needs=("problems", "fields", "outcome", "gap_cents"),
    cell=cells.remark,
    plain=lambda row: "; ".join(cells.remarks(row)),
    numeric=False,
    wide=True,
    css="card-line",
)
_ROW = Column("row_number", "Row", shown=False)
_OUTCOME = Column("outcome", "Outcome", shown=False)

MONEY = (
    Column(
        "reference",
        "Reference",
        needs=("reference", "row_number"),
        cell=reference,
        plain=lambda row: row.reference,
        numeric=False,
    ),
    _FATE,
    Column("paid_on", "Date", weekday=True),
    Column("amount_cents", "Amount", card="figure", css="strong"),
    Column("sender", "Sender", card="detail", card_label=""),
    Column("memo", "Memo"),
    Column("method", "Method", cell=method),
    Column(
        "payer",
        "Account",
        needs=("payer", "account_number", "account_id", "outcome"),
        cell=account,
        plain=lambda row: row.account_number,
        numeric=False,
    ),
    Column("score", "Score", hint="How well the account fits, 0 to 100"),
    _WHY,
    _ROW,
    _OUTCOME,
)

INVOICES = (
    Column(
        "invoice_number",
        "Invoice",
        needs=("invoice_number", "row_number"),
        cell=invoice,
        plain=lambda row: row.invoice_number,
        numeric=False,
    ),
    _FATE,
    Column("customer", "Customer", card="detail", card_label=""),
    Column("due_on", "Due", weekday=True),
    Column("days_past_due", "DPD", cell=cells.days, hint="Days past due on the business date"),
    Column("amount_cents", "Amount"),
    Column("open_cents", "Open", card="figure", css="strong"),
    Column("covered_cents", "Collected since", dash_zero=True, hint="What the billing system has collected since the last file"),
    _WHY,
    _ROW,
    _OUTCOME,
)

FUNDING = (
    Column(
        "contract_number",
        "Contract #",
        needs=("contract_number", "row_number"),
        cell=contract,
        plain=lambda row: row.contract_number,
        numeric=False,
    ),
    _FATE,
    Column("dealer", "Dealer", card="detail", card_label=""),
    Column("funded_on", "Funded"),
    Column("cost_cents", "Cost"),
    Column("adjustment_cents", "Adjustment", dash_zero=True),
    Column("net_cents", "Net funded", card="figure", css="strong"),
    _WHY,
    _ROW,
    _OUTCOME,
)


def _views(*fates: Fate) -> tuple[View, ...]:
    return (View("All rows"), *(View(fate.label, f"fate={fate.value}") for fate in fates))


_MONEY_VIEWS = _views(Fate.COMES_IN, Fate.QUEUED, Fate.NOT_INCOMING, Fate.DUPLICATE, Fate.REJECTED)
_INVOICE_VIEWS = _views(Fate.COMES_IN, Fate.WARNING, Fate.UPDATED, Fate.NOT_OPEN, Fate.DUPLICATE, Fate.REJECTED)
_FUNDING_VIEWS = _views(Fate.COMES_IN, Fate.DUPLICATE, Fate.REJECTED)

LOOKS: dict[ImportFormat, tuple[tuple[Column, ...], tuple[View, ...]]] = {
    ImportFormat.REMITTANCES: (MONEY, _MONEY_VIEWS),
    ImportFormat.PAYMENTS: (MONEY, _MONEY_VIEWS),
    ImportFormat.INVOICES: (INVOICES, _INVOICE_VIEWS),
    ImportFormat.DEALER_RECONCILIATION: (FUNDING, _FUNDING_VIEWS),
}
"""Columns and tabs of the formats whose rows are not accounts."""
