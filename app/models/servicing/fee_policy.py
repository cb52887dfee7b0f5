"""Which late fee a contract is charged, and in which order its payments cover what is owed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.payments.allocation import Policy
from app.domain.payments.partial import PartialPayments
from app.domain.servicing.fees import Combiner, FrequencyClass
from app.models.base import Base, WordType
from app.models.portfolio.organization import Portfolio


class FeePolicy(Base):
    """One row of the fee table. Statutory figures are data with their source, never code; nothing here is legal advice.

    Of the rows that fit a contract the newest one that is not after the contract date counts; a portfolio's own row wins
    over one for all. A fee keeps a copy of the figures that made it, so a later change of the row changes no old fee.
    """

    __tablename__ = "fee_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    state: Mapped[str | None] = mapped_column(String(2))
    """Two letters; null: any state."""
    portfolio_id: Mapped[int | None] = mapped_column(ForeignKey("portfolio.id"))
    """Null: all portfolios."""
    contract_from_on: Mapped[dt.date]
    """For contracts that began on or after this day."""
    frequency_class: Mapped[FrequencyClass] = mapped_column(WordType(FrequencyClass))
    grace_days: Mapped[int] = mapped_column(SmallInteger)
    is_grace_business_days: Mapped[bool] = mapped_column(server_default="false")
    percent: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    flat_cents: Mapped[int | None]
    combiner: Mapped[Combiner] = mapped_column(WordType(Combiner), server_default=Combiner.LESSER.value)
    floor_cents: Mapped[int] = mapped_column(server_default="0")
    cap_cents: Mapped[int | None]
    cap_total_cents: Mapped[int | None]
    """The most that late fees of one contract may come to."""
    allocation: Mapped[Policy] = mapped_column(WordType(Policy), server_default=Policy.FEES_FIRST.value)
    partial_payments: Mapped[PartialPayments] = mapped_column(
        WordType(PartialPayments), server_default=PartialPayments.KEEP.value
    )
    returned_payment_cents: Mapped[int] = mapped_column(server_default="0")
    """Fee for a check or bank payment that comes back; a declined card costs nothing."""
    citation: Mapped[str] = mapped_column(String(120), server_default="")
    verified_on: Mapped[dt.date | None]
    """When somebody last compared the figures with their source."""
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who did; null for what came with the program and nobody has looked up yet."""
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio | None] = relationship()

    __table_args__ = (
        Index(
            "uq_fee_policy_applies",
            "state",
            "portfolio_id",
            "contract_from_on",
            "frequency_class",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("grace_days between 0 and 60", name="grace_days_in_range"),
        CheckConstraint("percent is not null or flat_cents is not null", name="has_an_amount"),
    )
    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name
