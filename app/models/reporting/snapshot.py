"""How each open account stood at the end of a business date."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.servicing.status import AccountStatus
from app.models.base import Base, WordType


class AccountSnapshot(Base):
    """One open account on one day: the base of roll rates, cohorts and as-of reports."""

    __tablename__ = "account_snapshot"

    business_on: Mapped[dt.date] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Not a foreign key: each of a million rows a night would look its account up."""
    days_past_due: Mapped[int] = mapped_column(SmallInteger)
    contract_days_past_due: Mapped[int | None] = mapped_column(SmallInteger)
    """By the original due dates; null where it is the same as `days_past_due`."""
    past_due_cents: Mapped[int]
    balance_cents: Mapped[int]
    status: Mapped[AccountStatus] = mapped_column(WordType(AccountStatus))
    assigned_to_id: Mapped[int | None]


class PortfolioDay(Base):
    """The aging of one portfolio at the end of a business date, a row per report bucket."""

    __tablename__ = "portfolio_day"

    business_on: Mapped[dt.date] = mapped_column(primary_key=True)
    portfolio_id: Mapped[int] = mapped_column(ForeignKey("portfolio.id"), primary_key=True, autoincrement=False)
    from_days: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Lower end of the bucket."""
    accounts: Mapped[int]
    past_due_cents: Mapped[int]
    balance_cents: Mapped[int]
