"""A customer's consent that their card is charged when an installment falls due."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.payments.card import Card
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class AutopayEnrollment(Base):
    """One consent for one account, word for word, until it is revoked. An account has one at a time."""

    __tablename__ = "autopay_enrollment"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"), index=True)
    """Null: whichever card is the customer's primary one."""
    fixed_cents: Mapped[int | None]
    """Charged instead of what is due; never less than the payment."""
    consent: Mapped[str]
    """The words that the customer agreed to."""
    source: Mapped[str] = mapped_column(String(120))
    """Where it was said: "signed lease", "by phone"."""
    at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    hold_until: Mapped[dt.date | None]
    """Nothing is charged before this date."""
    hold_reason: Mapped[str | None] = mapped_column(String(200))
    revoked_at: Mapped[dt.datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    revoked_reason: Mapped[str | None] = mapped_column(String(200))

    account: Mapped[Account] = relationship()
    card: Mapped[Card | None] = relationship()
    recorded_by: Mapped[Staff | None] = relationship(foreign_keys=[recorded_by_id])
    revoked_by: Mapped[Staff | None] = relationship(foreign_keys=[revoked_by_id])

    __table_args__ = (
        Index("uq_autopay_enrollment_current", "account_id", unique=True, postgresql_where=text("revoked_at is null")),
        CheckConstraint("fixed_cents > 0", name="fixed_positive"),
        CheckConstraint("length(consent) > 0", name="consent_in_words"),
    )
