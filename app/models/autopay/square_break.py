"""Where Square's books and ours do not agree."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.autopay.breaks import BreakKind, BreakState
from app.models.base import Base, WordType
from app.models.payments.payment import Payment
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class SquareBreak(Base):
    """One disagreement, with an owner and an age, until it is resolved. Seeing it again does not make a second one."""

    __tablename__ = "square_break"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BreakKind] = mapped_column(WordType(BreakKind))
    reference: Mapped[str] = mapped_column(String(80))
    """What it is about: Square's payment, refund or dispute, or our payment ("payment 17")."""
    square_payment_id: Mapped[str | None] = mapped_column(String(64), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    square_cents: Mapped[int | None]
    ledger_cents: Mapped[int | None]
    said: Mapped[str] = mapped_column(String(300))
    found_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    """The last reconciliation that still saw it."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    state: Mapped[BreakState] = mapped_column(WordType(BreakState), server_default=BreakState.OPEN.value)
    resolved_at: Mapped[dt.datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    resolution: Mapped[str | None] = mapped_column(String(300))

    payment: Mapped[Payment | None] = relationship()
    account: Mapped[Account | None] = relationship()
    owner: Mapped[Staff | None] = relationship(foreign_keys=[owner_id])
    resolved_by: Mapped[Staff | None] = relationship(foreign_keys=[resolved_by_id])

    __table_args__ = (
        UniqueConstraint("kind", "reference"),
        Index("ix_square_break_open", "found_at", "id", postgresql_where=text("state = 'open'")),
        CheckConstraint("state in ('open', 'resolved')", name="known_state"),
    )
