"""A page at Square on which a customer pays one amount by themselves."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments.payment_links import PaymentLinkState
from app.models.base import Base, WordType
from app.models.payments.payment import Payment
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class PaymentLink(Base):
    """One link for one amount of one account. Its key and its whole request are frozen; what is paid by it is booked once."""

    __tablename__ = "payment_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    """Idempotency key at Square, and the key of the ledger's row."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"), index=True)
    """The declined charge that it was made for."""
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    request: Mapped[str]
    """The whole request as it is sent, JSON."""
    made_at: Mapped[dt.datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[PaymentLinkState] = mapped_column(WordType(PaymentLinkState), server_default=PaymentLinkState.PLANNED.value)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    look_at: Mapped[dt.datetime | None]
    """When Square is asked for it again."""
    square_link_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    order_id: Mapped[str | None] = mapped_column(String(192), unique=True)
    """Square's order; the payment that comes names it."""
    url: Mapped[str | None] = mapped_column(String(255))
    """What the customer opens."""
    settled_at: Mapped[dt.datetime | None]
    """When it was paid, closed or given up."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    """The ledger's row of what was paid."""
    error: Mapped[str | None] = mapped_column(String(300))

    account: Mapped[Account] = relationship()
    payment: Mapped[Payment | None] = relationship()
    made_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index("ix_payment_link_look_at", "look_at", "id", postgresql_where=text("look_at is not null")),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("state in ('planned', 'open', 'paid', 'closed', 'failed')", name="known_state"),
        CheckConstraint("(state = 'paid') = (payment_id is not null)", name="paid_has_payment"),
        CheckConstraint("state not in ('open', 'paid', 'closed') or url is not null", name="open_has_address"),
    )

    def __str__(self) -> str:
        return f"Payment link {self.id}"
