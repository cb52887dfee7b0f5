"""Payment links of an account."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.payments.payment_links import PaymentLinkState
from app.models import PaymentLink


def links_of(session: Session, account_id: int, *, limit: int = 20) -> Sequence[PaymentLink]:
    """The latest links, the newest first."""
    query = select(PaymentLink).where(PaymentLink.account_id == account_id)
    return session.scalars(query.order_by(PaymentLink.id.desc()).limit(limit)).all()


def open_address(session: Session, account_id: int) -> str | None:
    """The address of the newest link by which the account can be paid; None when there is none."""
    query = select(PaymentLink.url).where(PaymentLink.account_id == account_id, PaymentLink.state == PaymentLinkState.OPEN)
    return session.scalar(query.order_by(PaymentLink.id.desc()).limit(1))
