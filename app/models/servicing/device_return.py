"""A device on its way back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.returns import Grade, ReturnState
from app.domain.servicing.status import AccountStatus
from app.models.base import Base, WordType
from app.models.servicing.account import Account
from app.models.servicing.device import Device


class DeviceReturn(Base):
    """One return of one device; who did each step and when stands in the audit trail."""

    __tablename__ = "device_return"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    state: Mapped[ReturnState] = mapped_column(WordType(ReturnState), server_default=ReturnState.INITIATED.value)
    reason: Mapped[str] = mapped_column(String(200))
    carrier: Mapped[str | None] = mapped_column(String(40))
    tracking: Mapped[str | None] = mapped_column(String(60))
    initiated_on: Mapped[dt.date]
    label_on: Mapped[dt.date | None]
    received_on: Mapped[dt.date | None]
    inspected_on: Mapped[dt.date | None]
    restocked_on: Mapped[dt.date | None]
    grade: Mapped[Grade | None] = mapped_column(WordType(Grade))
    inspection_note: Mapped[str | None] = mapped_column(String(500))
    refurb_cost_cents: Mapped[int | None]
    """What it cost to make the device fit for the shelf."""
    account_status_before: Mapped[AccountStatus | None] = mapped_column(WordType(AccountStatus))
    """What the account was before the receipt made it returned; a slip leads back to it."""
    updated_at: Mapped[dt.datetime]

    account: Mapped[Account] = relationship()
    device: Mapped[Device] = relationship()

    __table_args__ = (
        Index(
            "uq_device_return_open",
            "account_id",
            unique=True,
            postgresql_where=text("state not in ('restocked', 'cancelled')"),
        ),
        Index("ix_device_return_updated_at_id", "updated_at", "id"),
        Index("ix_device_return_initiated_on_id", "initiated_on", "id"),
        Index("ix_device_return_state_updated_at_id", "state", "updated_at", "id"),
        Index("ix_device_return_tracking", "tracking", postgresql_ops={"tracking": "text_pattern_ops"}),
        CheckConstraint("refurb_cost_cents >= 0", name="refurb_cost_not_negative"),
    )

    def __str__(self) -> str:
        return f"Return {self.id}"
