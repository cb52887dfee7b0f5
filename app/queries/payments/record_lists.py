"""Money in, what it covers, corrections, and cards on file."""

from __future__ import annotations

from app.domain.payments.kinds import PaymentKind, PaymentMethod, PaymentState
from app.domain.servicing.charges import AdjustmentKind
from app.domain.servicing.quotes import QuoteKind
from app.models import Adjustment, Allocation, Card, Customer, Payment, Quote, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Dates, Field, Flag, Join, Listing, Money, Numbers, One, Sort, Text
from app.queries.servicing.hanging import ACCOUNT_FILTERS, BY_CUSTOMER, hanging, through_customers

PAYMENTS = hanging(
    Payment,
    Payment.account_id,
    (
        Field("received_at", Payment.received_at, sort=True),
        Field("effective_on", Payment.effective_on, sort=True),
        Field("posted_on", Payment.posted_on, sort=True),
        Field("kind", Payment.kind),
        Field("method", Payment.method),
        Field("state", Payment.state),
        Field("amount_cents", Payment.amount_cents, total=True),
        Field("reference", Payment.reference),
        Field("square_payment_id", Payment.square_payment_id),
        Field("note", Payment.note),
    ),
    (
        Choice("kind", "Kind", Payment.kind, words=PaymentKind),
        Choice("method", "Method", Payment.method, words=PaymentMethod),
        Choice("state", "State", Payment.state, words=PaymentState),
        Dates("received", "Received", Payment.received_at),
        Dates("effective", "Effective", Payment.effective_on),
        Dates("posted", "Posted", Payment.posted_on),
        Money("amount", "Amount", Payment.amount_cents),
        One("by", "Taken by", Payment.taken_by_id, model=Staff, order_by=Staff.name, none="Nobody"),
        *ACCOUNT_FILTERS,
        only_test_leases(Payment.account_id),
    ),
    order="-received_at",
    by=Payment.taken_by_id,
)

ALLOCATIONS = hanging(
    Allocation,
    Allocation.account_id,
    (
        Field("effective_on", Allocation.effective_on),
        Field("payment_id", Allocation.payment_id),
        Field("installment_number", Allocation.installment_number),
        Field("fee_id", Allocation.fee_id),
        Field("amount_cents", Allocation.amount_cents, total=True),
    ),
    (Dates("effective", "Effective", Allocation.effective_on), Numbers("payment", "Payment no.", Allocation.payment_id)),
    order="-newest",
    sorts={"newest": Sort((Allocation.id,))},
)

ADJUSTMENTS = hanging(
    Adjustment,
    Adjustment.account_id,
    (
        Field("effective_on", Adjustment.effective_on),
        Field("kind", Adjustment.kind),
        Field("amount_cents", Adjustment.amount_cents, total=True),
        Field("reason", Adjustment.reason),
    ),
    (
        Choice("kind", "Kind", Adjustment.kind, words=AdjustmentKind),
        Dates("effective", "Effective", Adjustment.effective_on),
        One("by", "By", Adjustment.created_by_id, model=Staff, order_by=Staff.name, none="Nobody"),
        *ACCOUNT_FILTERS,
        only_test_leases(Adjustment.account_id),
    ),
    order="-newest",
    by=Adjustment.created_by_id,
    sorts={"newest": Sort((Adjustment.id,))},
)

QUOTES = hanging(
    Quote,
    Quote.account_id,
    (
        Field("quoted_at", Quote.quoted_at),
        Field("kind", Quote.kind),
        Field("as_of_on", Quote.as_of_on),
        Field("good_through_on", Quote.good_through_on),
        Field("total_cents", Quote.total_cents, total=True),
        Field("payoff_cents", Quote.payoff_cents),
        Field("formula", Quote.formula),
        Field("payment_id", Quote.payment_id),
    ),
    (
        Choice("kind", "Kind", Quote.kind, words=QuoteKind),
        Dates("as_of", "For", Quote.as_of_on),
        Dates("good_through", "Good through", Quote.good_through_on),
        Money("total", "Amount", Quote.total_cents),
    ),
    order="-newest",
    by=Quote.quoted_by_id,
    sorts={"newest": Sort((Quote.id,))},
)

CARDS = Listing(
    Card,
    joins=(Join("customer", Customer, Card.customer_id == Customer.id),),
    fields=(
        Field("brand", Card.brand),
        Field("last_four", Card.last_four, sort=True),
        Field("expires_month", Card.expires_month),
        Field("expires_year", Card.expires_year),
        Field("card_type", Card.card_type),
        Field("is_enabled", Card.is_enabled),
        Field("is_primary", Card.is_primary),
        Field("created_at", Card.created_at),
        Field("first_name", Customer.first_name, "customer"),
        Field("last_name", Customer.last_name, "customer"),
    ),
    sorts={"customer": BY_CUSTOMER, "newest": Sort((Card.id,))},
    filters=(
        Flag("enabled", "Enabled", Card.is_enabled),
        Text("last_four", "Last four", Card.last_four, is_prefix=False),
        Numbers("expires", "Expires (year)", Card.expires_year),
    ),
    order="-newest",
    search=through_customers(Card, Card.customer_id),
)
