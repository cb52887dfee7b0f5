"""How an account ended, or is about to end."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.models import AccountClosing


def current(session: Session, account_id: int) -> AccountClosing | None:
    """The closing that counts now: of an account that ended, or of a charge-off that waits for a second person."""
    return session.scalar(
        select(AccountClosing)
        .where(AccountClosing.account_id == account_id, AccountClosing.reopened_at.is_(None))
        .options(joinedload(AccountClosing.asked_by))
    )
