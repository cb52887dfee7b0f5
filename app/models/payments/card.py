"""Cards on file at Square: what may be known of them without knowing them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.servicing.customer import Customer


class Card(Base):
    """A card that Square keeps. The number itself never reaches us."""

    __tablename__ = "card"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    square_card_id: Mapped[str] = mapped_column(String(64), unique=True)
    brand: Mapped[str] = mapped_column(String(30))
    last_four: Mapped[str] = mapped_column(String(4), index=True)
    expires_month: Mapped[int] = mapped_column(SmallInteger)
    expires_year: Mapped[int] = mapped_column(SmallInteger)
    card_type: Mapped[str | None] = mapped_column(String(20))
    """CREDIT or DEBIT, known from the first charge."""
    prepaid_type: Mapped[str | None] = mapped_column(String(20))
    fingerprint: Mapped[str | None] = mapped_column(String(255), index=True)
    is_enabled: Mapped[bool] = mapped_column(server_default="true")
    is_primary: Mapped[bool] = mapped_column(server_default="false")
    square_version: Mapped[int] = mapped_column(server_default="0")
    """What is older than this is not applied any more."""
    issuer_alert: Mapped[str | None] = mapped_column(String(60))
    """What the issuer says of the card, such as ISSUER_ALERT_CARD_CLOSED: it is not going to work again."""
    issuer_alert_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(index=True)

    customer: Mapped[Customer] = relationship()

    __table_args__ = (
        Index("uq_card_primary", "customer_id", unique=True, postgresql_where=text("is_primary and is_enabled")),
        Index("ix_card_expires", "expires_year", "expires_month", postgresql_where=text("is_enabled")),
        Index("ix_card_issuer_alert", "customer_id", postgresql_where=text("issuer_alert is not null")),
    )

    def __str__(self) -> str:
        return f"{self.brand} …{self.last_four}"
