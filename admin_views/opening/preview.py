"""What a form would make: the schedule, its sums, what speaks against it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from admin_views.opening import forms
from app.domain.errors import RuleViolation
from app.domain.servicing.income import payment_to_income
from app.domain.servicing.opening import Money, NewContract, Proposal
from app.extensions import db
from app.models import Customer
from app.queries.scope import Viewer
from app.queries.servicing import opening as questions
from app.services.servicing import opening


@dataclass
class Preview:
    """What stands beside the form."""

    problem: str | None = None
    """Why there is no schedule yet."""
    money: Money | None = None
    proposal: Proposal | None = None
    doubts: list[str] = field(default_factory=list)
    people: Sequence[Any] = ()
    """Known customers with the same phone number."""
    pti: Decimal | None = None
    """Part of the gross monthly income that this and the customer's other payments take."""
    missing: list[str] = field(default_factory=list)
    """What a lease is pending review for."""


def of(form: forms.QuickLeaseForm, known: Customer | None, *, viewer: Viewer, today: dt.date) -> Preview:
    """The preview of a form as far as it is filled."""
    if (wrong := _first_mistake(form)) is not None:
        return Preview(problem=wrong)
    if not form.payment.data and not _is_paid_otherwise(form):
        return Preview()
    contract = forms.contract_of(form, customer_id=known.id if known else None)
    session = db.session()
    try:
        proposed = opening.proposal(session, contract, today=today)
    except RuleViolation as problem:
        return Preview(problem=problem.message)
    return Preview(
        money=contract.money,
        proposal=proposed,
        doubts=_doubts(contract, proposed, today=today),
        people=_people(contract, viewer),
        pti=_pti(contract, proposed, known),
        missing=[
            label
            for label, value in (("IMEI or serial", contract.identity), ("cost", contract.cost_cents))
            if value in (None, "")
        ],
    )


def _first_mistake(form: forms.QuickLeaseForm) -> str | None:
    """What is wrong with the first field that the schedule needs; the sentences beside the fields stay as they are."""
    for one in (form[name] for name in forms.PREVIEWED if name in form):
        said = list(one.errors)
        is_right = one.validate(form)
        found, one.errors = list(one.errors), said
        if not is_right:
            return f"{one.label.text}: {' '.join(found)}"
    return None


def _is_paid_otherwise(form: forms.QuickLeaseForm) -> bool:
    """Whether the payment follows from what else was typed."""
    return any(name in form and form[name].data for name in ("total", "principal", "cash_price", "line"))


def _doubts(contract: NewContract, proposed: Proposal, *, today: dt.date) -> list[str]:
    try:
        return opening.doubts(db.session(), contract, proposed, today=today)
    except RuleViolation as problem:  # An IMEI of which half is typed.
        return [problem.message]


def _people(contract: NewContract, viewer: Viewer) -> Sequence[Any]:
    try:
        return opening.same_people(db.session(), contract, viewer=viewer)
    except RuleViolation:  # A phone number of which half is typed.
        return ()


def _pti(contract: NewContract, proposed: Proposal, known: Customer | None) -> Decimal | None:
    payments = [(contract.money.frequency, proposed.payment_cents)]
    income = contract.customer.monthly_income_cents
    if known is not None:
        payments += questions.payments_of(db.session(), known.id)
        income = known.monthly_income_cents
    return payment_to_income(payments, income)
