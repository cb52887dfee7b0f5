"""The ledger and what it is made of, to look at only."""

from __future__ import annotations

from admin_views.grid import Column
from admin_views.records.common import BY, CUSTOMER, NAME, Record
from app.models import Adjustment, Allocation, Card, Fee, Installment, Payment, Quote
from app.queries.payments import record_lists as payments
from app.queries.servicing import record_lists as servicing


class Ledger(Record):
    """Every entry of the ledger."""

    title, url, endpoint, noun = "Ledger", "/admin/records/ledger", "records_ledger", "entries"
    says = "Every payment, reversal, refund and opening entry, with its three dates"
    model = Payment
    listing = payments.PAYMENTS
    columns = (
        CUSTOMER,
        Column("received_at", "Received", card="detail", card_label=""),
        Column("effective_on", "Effective"),
        Column("posted_on", "Posted"),
        Column("kind", "Kind"),
        Column("method", "Method"),
        Column("state", "State", card="state"),
        Column("amount_cents", "Amount", card="figure"),
        Column("reference", "Reference"),
        Column("square_payment_id", "Square ID", mono=True, shown=False),
        Column("note", "Note", shown=False),
        Column("by", "Taken by"),
    )
    empty = ("The ledger is empty", "Payments and what collected before are entered here by themselves.")


class Installments(Record):
    """Lines of schedules."""

    title, url, endpoint, noun = "Installments", "/admin/records/installments", "records_installments", "installments"
    says = "Every line of every schedule, and what of it is paid"
    model = Installment
    listing = servicing.INSTALLMENTS
    columns = (
        CUSTOMER,
        Column("number", "#"),
        Column("due_on", "Due", weekday=True, card="detail"),
        Column("amount_cents", "Amount", card="figure"),
        Column("paid_cents", "Paid", dash_zero=True),
        Column("open_cents", "Open", dash_zero=True),
        Column("paid_on", "Paid on"),
    )
    empty = ("There are no installments yet", "Each lease brings its schedule.")


class Allocations(Record):
    """Which cent covers what."""

    title, url, endpoint, noun = "Allocations", "/admin/records/allocations", "records_allocations", "allocations"
    says = "Which part of a payment covers which charge"
    model = Allocation
    listing = payments.ALLOCATIONS
    columns = (
        CUSTOMER,
        Column("effective_on", "Effective", card="detail", sort="newest"),
        Column("payment_id", "Payment no."),
        Column("installment_number", "Installment"),
        Column("fee_id", "Fee no."),
        Column("amount_cents", "Amount", card="figure"),
    )
    empty = ("Nothing is allocated yet", "Each payment is divided over what is owed.")


class Fees(Record):
    """Charges beside the schedule."""

    title, url, endpoint, noun = "Fees", "/admin/records/fees", "records_fees", "fees"
    says = "Late fees, returned-payment fees, and what became of them"
    model = Fee
    listing = servicing.FEES
    columns = (
        CUSTOMER,
        Column("kind", "Kind", card="state"),
        Column("assessed_on", "Assessed", card="detail", sort="newest"),
        Column("amount_cents", "Amount", card="figure"),
        Column("paid_cents", "Paid", dash_zero=True),
        Column("waived_cents", "Waived", dash_zero=True),
        Column("installment_number", "Installment"),
        Column("reason", "Reason", wide=True),
        BY,
    )
    opens_details = False
    empty = ("No fee was charged yet", "Fees stand here once the end of day or somebody charges one.")


class Adjustments(Record):
    """Corrections without money."""

    title, url, endpoint, noun = "Adjustments", "/admin/records/adjustments", "records_adjustments", "adjustments"
    says = "Corrections of what was collected or owed, without money moving"
    model = Adjustment
    listing = payments.ADJUSTMENTS
    columns = (
        CUSTOMER,
        Column("effective_on", "Effective", card="detail", sort="newest"),
        Column("kind", "Kind", card="state"),
        Column("amount_cents", "Amount", card="figure"),
        Column("reason", "Reason", wide=True),
        BY,
    )
    empty = ("There are no adjustments", "An import ties old books to new ones with them.")


class Quotes(Record):
    """What customers were told."""

    title, url, endpoint, noun = "Quotes", "/admin/records/quotes", "records_quotes", "quotes"
    says = "Payoffs and early purchase prices that customers were given"
    model = Quote
    listing = payments.QUOTES
    columns = (
        CUSTOMER,
        Column("quoted_at", "Given", card="detail", sort="newest"),
        Column("kind", "Kind", card="state"),
        Column("total_cents", "Amount", card="figure"),
        Column("payoff_cents", "Payoff that day"),
        Column("as_of_on", "For"),
        Column("good_through_on", "Good through"),
        Column("formula", "Formula"),
        Column("payment_id", "Payment no."),
        BY,
    )
    empty = ("No quote was given yet", "They are given on the account, under More.")


class Cards(Record):
    """Cards on file."""

    title, url, endpoint, noun = "Cards", "/admin/records/cards", "records_cards", "cards"
    says = "Cards that Square keeps: brand, last four, until when"
    model = Card
    listing = payments.CARDS
    columns = (
        NAME,
        Column("brand", "Brand"),
        Column("last_four", "Last four", mono=True, card="figure"),
        Column(
            "expires",
            "Expires",
            needs=("expires_month", "expires_year"),
            cell=lambda row: f"{row.expires_month:02d}/{row.expires_year}",
            plain=lambda row: f"{row.expires_month:02d}/{row.expires_year}",
            card="detail",
        ),
        Column("card_type", "Type"),
        Column("is_primary", "Primary"),
        Column("is_enabled", "Enabled", card="state"),
        Column("created_at", "Added", sort="newest"),
    )
    opens_details = True
    empty = ("There are no cards on file", "They are kept by Square and matched to customers.")
