"""An attempt to give money of a card payment back at the processor, and what happened to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments.card_refunds import CardRefundState
from app.models.base import Base, WordType
from app.models.payments.payment import Payment
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class CardRefund(Base):
    """One refund, whole or in part, of one card payment. Its key and its whole request are frozen when it is planned.

    The database itself sees to it that a payment has one undecided refund at most, that a refund at Square belongs to one of
    ours, and that the frozen part never changes (a trigger).
    """

    __tablename__ = "card_refund"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    """Idempotency key at Square, and the key of the ledger's row."""
    form_key: Mapped[str | None] = mapped_column(String(45), unique=True)
    """The form's own key: pressing Refund twice refunds once."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    """The card payment of which it gives back."""
    square_payment_id: Mapped[str] = mapped_column(String(64))
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(200))
    request: Mapped[str]
    """The whole request as it is sent, JSON."""
    request_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the request; `check-ledger` computes it again."""
    business_on: Mapped[dt.date]
    planned_at: Mapped[dt.datetime]
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    state: Mapped[CardRefundState] = mapped_column(WordType(CardRefundState), server_default=CardRefundState.PLANNED.value)
    sends: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    first_sent_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]
    was_unknown: Mapped[bool] = mapped_column(server_default="false")
    """Nobody knew for a while what became of it: a later no to the same key does not prove that the first one failed."""
    look_at: Mapped[dt.datetime | None]
    """When it is asked about next."""
    settled_at: Mapped[dt.datetime | None]
    square_refund_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    refund_payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    """The ledger's row: what went back out."""
    error: Mapped[str | None] = mapped_column(String(300))
    """What went wrong, in words."""

    account: Mapped[Account] = relationship()
    payment: Mapped[Payment] = relationship(foreign_keys=[payment_id])
    planned_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index(
            "uq_card_refund_open",
            "payment_id",
            unique=True,
            postgresql_where=text("state in ('planned', 'sending', 'pending', 'unknown', 'needs_review')"),
        ),
        Index("ix_card_refund_look_at", "look_at", "id", postgresql_where=text("look_at is not null")),
        Index("ix_card_refund_business_on_id", "business_on", "id"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(
            "state in ('planned', 'sending', 'completed', 'refused', 'pending', 'unknown', 'needs_review')", name="known_state"
        ),
        CheckConstraint(
            "(state = 'completed') = (refund_payment_id is not null) and (state <> 'completed' or square_refund_id is not null)",
            name="completed_has_payment",
        ),
    )

    def __str__(self) -> str:
        return f"Refund {self.id}"


class CardRefundEvent(Base):
    """One moment in the life of a refund, for whoever has to find out what happened."""

    __tablename__ = "card_refund_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    card_refund_id: Mapped[int] = mapped_column(ForeignKey("card_refund.id"), index=True)
    at: Mapped[dt.datetime]
    to_state: Mapped[CardRefundState] = mapped_column(WordType(CardRefundState))
    source: Mapped[str] = mapped_column(String(24))
    """Who knew: planning, worker, janitor, webhook, reconciliation, staff."""
    said: Mapped[str] = mapped_column(String(300))
    evidence: Mapped[dict[str, Any] | None]
    """What the processor told."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    card_refund: Mapped[CardRefund] = relationship()
    by: Mapped[Staff | None] = relationship()
