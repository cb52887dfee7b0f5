"""Installments due: the rows behind what the Dashboard counts as due, collected and outstanding."""

from __future__ import annotations

from sqlalchemy import BigInteger, cast
from sqlalchemy.orm import aliased

from app.models import Account, Installment, Staff
from app.queries.collections.past_due import only_test_leases
from app.queries.listing import Choice, Dates, Field, Join, Listing, Money, One, Sort, Text
from app.queries.reporting.due import IS_COLLECTED, WAS_OPEN
from app.queries.servicing.hanging import ACCOUNT_FIELDS, ACCOUNT_FILTERS, BY_CUSTOMER, account_joins

Collector = aliased(Staff, name="collector")

INSTALLMENTS_DUE = Listing(
    Installment,
    # The key is (account, number); a list wants one value, and no schedule has a hundred thousand lines.
    identity=cast(Installment.account_id, BigInteger) * 100_000 + Installment.number,
    joins=(
        *account_joins(Installment.account_id),
        Join("collector", Collector, Account.assigned_to_id == Collector.id, after="account", is_outer=True),
    ),
    fields=(
        *ACCOUNT_FIELDS,
        Field("due_on", Installment.due_on, sort=True),
        Field("number", Installment.number),
        Field("amount_cents", Installment.amount_cents, total=True),
        Field("paid_cents", Installment.paid_cents, total=True),
        Field("open_cents", Installment.amount_cents - Installment.paid_cents, total=True),
        Field("paid_on", Installment.paid_on),
        Field("days_past_due", Account.days_past_due, "account"),
        Field("status", Account.status, "account"),
        Field("assigned_to", Collector.name, "collector"),
    ),
    sorts={"customer": Sort((*BY_CUSTOMER.keys, Installment.due_on), BY_CUSTOMER.join)},
    filters=(
        Dates("due", "Due", Installment.due_on),
        Choice(
            "state",
            "State",
            None,
            words=[("collected", "Collected"), ("outstanding", "Outstanding"), ("part", "Part paid")],
            conditions={
                "collected": IS_COLLECTED,
                "outstanding": ~IS_COLLECTED,
                "part": (Installment.paid_cents > 0) & ~IS_COLLECTED,
            },
        ),
        Money("amount", "Amount", Installment.amount_cents),
        Text("account", "Account #", Account.account_number, "account"),
        *ACCOUNT_FILTERS,
        only_test_leases(Installment.account_id),
        One(
            "assigned",
            "Assigned to",
            Account.assigned_to_id,
            join="account",
            model=Staff,
            order_by=Staff.name,
            which=Staff.is_active.is_(True),
            none="Nobody",
            me="Me",
        ),
    ),
    order="-due_on",
    where=WAS_OPEN,
)
"""Lines of schedules on accounts that were open on the due date, as `app.queries.reporting.due` counts them."""
