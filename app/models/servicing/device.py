"""The leased thing."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.portfolio.organization import Portfolio


class Device(Base):
    """A phone or other device. Its IMEI need not be unique: one on two accounts is a finding, not an error."""

    __tablename__ = "device"
    __table_args__ = (
        Index("ix_device_imei", "imei", postgresql_ops={"imei": "text_pattern_ops"}),
        Index("ix_device_model_id", "model", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"), index=True)
    model: Mapped[str] = mapped_column(String(160))
    imei: Mapped[str | None] = mapped_column(String(15))
    serial: Mapped[str | None] = mapped_column(String(40), index=True)
    cost_cents: Mapped[int | None]
    is_test: Mapped[bool] = mapped_column(server_default="false")
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.model
