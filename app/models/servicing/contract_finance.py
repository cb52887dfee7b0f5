"""Interest and principal of contracts that are financed: installment contracts and credit lines. Leases have no rows here."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.servicing.account import Account


class ContractFinance(Base):
    """The financed side of an account: its terms, and below them its standing, written by replay."""

    __tablename__ = "contract_finance"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    interest_rate: Mapped[Decimal] = mapped_column(Numeric(7, 4), server_default="0")
    """Percent a year."""
    principal_cents: Mapped[int] = mapped_column(server_default="0")
    """Amount financed; 0 for a credit line, whose principal is its charges."""
    credit_line_cents: Mapped[int | None]
    stops_on: Mapped[dt.date | None]
    """Interest accrues up to this day; null: as long as principal is owed."""

    # Standing: derived figures.
    principal_open_cents: Mapped[int] = mapped_column(server_default="0")
    interest_assessed_cents: Mapped[int] = mapped_column(server_default="0")
    interest_open_cents: Mapped[int] = mapped_column(server_default="0")
    """Assessed and not paid yet."""
    accrued_on: Mapped[dt.date]
    """Up to this day interest has been assessed; at first the day on which the contract began."""

    account: Mapped[Account] = relationship()

    __table_args__ = (
        CheckConstraint("interest_rate between 0 and 400", name="rate_in_range"),
        CheckConstraint("principal_open_cents >= 0 and interest_open_cents >= 0", name="open_not_negative"),
    )


class InterestCharge(Base):
    """Interest that was assessed on a day. Derived: replaying the account makes the same rows again."""

    __tablename__ = "interest_charge"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    assessed_on: Mapped[dt.date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(SmallInteger)
    principal_cents: Mapped[int]
    """What was owed in those days."""
    amount_cents: Mapped[int]


class PaymentSplit(Base):
    """How much of a payment, or of an adjustment, paid interest and principal. Derived, as allocations are."""

    __tablename__ = "payment_split"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    adjustment_id: Mapped[int | None] = mapped_column(ForeignKey("adjustment.id"), index=True)
    effective_on: Mapped[dt.date]
    interest_cents: Mapped[int]
    principal_cents: Mapped[int]
    beyond_cents: Mapped[int]
    """What of the two no allocation shows: interest of a credit line, principal paid ahead of the schedule."""

    __table_args__ = (CheckConstraint("(payment_id is null) <> (adjustment_id is null)", name="of_one_entry"),)


class CreditCharge(Base):
    """A purchase on a credit line: when it was made and for what. What is owed of it stands in its installment."""

    __tablename__ = "credit_charge"

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    installment_number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    charged_on: Mapped[dt.date]
    description: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "installment_number"],
            ["installment.account_id", "installment.number"],
            name="fk_credit_charge_installment",
        ),
        Index("ix_credit_charge_charged_on", "charged_on"),
    )
