"""What a customer was told of AutoPay, or why not."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.autopay.notices import NoticeKind, NoticeState
from app.models.autopay.charge import Charge
from app.models.base import Base, WordType
from app.models.collections.message import Message
from app.models.payments.payment_link import PaymentLink
from app.models.servicing.account import Account


class AutopayNotice(Base):
    """One notice: of the charge of a day, once an account and day, or of a decline, once a charge."""

    __tablename__ = "autopay_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(WordType(NoticeKind))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    about_on: Mapped[dt.date]
    """The day of the charge."""
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charge.id"), unique=True)
    """The charge that was declined."""
    amount_cents: Mapped[int]
    card: Mapped[str] = mapped_column(String(60))
    """Brand and last four, as the customer reads them."""
    planned_at: Mapped[dt.datetime]
    state: Mapped[NoticeState] = mapped_column(WordType(NoticeState), server_default=NoticeState.WAITING.value)
    look_at: Mapped[dt.datetime | None]
    """When it is tried (again)."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    payment_link_id: Mapped[int | None] = mapped_column(ForeignKey("payment_link.id"), index=True)
    said: Mapped[str | None] = mapped_column(String(300))
    """Why it waits, or was left out."""

    account: Mapped[Account] = relationship()
    charge: Mapped[Charge | None] = relationship()
    message: Mapped[Message | None] = relationship()
    payment_link: Mapped[PaymentLink | None] = relationship()

    __table_args__ = (
        Index("uq_autopay_notice_upcoming", "account_id", "about_on", unique=True, postgresql_where=text("kind = 'upcoming'")),
        Index("ix_autopay_notice_account_id", "account_id"),
        Index("ix_autopay_notice_waiting", "look_at", "id", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("kind in ('upcoming', 'declined')", name="known_kind"),
        CheckConstraint("(kind = 'declined') = (charge_id is not null)", name="decline_has_charge"),
        CheckConstraint("state in ('waiting', 'written', 'left_out')", name="known_state"),
    )
