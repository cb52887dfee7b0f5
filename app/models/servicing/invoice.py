"""Invoices of a billing system: which line of which account each one is."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, SmallInteger, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Invoice(Base):
    """One invoice. What is owed of it stands in its installment, so that it ages and is paid like any other charge."""

    __tablename__ = "invoice"

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    installment_number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"))
    number: Mapped[str] = mapped_column(String(40))
    """As the billing system writes it; a later file finds the invoice by it, and so does a memo."""
    invoiced_on: Mapped[dt.date]
    import_batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    """The file that brought it."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "installment_number"],
            ["installment.account_id", "installment.number"],
            name="fk_invoice_installment",
        ),
        Index("uq_invoice_portfolio_id_number", "portfolio_id", func.upper(text("number")), unique=True),
        Index("ix_invoice_import_batch_id", "import_batch_id"),
    )
