"""Payments Log: every entry of the ledger. Cash & Manual Payments: what people took by hand."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from admin_views import formats
from admin_views.base import ReadOnlyView
from admin_views.grid import Column, View, customer_column
from app.domain.payments.kinds import MONEY_OUT_KINDS, PaymentMethod, PaymentState
from app.domain.staff.roles import Role
from app.models import Payment
from app.queries.payments.listings import MANUAL_PAYMENTS, PAYMENTS

NOT_MONEY = frozenset({PaymentState.DECLINE, PaymentState.REVERSED})


def amount(row: Any) -> str:
    """The amount: struck out when it did not stay, with a minus when it went back out."""
    if row.kind in MONEY_OUT_KINDS:
        return formats.cents(-row.amount_cents)
    shown = formats.cents(row.amount_cents)
    return f'<s class="void">{shown}</s>' if row.state in NOT_MONEY else shown


def kind(row: Any) -> str:
    """What sort of entry it is, and what became of it."""
    word = said(row)
    tone = {"Payment": "good", "Collected before": "mute", "Declined": "bad", "Pending": "open", "Processing": "info"}
    return f'<span class="st {tone.get(word, "warn")}">{escape(word)}</span>'


def said(row: Any) -> str:
    """The type in one word: the state when it is not simply complete."""
    return str(row.kind.label if row.state is PaymentState.COMPLETE else row.state.label)


def account_url(row: Any) -> str:
    """A row leads to its account's payments."""
    return f"/admin/accounts/{row.account_id}#payments"


_MORE = (
    Column("effective_on", "Effective", shown=False),
    Column("posted_on", "Posted", shown=False),
    Column("taken_by", "Taken by", shown=False),
    Column("tot_status", "Status then", shown=False),
    Column("tot_past_due_cents", "Past due then", shown=False, dash_zero=True),
    Column("tot_days_past_due", "Days past due then", shown=False, dash_zero=True),
)


class PaymentsLog(ReadOnlyView):
    """All payments across all accounts."""

    title = "Payments Log"
    url = "/admin/payments-log"
    endpoint = "payments_log"
    minimum_role = Role.COLLECTOR
    model = Payment
    context = "All payments across all accounts"
    listing = PAYMENTS
    noun = "payments"
    columns = (
        Column("received_at", "Date & Time"),
        customer_column(),
        Column("amount_cents", "Amount", needs=("amount_cents", "kind", "state"), cell=amount, css="strong", card="figure"),
        Column("method", "Method", card="detail"),
        Column("kind", "Type", needs=("kind", "state"), cell=kind, plain=said, card="state"),
        Column("square_payment_id", "Square ID", mono=True),
        Column("reference", "Reference", mono=True, shown=False),
        Column("note", "Note", shown=False),
        *_MORE,
    )
    views = (
        View("All"),
        View("Today", "received_from=today"),
        View("Last seven days", "received_from=-7d"),
        View("Cash", "method=cash"),
        View("Card", "method=card"),
        View("Reversals", "kind=reversal"),
    )
    empty = ("No payments yet", "What is taken on an account, charged to a card or brought in by an import stands here.")
    row_url = account_url


class CashPayments(ReadOnlyView):
    """Money that a person took and entered."""

    title = "Cash & Manual Payments"
    url = "/admin/cash-payments"
    endpoint = "cash_payments"
    minimum_role = Role.COLLECTOR
    model = Payment
    context = "Cash, Zelle, Cash App, Venmo, checks and money orders"
    listing = MANUAL_PAYMENTS
    noun = "payments"
    columns = (
        Column("received_at", "Date"),
        customer_column(),
        Column("account_number", "Account #"),
        Column("amount_cents", "Amount", needs=("amount_cents", "kind", "state"), cell=amount, css="strong", card="figure"),
        Column("method", "Method", card="state"),
        Column("reference", "Reference", mono=True, card="detail"),
        Column("note", "Notes", wide=True),
        *_MORE,
    )
    views = (
        View("All"),
        View("Today", "received_from=today"),
        *(
            View(method.label, f"method={method}")
            for method in (PaymentMethod.CASH, PaymentMethod.ZELLE, PaymentMethod.CASH_APP, PaymentMethod.VENMO)
        ),
    )
    empty = (
        "No payments were taken by hand yet",
        "Open an account and press $ to take cash, Zelle, Cash App, Venmo, a check or a money order.",
    )
    row_url = account_url
