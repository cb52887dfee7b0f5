"""What was agreed on a contract, and who signed it beside the customer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.models import Account, AccountParty, ContractTerms, Customer


def terms_of(session: Session, account_id: int) -> ContractTerms | None:
    """The descriptive side of a contract; None for an account that was imported without it."""
    return session.get(ContractTerms, account_id)


def state_of(session: Session, account: Account) -> str | None:
    """Whose law a contract follows, by two letters: what was agreed, else where the customer lives; None when unknown."""
    return session.scalar(
        select(func.coalesce(ContractTerms.state, Customer.state))
        .select_from(Customer)
        .outerjoin(ContractTerms, ContractTerms.account_id == account.id)
        .where(Customer.id == account.customer_id)
    )


def parties_of(session: Session, account_id: int) -> Sequence[AccountParty]:
    """Co-applicants and guarantors with their phones, in the order in which they signed."""
    query = select(AccountParty).where(AccountParty.account_id == account_id).order_by(AccountParty.id)
    return session.scalars(query.options(joinedload(AccountParty.customer).joinedload(Customer.phones))).unique().all()
