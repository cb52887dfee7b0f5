"""Finding contracts by what stands on paper: UUID, contract number, account number, approval ID."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from app.models import Account, ContractTerms
from app.queries.scope import Viewer, scope

MOST = 10


def contracts(session: Session, typed: str, viewer: Viewer) -> Sequence[Account]:
    """Accounts that a number or UUID names exactly, among those that the viewer may see."""
    bare = typed.strip()
    if not bare or len(bare) > 60:
        return []
    query = scope(select(Account), Account, viewer).options(joinedload(Account.customer), joinedload(Account.portfolio))
    try:
        named = Account.uuid == uuid.UUID(bare)
    except ValueError:
        number = bare.upper()
        terms = exists().where(ContractTerms.account_id == Account.id, ContractTerms.contract_number == number)
        named = or_(Account.account_number.in_({bare, number}), Account.approval_id.in_({bare, number}), terms)
    return session.scalars(query.where(named).order_by(Account.id).limit(MOST)).all()


def test_leases(session: Session, viewer: Viewer) -> Sequence[Account]:
    """The test leases that the viewer may see, oldest first."""
    query = scope(select(Account), Account, viewer).where(Account.is_test).order_by(Account.id)
    return session.scalars(query.options(joinedload(Account.customer), joinedload(Account.portfolio))).all()
