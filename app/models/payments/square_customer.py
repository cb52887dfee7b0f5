"""Square's customers as they were seen last: what is searched by name, and whom ours may be."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments.card_matching import MatchedBy
from app.models.base import Base, WordType
from app.models.servicing.customer import Customer


class SquareCustomer(Base):
    """A mirror of one customer at Square, kept because Square itself cannot search by name."""

    __tablename__ = "square_customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    square_id: Mapped[str] = mapped_column(String(64), unique=True)
    reference_id: Mapped[str | None] = mapped_column(String(128), index=True)
    given_name: Mapped[str] = mapped_column(String(300), server_default="")
    family_name: Mapped[str] = mapped_column(String(300), server_default="")
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    """In small letters."""
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    """In E.164; a number that cannot be read is left out."""
    is_gone: Mapped[bool] = mapped_column(server_default="false")
    """Deleted at Square, or not in its list any more."""
    version: Mapped[int] = mapped_column(server_default="0")
    seen_at: Mapped[dt.datetime]

    @property
    def name(self) -> str:
        """As it stands there."""
        return f"{self.given_name} {self.family_name}".strip() or "No name"

    def __str__(self) -> str:
        return self.name


Index("ix_square_customer_name", func.lower(SquareCustomer.family_name), func.lower(SquareCustomer.given_name))


class SquareMatch(Base):
    """A customer at Square who may be one of ours, for a person to decide. Made anew by every scan."""

    __tablename__ = "square_match"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    square_customer_id: Mapped[int] = mapped_column(
        ForeignKey("square_customer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    by: Mapped[MatchedBy] = mapped_column(WordType(MatchedBy))
    why: Mapped[str | None] = mapped_column(String(700))

    customer: Mapped[Customer] = relationship()
    square_customer: Mapped[SquareCustomer] = relationship()
