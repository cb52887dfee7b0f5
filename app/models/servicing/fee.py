"""Fees: charges beside the schedule."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.charges import FeeKind
from app.models.base import Base, WordType
from app.models.servicing.account import Account


class Fee(Base):
    """A late fee, a returned-payment fee or another charge, and what became of it."""

    __tablename__ = "fee"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    installment_number: Mapped[int | None] = mapped_column(SmallInteger)
    kind: Mapped[FeeKind] = mapped_column(WordType(FeeKind))
    assessed_on: Mapped[dt.date]
    amount_cents: Mapped[int]
    paid_cents: Mapped[int] = mapped_column(server_default="0")
    waived_cents: Mapped[int] = mapped_column(server_default="0")
    """Not owed after all: waived by somebody, or taken back because the money came in time."""
    taken_back_cents: Mapped[int] = mapped_column(server_default="0")
    """The part of `waived_cents` that replay took back by itself; it comes back when that payment is reversed."""
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("fee_policy.id"))
    rule: Mapped[dict[str, Any] | None]
    """The figures by which it was assessed automatically, copied from the policy; null for a fee entered by hand."""
    reason: Mapped[str] = mapped_column(String(200))
    """Which rule made or capped it."""
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    account: Mapped[Account] = relationship()

    __table_args__ = (
        Index(
            "uq_fee_late_once",
            "account_id",
            "installment_number",
            unique=True,
            postgresql_where=text("kind = 'late' and rule is not null"),
        ),
        CheckConstraint("taken_back_cents between 0 and waived_cents", name="taken_back_within_waived"),
        Index(
            "ix_fee_unpaid",
            "account_id",
            "assessed_on",
            postgresql_where=text("paid_cents + waived_cents < amount_cents"),
        ),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(
            "paid_cents >= 0 and waived_cents >= 0 and paid_cents + waived_cents <= amount_cents",
            name="not_over_applied",
        ),
    )
