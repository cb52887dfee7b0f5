"""What it costs to own the device early: the policies of the states, and the quotes that customers were given."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.servicing.early_purchase import Formula
from app.domain.servicing.quotes import QuoteKind
from app.models.base import Base, WordType
from app.models.payments.payment import Payment
from app.models.portfolio.organization import Portfolio
from app.models.servicing.account import Account
from app.models.staff.staff import Staff


class PayoffPolicy(Base):
    """How an early purchase is priced for contracts of a state from a date on.

    The newest active row whose date is not after the contract's counts; a row for the portfolio wins over one for all,
    then a row for the state over one for every state. It is a policy and no legal advice: `citation` and `verified_on`
    say where a figure comes from and when somebody last looked.
    """

    __tablename__ = "payoff_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str | None] = mapped_column(String(2))
    """Two letters; null stands for every state."""
    portfolio_id: Mapped[int | None] = mapped_column(ForeignKey("portfolio.id"))
    """Null stands for all portfolios."""
    contract_from_on: Mapped[dt.date]
    formula: Mapped[Formula] = mapped_column(WordType(Formula))
    percent: Mapped[Decimal | None] = mapped_column(Numeric(6, 3))
    """50 is a half."""
    cash_months: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    cash_days: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    needs_payments: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """So many installments must have been paid before there is a discount."""
    balloon_cents: Mapped[int] = mapped_column(server_default="0")
    good_days: Mapped[int] = mapped_column(SmallInteger, server_default="7")
    """A quote holds for so many days after its day, if nothing changes the figure before."""
    citation: Mapped[str] = mapped_column(String(160))
    verified_on: Mapped[dt.date | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who did; null for what came with the program and nobody has looked up yet."""
    is_active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")

    portfolio: Mapped[Portfolio | None] = relationship()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        CheckConstraint("percent between 0 and 100", name="percent_of_hundred"),
        CheckConstraint(
            "cash_months between 0 and 60 and cash_days between 0 and 1800 and needs_payments between 0 and 1000 "
            "and balloon_cents >= 0 and good_days between 0 and 90",
            name="parameters_in_range",
        ),
    )

    def __str__(self) -> str:
        return f"Payoff policy of {self.state or 'every state'} from {self.contract_from_on:%b %-d, %Y}"


class Quote(Base):
    """A figure that a customer was given, with its lines and the last day on which it holds. Never changed but for its use."""

    __tablename__ = "quote"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[QuoteKind] = mapped_column(WordType(QuoteKind))
    as_of_on: Mapped[dt.date]
    good_through_on: Mapped[dt.date]
    total_cents: Mapped[int]
    payoff_cents: Mapped[int]
    """The payoff of the same day: what is above the total is the discount."""
    items: Mapped[list[Any]]
    """[{label, cents, why}] in the order of the page; they add up to the total."""
    formula: Mapped[Formula | None] = mapped_column(WordType(Formula))
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("payoff_policy.id"))
    quoted_at: Mapped[dt.datetime]
    quoted_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    """The payment that used it."""
    adjustment_id: Mapped[int | None] = mapped_column(ForeignKey("adjustment.id"), unique=True)
    """The discount that came with it. It counts only as long as the payment stands (`queries.payments.ledger`)."""

    account: Mapped[Account] = relationship()
    policy: Mapped[PayoffPolicy | None] = relationship()
    quoted_by: Mapped[Staff | None] = relationship()
    payment: Mapped[Payment | None] = relationship()

    __table_args__ = (
        Index("ix_quote_account_id_id", "account_id", "id"),
        CheckConstraint("total_cents >= 0 and payoff_cents >= total_cents", name="not_above_payoff"),
        CheckConstraint("good_through_on >= as_of_on", name="holds_on_its_day"),
    )
