"""The devices that Hexnode manages as they were seen last, and what that says of our accounts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.enrollment import Verdict
from app.models.base import Base, WordType
from app.models.servicing.account import Account


class ManagedDevice(Base):
    """A mirror of one device at Hexnode, kept because Hexnode itself cannot be asked by IMEI. Never where it is."""

    __tablename__ = "managed_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    hexnode_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(200), server_default="")
    model: Mapped[str] = mapped_column(String(160), server_default="")
    serial: Mapped[str | None] = mapped_column(String(60), index=True)
    """In capitals."""
    imei: Mapped[str | None] = mapped_column(String(16), index=True)
    udid: Mapped[str | None] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(40), server_default="")
    """Of its enrollment, in Hexnode's word."""
    is_enrolled: Mapped[bool]
    enrolled_at: Mapped[dt.datetime | None]
    last_reported_at: Mapped[dt.datetime | None]
    is_compliant: Mapped[bool | None]
    is_gone: Mapped[bool] = mapped_column(server_default="false")
    """Not at Hexnode any more."""
    seen_at: Mapped[dt.datetime]

    def __str__(self) -> str:
        return self.name or f"Hexnode {self.hexnode_id}"


class DeviceCheck(Base):
    """How the device of an account stood when it was checked last. Made anew by every check."""

    __tablename__ = "device_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), unique=True)
    managed_device_id: Mapped[int | None] = mapped_column(ForeignKey("managed_device.id", ondelete="SET NULL"), index=True)
    verdict: Mapped[Verdict] = mapped_column(WordType(Verdict))
    checked_at: Mapped[dt.datetime]

    account: Mapped[Account] = relationship()
    managed_device: Mapped[ManagedDevice | None] = relationship()

    __table_args__ = (
        Index("ix_device_check_verdict_id", "verdict", "id"),
        Index("ix_device_check_checked_at_id", "checked_at", "id"),
    )

    def __str__(self) -> str:
        return self.verdict.label
