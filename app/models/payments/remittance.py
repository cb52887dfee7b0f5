"""Money that came in and whose account had to be found: the remittance, the payments it became, the senders we learnt."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments.kinds import PaymentMethod
from app.domain.payments.remittances import RemittanceState
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio
from app.models.staff.staff import Staff


class Remittance(Base):
    """One line of a bank's or a payment app's file. The same reference comes in once per portfolio."""

    __tablename__ = "remittance"

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"), index=True)
    row_number: Mapped[int | None]
    paid_on: Mapped[dt.date]
    amount_cents: Mapped[int]
    sender: Mapped[str] = mapped_column(String(120))
    memo: Mapped[str] = mapped_column(String(300))
    method: Mapped[PaymentMethod] = mapped_column(WordType(PaymentMethod))
    reference: Mapped[str] = mapped_column(String(80))
    state: Mapped[RemittanceState] = mapped_column(WordType(RemittanceState))
    score: Mapped[int | None] = mapped_column(SmallInteger)
    """Of the best match when it came in, 0 to 100."""
    reasons: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """Why it was posted by itself, or why it was not."""
    note: Mapped[str | None] = mapped_column(String(300))
    """Why somebody left it alone, or took the match back."""
    created_at: Mapped[dt.datetime]
    decided_at: Mapped[dt.datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Null while it waits, and for what was posted by itself."""

    portfolio: Mapped[Portfolio] = relationship()
    decided_by: Mapped[Staff | None] = relationship()

    __table_args__ = (
        Index(
            "uq_remittance_portfolio_id_reference",
            "portfolio_id",
            "reference",
            unique=True,
            postgresql_where=text("state <> 'undone'"),
        ),
        Index("ix_remittance_state_paid_on_id", "state", "paid_on", "id"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
    )

    def __str__(self) -> str:
        return self.reference


class RemittancePayment(Base):
    """A payment that a remittance became; several when it was split."""

    __tablename__ = "remittance_payment"

    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittance.id"), primary_key=True, autoincrement=False)
    payment_id: Mapped[int] = mapped_column(
        ForeignKey("payment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, unique=True
    )


class LearntSender(Base):
    """Somebody matched this sender to this customer by hand: "R. GARCIA pays for Rosa Garcia"."""

    __tablename__ = "learnt_sender"

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    sender: Mapped[str] = mapped_column(String(120))
    """Without accents, case and titles."""
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    learnt_at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (Index("uq_learnt_sender", "portfolio_id", "sender", "customer_id", unique=True),)
