"""The Contract section of the Account page: numbers, terms, and who signed beside the customer."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from admin_views import formats
from app.models import Account
from app.queries.servicing import contracts

WORDS = (
    ("Program", "program"),
    ("Pricing tier", "pricing_tier"),
    ("Location", "location"),
    ("Seller", "seller"),
    ("Merchant ext ID", "merchant_ext_id"),
    ("Applicant ID", "applicant_id"),
    ("State", "state"),
)
"""Label → attribute of the terms; what is blank is left out."""


def contract_section(session: Session, account: Account) -> dict[str, Any]:
    """`contract`: (label, value) of all that is known; `parties`: second persons. Two queries."""
    terms = contracts.terms_of(session, account.id)
    facts: list[tuple[str, str]] = [("Type", account.contract_type.label)]
    if terms is not None:
        facts.append(("Contract number", terms.contract_number))
    facts.append(("UUID", str(account.uuid)))
    if account.approval_id:
        facts.append(("Approval ID", account.approval_id))
    if account.cash_price_cents is not None:
        facts.append(("Cash price", formats.cents(account.cash_price_cents)))
    if account.down_payment_cents:
        facts.append(("Down payment", formats.cents(account.down_payment_cents)))
    if terms is not None:
        facts += [(label, getattr(terms, name)) for label, name in WORDS if getattr(terms, name)]
        facts.append(("Note date", formats.date(terms.note_on)))
        if terms.rescission_on:
            facts.append(("May cancel until", formats.date(terms.rescission_on)))
        if terms.description:
            facts.append(("Description", terms.description))
    return {"contract": facts, "parties": contracts.parties_of(session, account.id)}
