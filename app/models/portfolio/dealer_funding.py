"""What dealers were paid for their contracts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class DealerFunding(Base):
    """One contract of a dealer reconciliation. Its contract number is the approval id of the account, if that is here."""

    __tablename__ = "dealer_funding"

    id: Mapped[int] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    import_batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), index=True)
    contract_number: Mapped[str] = mapped_column(String(40))
    dealer: Mapped[str | None] = mapped_column(String(80))
    funded_on: Mapped[dt.date | None]
    cost_cents: Mapped[int | None]
    adjustment_cents: Mapped[int] = mapped_column(server_default="0")
    net_cents: Mapped[int]

    __table_args__ = (Index("uq_dealer_funding_portfolio_id_contract_number", "portfolio_id", "contract_number", unique=True),)
