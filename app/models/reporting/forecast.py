"""What was expected to come in, kept so that it can be held against what came."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.reporting.forecast import Horizon
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio


class CollectionForecast(Base):
    """The forecast of one portfolio for one day or month, as it was made on a business date. Never changed afterwards."""

    __tablename__ = "collection_forecast"

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    made_on: Mapped[dt.date]
    horizon: Mapped[Horizon] = mapped_column(WordType(Horizon))
    for_on: Mapped[dt.date]
    """The day, or the first of the month."""
    due: Mapped[int]
    """Installments that fall due and were open."""
    contractual_cents: Mapped[int]
    installments_cents: Mapped[int]
    promises_cents: Mapped[int] = mapped_column(server_default="0")
    retries_cents: Mapped[int] = mapped_column(server_default="0")

    portfolio: Mapped[Portfolio] = relationship()

    __table_args__ = (
        UniqueConstraint("portfolio_id", "made_on", "horizon", "for_on", name="uq_collection_forecast_once"),
        Index("ix_collection_forecast_for_on", "horizon", "for_on"),
        CheckConstraint("contractual_cents >= 0 and installments_cents >= 0", name="not_negative"),
    )

    def __str__(self) -> str:
        return f"{self.horizon.label} {self.for_on:%b %-d, %Y}"
