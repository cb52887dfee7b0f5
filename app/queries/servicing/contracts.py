"""What was agreed on a contract, and who signed it beside the customer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.models import AccountParty, ContractTerms, Customer


def terms_of(session: Session, account_id: int) -> ContractTerms | None:
    """The descriptive side of a contract; None for an account that was imported without it."""
    return session.get(ContractTerms, account_id)


def parties_of(session: Session, account_id: int) -> Sequence[AccountParty]:
    """Co-applicants and guarantors with their phones, in the order in which they signed."""
    query = select(AccountParty).where(AccountParty.account_id == account_id).order_by(AccountParty.id)
    return session.scalars(query.options(joinedload(AccountParty.customer).joinedload(Customer.phones))).unique().all()
