"""The fees of one account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Fee


def fees_of(session: Session, account_id: int) -> Sequence[Fee]:
    """All fees of an account, newest first."""
    return session.scalars(select(Fee).where(Fee.account_id == account_id).order_by(Fee.assessed_on.desc(), Fee.id.desc())).all()
