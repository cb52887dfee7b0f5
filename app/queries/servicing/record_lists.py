"""What an account owes and what became of it: installments, fees, changes of status."""

from __future__ import annotations

from app.domain.servicing.charges import FeeKind
from app.domain.servicing.status import AccountStatus
from app.models import Fee, Installment, StatusChange
from app.queries.listing import Choice, Dates, Field, Flag, Sort
from app.queries.servicing.hanging import hanging

INSTALLMENTS = hanging(
    Installment,
    Installment.account_id,
    (
        Field("number", Installment.number),
        Field("due_on", Installment.due_on, sort=True),
        Field("amount_cents", Installment.amount_cents, total=True),
        Field("paid_cents", Installment.paid_cents, total=True),
        Field("open_cents", Installment.amount_cents - Installment.paid_cents, total=True),
        Field("paid_on", Installment.paid_on),
    ),
    (
        Dates("due", "Due", Installment.due_on),
        Flag("paid", "Paid in full", Installment.paid_cents == Installment.amount_cents),
    ),
    order="place",
    sorts={"place": Sort((Installment.account_id, Installment.number))},
    identity=Installment.account_id * 1000 + Installment.number,
)

FEES = hanging(
    Fee,
    Fee.account_id,
    (
        Field("assessed_on", Fee.assessed_on),
        Field("kind", Fee.kind),
        Field("amount_cents", Fee.amount_cents, total=True),
        Field("paid_cents", Fee.paid_cents, total=True),
        Field("waived_cents", Fee.waived_cents, total=True),
        Field("installment_number", Fee.installment_number),
        Field("reason", Fee.reason),
    ),
    (Choice("kind", "Kind", Fee.kind, words=FeeKind), Dates("assessed", "Assessed", Fee.assessed_on)),
    order="-newest",
    by=Fee.created_by_id,
    sorts={"newest": Sort((Fee.id,))},
)

STATUS_CHANGES = hanging(
    StatusChange,
    StatusChange.account_id,
    (
        Field("at", StatusChange.at),
        Field("business_on", StatusChange.business_on),
        Field("from_status", StatusChange.from_status),
        Field("to_status", StatusChange.to_status),
        Field("reason", StatusChange.reason),
    ),
    (
        Choice("from", "From", StatusChange.from_status, words=AccountStatus),
        Choice("to", "To", StatusChange.to_status, words=AccountStatus),
        Dates("on", "Business date", StatusChange.business_on),
    ),
    order="-newest",
    by=StatusChange.by_id,
    sorts={"newest": Sort((StatusChange.id,))},
)
